"""Instances: the project's servers."""
