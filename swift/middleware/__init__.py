"""Paste filters of the proxy and the storage servers."""
