"""Who runs the imports of this node: a part of the daemon glance-api, in each of its processes."""
import datetime
import logging

from essex import concurrency, config, db
from essex.operation import Runner
from glance.db import journal
from glance.image.importing.hashing import HASH, HashExecutor
from glance.image.importing.operation import IMPORT, ImportExecutor, at_node

LOG = logging.getLogger(__name__)
CONF = config.CONF


def runner_of(manager, name='glance-api'):
    """A Runner of this process for the imports of this node."""
    # Whoever else serves this node's queue looks for work by itself.
    made = Runner(journal.JOURNAL, name, [at_node({'host': CONF.host})], lambda queue, operation_id: None)
    made.register(IMPORT, ImportExecutor(manager.stores))
    made.register(HASH, HashExecutor(manager.stores))
    return made


def adopt():
    """Take over the imports of nodes that have given no sign of life for import_dead_after; returns how many."""
    silent_since = db.utcnow() - datetime.timedelta(seconds=CONF.import_dead_after)
    taken = journal.adopt('import.', at_node({'host': CONF.host}), {'host': CONF.host}, silent_since)
    if taken:
        LOG.warning('%d imports of nodes that are gone are taken over', taken)
    return taken


class ImportWorker:
    """A part of a daemon. It has a runner once it has started: a forked process needs one of its own."""

    def __init__(self, manager):
        self._manager, self._runner = manager, None

    def start(self):
        """Run imports."""
        self._runner = runner_of(self._manager)
        self._manager.ring = self._runner.ring
        self._runner.start()

    def stop(self, timeout=30):
        """Stop between two steps."""
        self._runner.stop(timeout)


def in_background(manager):
    """Run imports in native threads, one after another, under a WSGI server that is not ours."""
    runner, running = runner_of(manager, 'glance-wsgi'), []

    def work():
        while True:
            try:
                runner.release_dead()
                for operation_id in journal.JOURNAL.ready(runner.owner, runner.queues):
                    running.append(operation_id)
                    try:
                        runner.run(operation_id)
                    finally:
                        running.clear()
            except Exception:
                LOG.exception('Looking for imports failed')
            concurrency.sleep(CONF.operation.sweep_interval)

    def beat():
        while True:
            concurrency.sleep(journal.JOURNAL.stale.total_seconds() / 4)
            try:
                journal.JOURNAL.beat(runner.owner, list(running))
            except Exception:
                LOG.exception('Renewing the heartbeat of imports failed')
    concurrency.native_thread(work)
    concurrency.native_thread(beat)
