"""The schema's versions (sqlalchemy-migrate)."""
