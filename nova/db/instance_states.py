"""Steps of a server's life, as one light statement each: no row is read back, and a row that has moved on is left
alone."""
import sqlalchemy
from sqlalchemy import select

from essex import db
from essex.operation import models as operation_models
from nova.db.models import Instance, Operation


@db.retry
def change_if(uuid, vm_states=None, task_states=None, **values):
    """Set columns of a server that is not deleted and in one of these states (None: any); whether it was."""
    conditions = [Instance.uuid == uuid, Instance.deleted_at.is_(None)]
    for column, wanted in ((Instance.vm_state, vm_states), (Instance.task_state, task_states)):
        if wanted is not None:
            named = column.in_([state for state in wanted if state is not None])
            conditions.append(named | column.is_(None) if None in wanted else named)
    with db.writer() as session:
        changed = session.execute(sqlalchemy.update(Instance).where(*conditions).values(**values)
                                  .execution_options(synchronize_session=False))
        return changed.rowcount == 1


def busy(uuids):
    """Those of the servers `uuids` on which an operation is open."""
    with db.reader() as session:
        return set(session.scalars(select(Operation.resource_id).where(
            Operation.resource_id.in_(list(uuids)), Operation.state.in_(operation_models.OPEN)).distinct()))


def placed(uuids):
    """{uuid: (host, deleted)} of those servers that have a row, deleted or not."""
    with db.reader() as session:
        rows = session.execute(select(Instance.uuid, Instance.host, Instance.deleted_at)
                               .where(Instance.uuid.in_(list(uuids))))
        return {uuid: (host, deleted_at is not None) for uuid, host, deleted_at in rows}
