"""Tokens: what they say, how they are written, when they hold."""
