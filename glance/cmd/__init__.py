"""Entry points of the image service's daemons and commands."""
