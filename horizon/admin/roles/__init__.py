"""Roles, and who has which where."""
