"""Floating addresses: by which servers are reached from outside."""
