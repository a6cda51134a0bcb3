"""What projects may have."""
from sqlalchemy import Column, Integer, String

from essex.db.types import TimestampMixin
from nova.db.models.base import Base


class Quota(TimestampMixin, Base):
    """A project's own limit, where it differs from the default. -1: no limit."""

    __tablename__ = 'quotas'

    project_id = Column(String(64), primary_key=True)
    resource = Column(String(64), primary_key=True)
    hard_limit = Column(Integer, nullable=False)


class QuotaLock(Base):
    """A row per project (or user) that whoever adds to it holds until the commit; SQLite needs none."""

    __tablename__ = 'quota_locks'

    name = Column(String(80), primary_key=True)
