"""Entry points of daemons and commands."""
