"""Steps of a server's life, as one light statement each: no row is read back, and a row that has moved on is left
alone."""
import functools

import sqlalchemy
from sqlalchemy import bindparam, select

from essex import db
from essex.operation import models as operation_models
from nova.db.models import Instance, Operation


@db.retry
def change_if(uuid, vm_states=None, task_states=None, **values):
    """Set columns of a server that is not deleted and in one of these states (None: any); whether it was."""
    statement = _update(None if vm_states is None else tuple(vm_states),
                        None if task_states is None else tuple(task_states))
    with db.writer() as session:
        return session.execute(statement, {'_uuid': uuid, **values}).rowcount == 1


@functools.cache
def _update(vm_states, task_states):
    # Several of these run in each operation. What they set is said by the parameters.
    table = Instance.__table__
    conditions = [table.c.uuid == bindparam('_uuid'), table.c.deleted_at.is_(None)]
    for column, wanted in ((table.c.vm_state, vm_states), (table.c.task_state, task_states)):
        if wanted is not None:
            named = column.in_([state for state in wanted if state is not None])
            conditions.append(named | column.is_(None) if None in wanted else named)
    return sqlalchemy.update(table).where(*conditions)


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
