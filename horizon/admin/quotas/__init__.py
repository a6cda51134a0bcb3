"""What a project may have by default."""
