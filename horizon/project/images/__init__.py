"""Images and snapshots: what servers boot from."""
