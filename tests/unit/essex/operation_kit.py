"""A journal with tables of its own, and an executor that writes down what it is asked, for the tests of operations."""
import os

from essex import db
from essex.context import RequestContext
from essex.operation import Definition, Executor, Journal, OperationMixin, Runner, Step, StepMixin

Base = db.declarative_base()


class Operation(OperationMixin, Base):
    """The tests' operations."""


class OperationStep(StepMixin, Base):
    """The tests' steps."""


JOURNAL = Journal(Operation, OperationStep)
HOME = 'scheduler'
CONTEXT = RequestContext(user_id='alice', project_id='work', auth_token='secret', service_catalog=[{}])


def at_host(data):
    return f'compute.{data["host"]}'


BOOT = Definition('boot', [Step('choose', at=HOME), Step('network', at=at_host, undo=True),
                           Step('disk', at=at_host, undo=True), Step('spawn', at=at_host, undo=True)])
DELETE = Definition('delete', [Step('destroy', at=HOME), Step('forget', at=HOME)], persistent=True)
LOCAL = Definition('local', [Step('one', at=HOME, undo=True), Step('two', at=HOME, undo=True),
                             Step('three', at=HOME, undo=True)])


class Recorder(Executor):
    """Appends each call to `calls` (and to the file `path`); `todo` maps a method to what it does first."""

    def __init__(self, path=None, **todo):
        self.calls, self.path, self.todo = [], path, todo

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        return lambda run: self._note(name, run)

    def choose(self, run):
        run.data['host'] = 'a'
        self._note('choose', run)

    def finished(self, run):
        self._note('finished', run)

    def failed(self, run, error):
        self._note(f'failed: {error}' if not run.told else 'failed, told', run)

    def explain(self, run, error):
        self._note(f'explain: {error}', run)

    def cancelled(self, run):
        self._note('cancelled', run)

    def _note(self, name, run):
        self.calls.append(name)
        if self.path:
            with open(self.path, 'a') as file:
                file.write(f'{name}\n')
                file.flush()
                os.fsync(file.fileno())
        action = self.todo.get(name.partition(':')[0])
        if isinstance(action, list):
            action = action.pop(0) if action else None
        if isinstance(action, Exception):
            raise action
        if action is not None:
            action(run)


def create_tables(url):
    """An empty journal in the database at `url`."""
    engine = db.configure(url)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)


def runner(executor, queues=(HOME,), exclusive=(), name='tester', rung=None, journal=JOURNAL):
    """A Runner that knows every kind; what it rings elsewhere is appended to `rung`."""
    made = Runner(journal, name, queues, lambda *bell: rung.append(bell) if rung is not None else None, exclusive)
    for definition in (BOOT, DELETE, LOCAL):
        made.register(definition, executor)
    return made


def add(definition, resource='server', **data):
    """A new operation's id."""
    with db.writer():
        return JOURNAL.add(definition, resource, CONTEXT, data).id


def drain(*runners, rounds=20):
    """Have runners sweep and work until nothing is ready (postponed operations are not)."""
    for _ in range(rounds):
        ready = [(each, operation) for each in runners
                 for operation in JOURNAL.ready(each.owner, each.queues, each.exclusive)]
        if not ready:
            return
        for each, operation in ready:
            each.run(operation)
    raise AssertionError('operations go round in circles')


def state(operation_id):
    """The state of an operation."""
    return JOURNAL.get(operation_id).state
