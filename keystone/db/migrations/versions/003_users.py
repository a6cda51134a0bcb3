"""Nothing: what lockout, history and activity need has been there from the beginning, and receipts need no table."""


def upgrade(migrate_engine):
    """Change nothing."""
