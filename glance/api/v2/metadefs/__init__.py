"""/v2/metadefs: definitions of metadata."""
