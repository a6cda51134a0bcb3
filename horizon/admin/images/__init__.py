"""Images of all projects."""
