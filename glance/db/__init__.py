"""Models and queries of the image service, by aggregate."""
