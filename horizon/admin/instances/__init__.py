"""Servers of all projects."""
