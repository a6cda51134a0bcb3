"""Sizes of servers."""
