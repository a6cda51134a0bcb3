"""Reads and writes of the journal. Every change is one short transaction."""
import datetime

from sqlalchemy import or_, select, update

from essex import db
from essex.operation.models import CANCELLED, DONE, FAILED, OPEN, QUEUED, RUNNING, UNDOING


class Journal:
    """The journal of one service. `operations` and `steps` are its models of OperationMixin and StepMixin.

    An owner that has not renewed its heartbeat for `stale` seconds is taken to be dead.
    """

    def __init__(self, operations, steps, stale=30):
        self.Operation, self.Step = operations, steps
        self.stale = datetime.timedelta(seconds=stale)

    def add(self, definition, resource_id, context, data):
        """Enter a new operation; call it in the transaction that records the wish. Returns the row (flushed)."""
        kept = context.to_dict()
        # A secret, and dead by the time a resumed operation would need it.
        kept['auth_token'] = kept['service_catalog'] = None
        with db.writer() as session:
            row = self.Operation(kind=definition.kind, action=definition.action, resource_id=resource_id,
                                 project_id=context.project_id, user_id=context.user_id,
                                 request_id=context.request_id, context=kept, data=data, state=QUEUED,
                                 queue=definition.first_queue(data))
            session.add(row)
            session.flush()
            return row

    def cancel(self, resource_id, before=None):
        """Ask every open operation of a resource (entered before operation `before`) to unwind; returns their ids."""
        with db.writer() as session:
            mine = [self.Operation.resource_id == resource_id, self.Operation.state.in_(OPEN)]
            if before is not None:
                mine.append(self.Operation.id < before)
            ids = list(session.scalars(select(self.Operation.id).where(*mine)))
            if ids:
                session.execute(update(self.Operation).where(self.Operation.id.in_(ids)).values(cancel=True)
                                .execution_options(synchronize_session=False))
            return ids

    def get(self, operation_id):
        """The row, or None."""
        with db.reader() as session:
            return session.get(self.Operation, operation_id, populate_existing=True)

    def is_cancelled(self, operation_id):
        """Whether somebody asked the operation to stop."""
        with db.reader() as session:
            return bool(session.scalar(select(self.Operation.cancel).where(self.Operation.id == operation_id)))

    def ready(self, owner, queues, exclusive=(), limit=100):
        """Ids of operations waiting at `queues`, oldest first: unclaimed ones, and those whose owner is dead.

        `exclusive` queues are served by one process alone: what another owner has claimed there, an earlier life of
        this process had. An operation waits while an earlier one of its resource is open.
        """
        with db.reader() as session:
            return list(session.scalars(select(self.Operation.id).where(*self._ready(owner, queues, exclusive))
                                        .order_by(self.Operation.id).limit(limit)))

    def is_ready(self, owner, operation_id, queues, exclusive=()):
        """Whether one operation would be in `ready`."""
        with db.reader() as session:
            return session.scalar(select(self.Operation.id).where(
                self.Operation.id == operation_id, *self._ready(owner, queues, exclusive))) is not None

    def _ready(self, owner, queues, exclusive):
        one, earlier = self.Operation, self.Operation.__table__.alias('earlier')
        blocked = (select(earlier.c.id).where(earlier.c.resource_id == one.resource_id, earlier.c.id < one.id,
                                              earlier.c.state.in_(OPEN)).exists())
        due = one.not_before.is_(None) | (one.not_before <= db.utcnow())
        return one.queue.in_(queues), one.state.in_(OPEN), due, self._free(owner, exclusive), ~blocked

    def postpone(self, operation_id, seconds, **values):
        """Let go of an operation; it is ready again after `seconds`."""
        self.set(operation_id, owner=None, not_before=db.utcnow() + datetime.timedelta(seconds=seconds), **values)

    def _free(self, owner, exclusive):
        one = self.Operation
        free = one.owner.is_(None) | (one.heartbeat < db.utcnow() - self.stale)
        return free | (one.queue.in_(exclusive) & (one.owner != owner)) if exclusive else free

    @db.retry
    def claim(self, operation_id, owner, queues, exclusive=()):
        """Make `owner` the one who runs the operation; returns the row, or None when another was first."""
        one, free = self.Operation, self._free(owner, exclusive)
        with db.writer() as session:
            taken = session.execute(
                update(one).where(one.id == operation_id, one.state.in_(OPEN), one.queue.in_(queues), free)
                .values(owner=owner, heartbeat=db.utcnow()).execution_options(synchronize_session=False))
            return session.get(one, operation_id, populate_existing=True) if taken.rowcount == 1 else None

    @db.retry
    def beat(self, owner):
        """Renew the heartbeat of everything `owner` runs."""
        with db.writer() as session:
            session.execute(update(self.Operation).where(self.Operation.owner == owner, self.Operation.state.in_(OPEN))
                            .values(heartbeat=db.utcnow(), updated_at=self.Operation.updated_at)
                            .execution_options(synchronize_session=False))

    @db.retry
    def begin(self, operation_id, step, position, undo, host, attempts):
        """Record that a step begins, before it acts; returns the id of the step's row."""
        with db.writer() as session:
            self._set(session, operation_id, state=UNDOING if undo else RUNNING, step=position, attempts=attempts)
            row = self.Step(operation_id=operation_id, name=step.name, undo=undo, host=host)
            session.add(row)
            session.flush()
            return row.id

    @db.retry
    def end(self, step_row, operation_id, error=None, **values):
        """Record how a step ended, and what follows from it (`values` of the operation's row)."""
        with db.writer() as session:
            session.execute(update(self.Step).where(self.Step.id == step_row)
                            .values(finished_at=db.utcnow(), result='Error' if error else 'Success',
                                    error=str(error)[:4000] if error else None))
            if values:
                self._set(session, operation_id, **values)

    @db.retry
    def set(self, operation_id, **values):
        """Change the operation's row."""
        with db.writer() as session:
            self._set(session, operation_id, **values)

    def _set(self, session, operation_id, **values):
        session.execute(update(self.Operation).where(self.Operation.id == operation_id).values(**values)
                        .execution_options(synchronize_session=False))

    @db.retry
    def close(self, operation_id, state):
        """End the operation as done, failed or cancelled; returns (queue, id) of the resource's next, or None."""
        assert state in (DONE, FAILED, CANCELLED)
        one = self.Operation
        with db.writer() as session:
            values = {'state': state, 'owner': None, 'finished_at': db.utcnow()}
            if state == DONE:
                values['progress'] = 100
            self._set(session, operation_id, **values)
            resource = select(one.resource_id).where(one.id == operation_id).scalar_subquery()
            row = session.execute(select(one.queue, one.id).where(one.resource_id == resource, one.state.in_(OPEN))
                                  .order_by(one.id).limit(1)).first()
            return tuple(row) if row else None

    def of_resource(self, resource_id):
        """All operations of a resource, newest first."""
        with db.reader() as session:
            return list(session.scalars(select(self.Operation).where(self.Operation.resource_id == resource_id)
                                        .order_by(self.Operation.id.desc())))

    def by_request(self, resource_id, request_id):
        """The operation of a resource that a request began, or None."""
        with db.reader() as session:
            return session.scalars(select(self.Operation).where(
                self.Operation.resource_id == resource_id, self.Operation.request_id == request_id)
                .order_by(self.Operation.id.desc()).limit(1)).first()

    def steps(self, operation_id):
        """The steps of an operation in the order they ran."""
        with db.reader() as session:
            return list(session.scalars(select(self.Step).where(self.Step.operation_id == operation_id)
                                        .order_by(self.Step.id)))

    def stranded(self, seconds):
        """Open operations that nobody has worked on for `seconds`: their daemon is away. Oldest first."""
        one, before = self.Operation, db.utcnow() - datetime.timedelta(seconds=seconds)
        with db.reader() as session:
            return list(session.scalars(select(one).where(
                one.state.in_(OPEN), one.told.is_(False),
                or_(one.heartbeat < before, one.heartbeat.is_(None) & (one.updated_at < before)))
                .order_by(one.id).limit(200)))
