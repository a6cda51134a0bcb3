"""Reads and writes of the journal. Every change is one short transaction, and only the owner's counts."""
import datetime

from sqlalchemy import insert, or_, select, update

from essex import db
from essex.operation.definition import Cancelled, Lost
from essex.operation.models import CANCELLED, DONE, FAILED, OPEN, QUEUED, UNDOING

_UNSYNCHRONIZED = {'synchronize_session': False}


class Journal:
    """The journal of one service. `operations` and `steps` are its models of OperationMixin and StepMixin.

    An owner that has not renewed its heartbeat for `stale` seconds is taken to be dead.
    """

    def __init__(self, operations, steps, stale=30):
        self.Operation, self.Step = operations, steps
        self.stale = datetime.timedelta(seconds=stale)

    # -- for those who wish something done

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
                session.execute(update(self.Operation).where(self.Operation.id.in_(ids)).values(cancel=True),
                                execution_options=_UNSYNCHRONIZED)
            return ids

    # -- for readers

    def get(self, operation_id):
        """The row, or None."""
        with db.reader() as session:
            return session.get(self.Operation, operation_id, populate_existing=True)

    def is_cancelled(self, operation_id):
        """Whether somebody asked the operation to stop."""
        with db.reader() as session:
            return bool(session.scalar(select(self.Operation.cancel).where(self.Operation.id == operation_id)))

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

    def stranded(self, seconds, limit=200):
        """Open operations that nobody has worked on for `seconds` and whose user does not know. Oldest first.

        Their daemon is away, or they wait their turn: the caller has to look.
        """
        one = self.Operation
        with db.reader() as session:
            return list(session.scalars(select(one).where(self._idle(seconds), one.told.is_(False))
                                        .order_by(one.id).limit(limit)))

    def _idle(self, seconds):
        one, before = self.Operation, db.utcnow() - datetime.timedelta(seconds=seconds)
        return one.state.in_(OPEN) & or_(one.heartbeat < before, one.heartbeat.is_(None) & (one.updated_at < before))

    # -- for runners: finding work

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

    def _free(self, owner, exclusive):
        """Nobody has it, or its owner is dead, or it is ours: we look only for what does not run here, so a run of
        ours must have broken off without letting go (the database was away)."""
        one = self.Operation
        free = one.owner.is_(None) | (one.owner == owner) | (one.heartbeat < db.utcnow() - self.stale)
        return free | one.queue.in_(exclusive) if exclusive else free

    @db.retry
    def claim(self, operation_id, owner, queues, exclusive=()):
        """Make `owner` the one who runs the operation; returns the row, or None when another was first."""
        one, free = self.Operation, self._free(owner, exclusive)
        with db.writer() as session:
            taken = session.execute(
                update(one).where(one.id == operation_id, one.state.in_(OPEN), one.queue.in_(queues), free)
                .values(owner=owner, heartbeat=db.utcnow()), execution_options=_UNSYNCHRONIZED)
            return session.get(one, operation_id, populate_existing=True) if taken.rowcount == 1 else None

    @db.retry
    def beat(self, owner, operation_ids):
        """Renew the heartbeat of what `owner` runs."""
        one = self.Operation
        with db.writer() as session:
            session.execute(update(one).where(one.owner == owner, one.id.in_(operation_ids), one.state.in_(OPEN))
                            .values(heartbeat=db.utcnow(), updated_at=one.updated_at),
                            execution_options=_UNSYNCHRONIZED)

    def owners(self, prefix):
        """Who has claimed open operations, of those whose name begins with `prefix`."""
        one = self.Operation
        with db.reader() as session:
            return list(session.scalars(select(one.owner).where(
                one.state.in_(OPEN), one.owner.startswith(prefix, autoescape=True)).distinct()))

    @db.retry
    def release_all(self, owner):
        """Let go of everything a dead owner had."""
        one = self.Operation
        with db.writer() as session:
            session.execute(update(one).where(one.owner == owner, one.state.in_(OPEN)).values(owner=None),
                            execution_options=_UNSYNCHRONIZED)

    # -- for runners: recording what they do

    @db.retry
    def record(self, operation_id, owner, values, ended=None, hook=None):
        """One transaction: `hook()`, the end of a step (`ended`: row id and error or None), `values`.

        Raises Lost, and changes nothing, when `owner` does not have the operation any more.
        """
        with db.writer() as session:
            self._record(session, operation_id, owner, values, ended, hook)

    @db.retry
    def begin(self, operation_id, owner, values, name, undo, host, ended=None, hook=None, cancellable=True):
        """As `record`, and step `name` (or its undo) begins, before it acts. Returns the id of the step's row.

        Raises Cancelled, and changes nothing, when the operation is `cancellable` and somebody asked it to stop.
        """
        with db.writer() as session:
            self._record(session, operation_id, owner, values, ended, hook)
            if cancellable and self.is_cancelled(operation_id):
                raise Cancelled()
            made = session.execute(insert(self.Step).values(operation_id=operation_id, name=name, undo=undo,
                                                            host=host))
            return made.inserted_primary_key[0]

    @db.retry
    def close(self, operation_id, owner, state, values=None, ended=None, hook=None):
        """As `record`, and the operation ends: done, failed or cancelled. Returns (queue, id) of the resource's next
        operation, or None."""
        assert state in (DONE, FAILED, CANCELLED)
        values = {**(values or {}), 'state': state, 'owner': None, 'finished_at': db.utcnow()}
        if state == DONE:
            values['progress'] = 100
        one = self.Operation
        with db.writer() as session:
            self._record(session, operation_id, owner, values, ended, hook)
            resource = select(one.resource_id).where(one.id == operation_id).scalar_subquery()
            row = session.execute(select(one.queue, one.id).where(one.resource_id == resource, one.state.in_(OPEN))
                                  .order_by(one.id).limit(1)).first()
            return tuple(row) if row else None

    def hold(self, operation_id, owner):
        """In a step's own transaction: make sure that nobody else has taken the operation over, else raise Lost."""
        with db.writer() as session:
            self._own(session, operation_id, owner, {'heartbeat': db.utcnow()})

    @db.retry
    def give_up(self, operation_id, seconds, values, hook):
        """For an operation that nobody has worked on for `seconds`: `hook()`, `values`, told, in one transaction.

        Whoever had it loses it. False, and nothing changed, when somebody works on it after all.
        """
        try:
            with db.writer() as session:
                hook()
                taken = session.execute(
                    update(self.Operation).where(self.Operation.id == operation_id, self._idle(seconds))
                    .values(told=True, owner=None, **values), execution_options=_UNSYNCHRONIZED)
                if taken.rowcount != 1:
                    raise Lost(operation_id=operation_id)
        except Lost:
            return False
        return True

    def _record(self, session, operation_id, owner, values, ended, hook):
        # The resource's row before the operation's, the order in which a user's request takes them.
        if hook is not None:
            hook()
        self._own(session, operation_id, owner, values)
        if ended is not None:
            step_row, error = ended
            session.execute(update(self.Step).where(self.Step.id == step_row).values(
                finished_at=db.utcnow(), result='Error' if error else 'Success',
                error=str(error)[:4000] if error else None), execution_options=_UNSYNCHRONIZED)

    def _own(self, session, operation_id, owner, values):
        one = self.Operation
        changed = session.execute(update(one).where(one.id == operation_id, one.owner == owner).values(**values),
                                  execution_options=_UNSYNCHRONIZED)
        if changed.rowcount != 1:
            raise Lost(operation_id=operation_id)


def unwinding(error):
    """The values of an operation that turns back because of `error`."""
    return {'state': UNDOING, 'error': str(error)[:4000], 'error_type': type(error).__name__, 'restart_at': None,
            'attempts': 0}
