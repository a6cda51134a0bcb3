"""The journal of Glance's operations: see essex.operation."""
from sqlalchemy import select

from essex import db
from essex.operation import Journal
from essex.operation.models import OPEN
from glance.db import models

JOURNAL = Journal(models.Operation, models.OperationStep)


@db.retry
def adopt(prefix, queue, data, silent_since):
    """Bring the open operations at queues that begin with `prefix` and gave no sign since a time to `queue`.

    `data` joins theirs. A queue where anything lives is left alone. Returns how many.
    """
    row = models.Operation
    with db.writer() as session:
        waiting = session.scalars(select(row).where(
            row.state.in_(OPEN), row.queue.startswith(prefix), row.queue != queue).with_for_update()).all()
        living = {each.queue for each in waiting if (each.heartbeat or each.updated_at) >= silent_since}
        taken = [each for each in waiting if each.queue not in living]
        for each in taken:
            each.queue, each.owner, each.data = queue, None, {**each.data, **data}
        return len(taken)
