"""Security groups: what may reach servers."""
