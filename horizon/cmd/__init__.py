"""Entry points of the dashboard's programs."""
