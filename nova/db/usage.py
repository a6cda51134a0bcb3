"""Servers that lived in a stretch of time."""
from sqlalchemy import or_, select
from sqlalchemy.orm import load_only

from essex import db
from nova.db.models import Instance

_COLUMNS = (Instance.uuid, Instance.display_name, Instance.project_id, Instance.memory_mb, Instance.vcpus,
            Instance.root_gb, Instance.ephemeral_gb, Instance.flavor, Instance.vm_state, Instance.launched_at,
            Instance.terminated_at, Instance.deleted_at)


def alive_between(start, end, project_id=None):
    """Rows (some columns only), deleted ones too, of servers that had started before `end` and not ended before
    `start`, oldest first: one statement."""
    statement = select(Instance).options(load_only(*_COLUMNS)).where(
        Instance.launched_at.is_not(None), Instance.launched_at < end,
        or_(Instance.terminated_at.is_(None), Instance.terminated_at > start))
    if project_id is not None:
        statement = statement.where(Instance.project_id == project_id)
    with db.reader() as session:
        return list(session.scalars(statement.order_by(Instance.id)))
