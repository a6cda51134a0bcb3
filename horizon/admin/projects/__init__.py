"""Projects, who is in them, and what they may have."""
