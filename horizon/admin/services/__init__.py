"""Daemons with their heartbeats."""
