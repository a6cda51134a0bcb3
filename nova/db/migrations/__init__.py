"""The schema, step by step: versions/NNN_name.py, run by `nova-manage db sync`."""
