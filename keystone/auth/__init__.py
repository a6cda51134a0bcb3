"""Authentication: from credentials and a wish for a scope to a token."""
