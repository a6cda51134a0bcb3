"""Volumes: disks that outlive servers and move between them."""
