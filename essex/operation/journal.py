"""Reads and writes of the journal. Every change is one short transaction, and only the owner's counts."""
import datetime

from sqlalchemy import bindparam, func, insert, or_, select, update

from essex import db
from essex.operation.definition import Cancelled, Lost
from essex.operation.models import CANCELLED, DONE, FAILED, OPEN, QUEUED, UNDOING


class Journal:
    """The journal of one service. `operations` and `steps` are its models of OperationMixin and StepMixin.

    An owner that has not renewed its heartbeat for `stale` seconds is taken to be dead.
    """

    def __init__(self, operations, steps, stale=30):
        self.Operation, self.Step = operations, steps
        self.stale = datetime.timedelta(seconds=stale)
        # Built once: these run several times in each step. Which columns they set is said by the parameters.
        one, step = operations.__table__, steps.__table__
        self._of_owner = update(one).where(one.c.id == bindparam('_id'), one.c.owner == bindparam('_owner'))
        self._not_cancelled = self._of_owner.where(one.c.cancel.is_(False))
        self._add_step, self._end_step = insert(step), update(step).where(step.c.id == bindparam('_id'))
        self._claims = {}

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
                one = self.Operation.__table__
                session.execute(update(one).where(one.c.id.in_(ids)).values(cancel=True))
            return ids

    @db.retry
    def hurry(self, operation_id, cancel=False):
        """Have an open operation tried again at once; with `cancel`, unwound. False when it is not open any more."""
        one = self.Operation.__table__
        values = {'not_before': None, **({'cancel': True} if cancel else {})}
        with db.writer() as session:
            done = session.execute(update(one).where(one.c.id == operation_id, one.c.state.in_(OPEN)).values(**values))
            return done.rowcount == 1

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

    def newest(self, states=None, limit=100, before=None, failed_since=None, kinds=None):
        """Rows in one of `states` (None: any), newest first, older than id `before`; of failed ones only those that
        ended after `failed_since`; `kinds`: of these definitions only."""
        one = self.Operation
        statement = select(one).order_by(one.id.desc()).limit(limit)
        if states is not None:
            statement = statement.where(one.state.in_(states))
        if kinds is not None:
            statement = statement.where(one.kind.in_(kinds))
        if before is not None:
            statement = statement.where(one.id < before)
        if failed_since is not None:
            statement = statement.where((one.state != FAILED) | (one.finished_at >= failed_since))
        with db.reader() as session:
            return list(session.scalars(statement))

    def running_since(self, operation_ids):
        """{operation id: when the step (or undo) that runs now began} of those in which one runs."""
        if not operation_ids:
            return {}
        step = self.Step
        with db.reader() as session:
            return dict(session.execute(select(step.operation_id, func.max(step.started_at))
                                        .where(step.operation_id.in_(operation_ids), step.finished_at.is_(None))
                                        .group_by(step.operation_id)).all())

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
        one = self.Operation.__table__
        with db.reader() as session:
            return list(session.scalars(select(one.c.id).where(*self._ready(owner, queues, exclusive))
                                        .order_by(one.c.id).limit(limit), self._moments()))

    def _ready(self, owner, queues, exclusive):
        one = self.Operation.__table__
        earlier = one.alias('earlier')
        blocked = (select(earlier.c.id).where(earlier.c.resource_id == one.c.resource_id, earlier.c.id < one.c.id,
                                              earlier.c.state.in_(OPEN)).exists())
        due = one.c.not_before.is_(None) | (one.c.not_before <= bindparam('_now'))
        # Nobody has it, or its owner is dead, or it is ours: we look only for what does not run here, so a run of
        # ours must have broken off without letting go (the database was away).
        free = one.c.owner.is_(None) | (one.c.owner == owner) | (one.c.heartbeat < bindparam('_stale'))
        if exclusive:
            free = free | one.c.queue.in_(exclusive)
        return one.c.queue.in_(queues), one.c.state.in_(OPEN), due, free, ~blocked

    def _moments(self):
        now = db.utcnow()
        return {'_now': now, '_stale': now - self.stale}

    @db.retry
    def claim(self, operation_id, owner, queues, exclusive=()):
        """Make `owner` the one who runs an operation that is ready; returns the row, or None when it is not."""
        one, key = self.Operation.__table__, (owner, tuple(queues), tuple(exclusive))
        if key not in self._claims:
            self._claims[key] = update(one).where(one.c.id == bindparam('_id'), *self._ready(owner, queues, exclusive))
        values = {'_id': operation_id, 'owner': owner, 'heartbeat': db.utcnow(), **self._moments()}
        with db.writer() as session:
            taken = session.execute(self._claims[key], values)
            return session.get(self.Operation, operation_id, populate_existing=True) if taken.rowcount == 1 else None

    @db.retry
    def beat(self, owner, operation_ids):
        """Renew the heartbeat of what `owner` runs."""
        one = self.Operation.__table__
        with db.writer() as session:
            session.execute(update(one).where(one.c.owner == owner, one.c.id.in_(operation_ids), one.c.state.in_(OPEN))
                            .values(heartbeat=db.utcnow(), updated_at=one.c.updated_at))

    def owners(self, prefix):
        """Who has claimed open operations, of those whose name begins with `prefix`."""
        one = self.Operation
        with db.reader() as session:
            return list(session.scalars(select(one.owner).where(
                one.state.in_(OPEN), one.owner.startswith(prefix, autoescape=True)).distinct()))

    @db.retry
    def release_all(self, owner):
        """Let go of everything a dead owner had."""
        one = self.Operation.__table__
        with db.writer() as session:
            session.execute(update(one).where(one.c.owner == owner, one.c.state.in_(OPEN)).values(owner=None))

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
            self._record(session, operation_id, owner, values, ended, hook, cancellable)
            made = session.execute(self._add_step, {'operation_id': operation_id, 'name': name, 'undo': undo,
                                                    'host': host})
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
                    .values(told=True, owner=None, **values).execution_options(synchronize_session=False))
                if taken.rowcount != 1:
                    raise Lost(operation_id=operation_id)
        except Lost:
            return False
        return True

    def _record(self, session, operation_id, owner, values, ended, hook, cancellable=False):
        # The resource's row before the operation's, the order in which a user's request takes them.
        if hook is not None:
            hook()
        self._own(session, operation_id, owner, values, cancellable)
        if ended is not None:
            step_row, error = ended
            session.execute(self._end_step, {
                '_id': step_row, 'finished_at': db.utcnow(), 'result': 'Error' if error else 'Success',
                'error': str(error)[:4000] if error else None})

    def _own(self, session, operation_id, owner, values, cancellable=False):
        statement = self._not_cancelled if cancellable else self._of_owner
        if session.execute(statement, {'_id': operation_id, '_owner': owner, **values}).rowcount != 1:
            if cancellable and self.is_cancelled(operation_id):
                raise Cancelled()
            raise Lost(operation_id=operation_id)


def unwinding(error):
    """The values of an operation that turns back because of `error`."""
    return {'state': UNDOING, 'error': str(error)[:4000], 'error_type': type(error).__name__, 'restart_at': None,
            'attempts': 0}
