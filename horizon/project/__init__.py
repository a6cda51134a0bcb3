"""Panels of this dashboard: a folder each, registered in panels.py."""
