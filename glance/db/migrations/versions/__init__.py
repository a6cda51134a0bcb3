"""One module a version: NNN_name.py with upgrade(migrate_engine)."""
