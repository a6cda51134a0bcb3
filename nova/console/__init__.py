"""Consoles: nova-consoleauth keeps the tokens in order, nova-novncproxy brings screens to browsers."""
