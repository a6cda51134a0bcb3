"""Version 1 of the Image API: an image's metadata in headers, its data in the body."""
