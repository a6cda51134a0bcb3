"""Secrets kept for users, encrypted at rest."""
