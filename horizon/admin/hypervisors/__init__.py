"""Hosts of servers, with their capacity."""
