"""The HTTP faces of the managers: v3, v2.0 and the version documents."""
