"""Nothing yet."""


def upgrade(migrate_engine):
    """Change nothing."""
