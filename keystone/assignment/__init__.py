"""Roles and who has them where."""
