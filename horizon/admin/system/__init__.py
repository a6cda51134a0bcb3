"""The catalog, and what answers."""
