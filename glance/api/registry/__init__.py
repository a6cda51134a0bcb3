"""The registry's API: the metadata of images as JSON, as the API servers of the Essex era ask for it."""
