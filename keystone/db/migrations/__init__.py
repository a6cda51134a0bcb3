"""The schema, step by step: versions/NNN_name.py, run by `keystone-manage db_sync`."""
