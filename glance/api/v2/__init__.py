"""Version 2 of the Image API."""
