"""Identity API v3: one module a resource."""
