"""Operations whose host is away: their users are told at once, what they hold is cleaned up when the host is back."""
import logging

from essex.operation import Run, unwinding
from nova.compute import operations
from nova.compute.rpcapi import TOPIC
from nova.db import instances, services
from nova.db.journal import JOURNAL
from nova.db.services import CONF
from nova.exception import ComputeHostLost
from nova.volume.exception import VolumeHostLost
from nova.volume.rpcapi import TOPIC as VOLUME_TOPIC

LOG = logging.getLogger(__name__)

# Which daemon serves the queues of a topic.
_BINARIES = {TOPIC: 'nova-compute', VOLUME_TOPIC: 'nova-volume'}


class StrandedOperations:
    """Looks after them for all hosts; any number of schedulers may do so at once. `known`: executors by kind."""

    def __init__(self, known):
        self.known = known

    def sweep(self):
        """One look; returns the ids of the operations that were given up."""
        rows = [row for row in JOURNAL.stranded(CONF.service_down_time) if row.queue.partition('.')[0] in _BINARIES]
        if not rows:
            return []
        records = {(row.binary, row.host): row for row in services.list()}
        return [row.id for row in rows if self._give_up(row, records)]

    def _give_up(self, row, records):
        topic, _, host = row.queue.partition('.')
        record = records.get((_BINARIES[topic], host))
        if record is not None and services.is_up(record):
            return False   # it only waits its turn
        definition, executor = self.known[row.kind]
        run = Run(row, definition, JOURNAL, None)
        if row.kind == operations.DELETE.kind:
            values, hook = {}, lambda: instances.mark_deleted(row.resource_id)
        else:
            error = _error(topic, row, definition, host, record)
            # What must be done is done when the host is back; the rest is unwound then.
            values = {} if definition.persistent else unwinding(error)
            hook = lambda: executor.explain(run, error)  # noqa: E731
        given_up = JOURNAL.give_up(row.id, CONF.service_down_time, values, hook)
        if given_up:
            LOG.warning('operation %s (%s) of %s is stranded: %s on host %s is away', row.id, row.kind,
                        row.resource_id, _BINARIES[topic], host)
        return given_up


def _error(topic, row, definition, host, record):
    step = definition.steps[min(row.step, len(definition.steps) - 1)].name
    seen = record.last_seen_up if record is not None else None
    when = f'its last heartbeat was at {seen:%Y-%m-%d %H:%M:%S} UTC' if seen else 'it has never reported'
    if topic == VOLUME_TOPIC:
        return VolumeHostLost(host=host, action=definition.action, when=when)
    return ComputeHostLost(host=host, action=definition.action, step=step, when=when)
