"""Domains and projects."""
