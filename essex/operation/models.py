"""The journal's two tables, as mixins for a service's own models."""
from sqlalchemy import Boolean, Column, Index, Integer, String, Text
from sqlalchemy.orm import declared_attr

from essex.db.types import JSON, Timestamp, utcnow

QUEUED, RUNNING, UNDOING = 'queued', 'running', 'undoing'
DONE, FAILED, CANCELLED = 'done', 'failed', 'cancelled'
OPEN = (QUEUED, RUNNING, UNDOING)


class OperationMixin:
    """A row of `operations`."""

    __tablename__ = 'operations'

    id = Column(Integer, primary_key=True)
    kind = Column(String(64), nullable=False)
    action = Column(String(64), nullable=False)
    resource_id = Column(String(64), nullable=False)
    project_id = Column(String(64))
    user_id = Column(String(64))
    request_id = Column(String(64))
    context = Column(JSON)
    state = Column(String(16), nullable=False, default=QUEUED)
    # Where the next step runs, and who has claimed it.
    queue = Column(String(255))
    owner = Column(String(255))
    heartbeat = Column(Timestamp)
    not_before = Column(Timestamp)
    step = Column(Integer, nullable=False, default=0)
    attempts = Column(Integer, nullable=False, default=0)
    # While unwinding: the step to go forward from again, if any.
    restart_at = Column(Integer)
    cancel = Column(Boolean, nullable=False, default=False)
    told = Column(Boolean, nullable=False, default=False)
    progress = Column(Integer, nullable=False, default=0)
    data = Column(JSON)
    error = Column(Text)
    error_type = Column(String(255))
    created_at = Column(Timestamp, nullable=False, default=utcnow)
    updated_at = Column(Timestamp, nullable=False, default=utcnow, onupdate=utcnow)
    finished_at = Column(Timestamp)

    @declared_attr
    def __table_args__(cls):  # noqa: N805 - SQLAlchemy passes the class
        return (Index('ix_operations_queue_state', 'queue', 'state', mysql_length={'queue': 191}),
                Index('ix_operations_resource', 'resource_id', 'state'),
                Index('ix_operations_request', 'request_id'), Index('ix_operations_state', 'state'))


class StepMixin:
    """A row of `operation_steps`: one try of one step, or of its undo."""

    __tablename__ = 'operation_steps'

    id = Column(Integer, primary_key=True)
    operation_id = Column(Integer, nullable=False, index=True)
    name = Column(String(64), nullable=False)
    undo = Column(Boolean, nullable=False, default=False)
    host = Column(String(255))
    started_at = Column(Timestamp, nullable=False, default=utcnow)
    finished_at = Column(Timestamp)
    # None while it runs (or was cut short), else Success or Error.
    result = Column(String(16))
    error = Column(Text)
