"""Catalog, projects, roles and assignments as a file that an operator reads, reviews and edits."""
