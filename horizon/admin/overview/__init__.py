"""What all projects use, and what there is."""
