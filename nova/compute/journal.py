"""Operations of all servers and volumes as administrators see them: what is stuck or failed, why, and what can be done
about it."""
import datetime

from essex import db
from essex.operation.models import FAILED, OPEN, UNDOING
from nova import exception
from nova.compute import bell, operations
from nova.compute.rpcapi import TOPIC
from nova.db import keys, services
from nova.db.journal import JOURNAL
from nova.volume import operations as volume_operations
from nova.volume.rpcapi import TOPIC as VOLUME_TOPIC

_OF_VOLUMES = {each.kind for each in volume_operations.OF_VOLUMES}
_OF_SNAPSHOTS = {each.kind for each in volume_operations.OF_SNAPSHOTS}
_DEFINITIONS = {each.kind: each for each in (*operations.ALL, *volume_operations.OF_VOLUMES,
                                             *volume_operations.OF_SNAPSHOTS)}
# Which daemon serves the queues of a topic.
_BINARIES = {TOPIC: 'nova-compute', VOLUME_TOPIC: 'nova-volume'}
# An operation nobody has worked on for so long is not merely between two steps.
_QUIET = datetime.timedelta(seconds=60)
# Failed ones are shown for so long, unless one asks for all.
_REMEMBERED = datetime.timedelta(days=1)
STATES = ('attention', 'open', 'failed', 'all')


def list(states='attention', limit=100, marker=None):  # noqa: A001  (read with its module: journal.list)
    """Newest first, each as `Seen`: the open and lately failed ones (attention), or `open`, `failed`, `all`. Three
    statements at most."""
    found = JOURNAL.newest({'open': OPEN, 'all': None, 'failed': (FAILED,)}.get(states, (*OPEN, FAILED)), limit, marker,
                           db.utcnow() - _REMEMBERED if states == 'attention' else None, [*_DEFINITIONS])
    return _seen(found)


def get(operation_id):
    """(Seen, its steps oldest first: rows of the journal). Raises OperationNotFound."""
    seen = _find(operation_id)
    return seen, JOURNAL.steps(seen.row.id)


def finish(operation_id):
    """Try the next step now instead of later. Raises OperationNotFound, OperationNotActionable."""
    _act(_find(operation_id), 'finish')


def undo(operation_id):
    """Stop and undo every step. Raises OperationNotFound, OperationNotActionable."""
    _act(_find(operation_id), 'undo')


class Seen:
    """An operation: `row`, `server_id`, `volume_id`, `snapshot_id` (what it works on, or None), `steps` (all names in
    order), `step` (the name of the present one), `deadline` of a step that runs, `stuck` (a sentence, or None), `can`
    (what of finish and undo is possible)."""

    def __init__(self, row, began, hosts):
        definition = _DEFINITIONS[row.kind]
        position = min(row.step, len(definition.steps) - 1)
        self.row, self.persistent = row, definition.persistent
        of_volume, of_snapshot = row.kind in _OF_VOLUMES, row.kind in _OF_SNAPSHOTS
        self.server_id = None if of_volume or of_snapshot else row.resource_id
        self.volume_id = row.resource_id if of_volume else (row.data or {}).get('volume_uuid')
        self.snapshot_id = row.resource_id if of_snapshot else None
        self.steps = [step.name for step in definition.steps]
        self.step = self.steps[position] if row.state in (*OPEN, FAILED) else None
        running = row.state in OPEN and row.owner is not None and began is not None
        self.deadline = began + datetime.timedelta(seconds=definition.steps[position].timeout) if running else None
        topic, _, host = row.queue.partition('.')
        self.host, self._binary = host or None, _BINARIES.get(topic)
        self.stuck = self._why_stuck(hosts.get((self._binary, host))) if row.state in OPEN else None
        self.can = self._possible()

    def _why_stuck(self, record):
        row, now = self.row, db.utcnow()
        if record is not None and not services.is_up(record):
            return (f'{self._binary} on host {self.host} is away: its last heartbeat was at '
                    f'{_words(record.last_seen_up)}.')
        if row.not_before is not None and row.not_before > now:
            return f'Step {self.step} failed and is tried again at {_words(row.not_before)}: {row.error}'
        if self.deadline is not None and now > self.deadline:
            return f'Step {self.step} should have ended at {_words(self.deadline)}.'
        if (row.heartbeat or row.updated_at) < now - _QUIET:
            return f'Nobody has worked on it since {_words(row.heartbeat or row.updated_at)}.'
        return None

    def _possible(self):
        if self.row.state not in OPEN:
            return []
        goes_forward = self.row.state != UNDOING and not self.row.cancel
        # A delete only goes forward. What turns back already is hurried by `undo`.
        return (['finish'] if goes_forward else []) + ([] if self.persistent else ['undo'])


def _words(moment):
    return f'{moment:%Y-%m-%d %H:%M:%S} UTC' if moment else 'no time that is known'


def _seen(rows):
    if not rows:
        return []
    began = JOURNAL.running_since([row.id for row in rows if row.state in OPEN])
    hosts = {(row.binary, row.host): row for row in services.list()}
    return [Seen(row, began.get(row.id), hosts) for row in rows if row.kind in _DEFINITIONS]


def _find(operation_id):
    number = keys.row_id(operation_id)
    row = JOURNAL.get(number) if number is not None else None
    found = _seen([row] if row is not None else [])
    if not found:
        raise exception.OperationNotFound(operation_id=str(operation_id)[:40])
    return found[0]


def _act(seen, action):
    changed = action in seen.can and JOURNAL.hurry(seen.row.id, cancel=action == 'undo')
    if not changed:
        raise exception.OperationNotActionable(operation_id=seen.row.id, action=action, state=seen.row.state,
                                               possible=' or '.join(seen.can) or 'nothing')
    bell.ring(seen.row.queue, seen.row.id)
