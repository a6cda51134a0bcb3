"""Copies of image data on this node's disk, so that what is read often is fetched from its store once."""
