"""Keystone, the identity service: users, projects, roles, tokens and the catalog of the cloud."""
