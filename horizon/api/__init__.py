"""Calls to the services' public APIs: one module a service, each function one call (or says how many)."""
