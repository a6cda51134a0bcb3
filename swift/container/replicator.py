"""container-replicator: every container's database is made equal on its primaries.

Also queues the objects that a split brain left under a policy that is not the container's any more.
"""
import collections
import logging

from essex import concurrency
from swift.container import misplaced
from swift.db.container import ContainerBroker
from swift.db.replicator import DatabaseReplicator

LOG = logging.getLogger(__name__)


class ContainerReplicator(DatabaseReplicator):
    """See DatabaseReplicator."""

    section = 'container-replicator'
    broker_class = ContainerBroker
    default_port = 6201

    def __init__(self, conf):
        super().__init__(conf)
        self._queued = {}   # path -> broker of the containers of the queue that this pass wrote to

    def names_of(self, info):
        return info['account'], info['container']

    def sync_arguments(self, info):
        return [*super().sync_arguments(info), info['status_changed_at'], info['count'],
                info['storage_policy_index']]

    def may_be_forgotten(self, info):
        """Whether the account knows all that it will ever hear of the container."""
        return all(info[f'reported_{name}'] == info[name] for name in ('put_timestamp', 'delete_timestamp',
                                                                       'object_count', 'bytes_used'))

    def after(self, broker, info, responses):
        if info['account'] == misplaced.ACCOUNT:
            return
        reached = concurrency.in_thread(self._queue_misplaced, broker, info)
        agreed = not responses or sum(map(bool, responses)) * 2 >= len(responses)
        if reached is not None and agreed:
            concurrency.in_thread(broker.update_reconciler_sync, reached)

    def _queue_misplaced(self, broker, info):
        """Queue rows of other policies; returns the ROWID up to which all are queued, None for no change."""
        point = broker.get_reconciler_sync()
        if point >= info['max_row']:
            return None
        if not broker.has_misplaced():
            return info['max_row']
        while items := broker.get_misplaced_since(point, self.per_diff):
            self._feed(broker, info, items)
            point = items[-1]['ROWID']
        return max(point, info['max_row'])

    def _feed(self, broker, info, items):
        batches = collections.defaultdict(list)
        for item in items:
            batches[misplaced.container_of(item['created_at'])].append(
                misplaced.entry(item, info['account'], info['container']))
        for container, entries in batches.items():
            queue = misplaced.queue_broker(self.cluster, broker.device_path(), container)
            queue.merge_items(entries)
            self._queued[queue.path] = queue

    def finish(self):
        """Take what was queued in this pass to its primaries at once."""
        queued, self._queued = self._queued, {}
        for broker in queued.values():
            device = self._device_of(broker)
            if device is not None and broker.exists():
                self._replicate_safely(device, broker.partition(), broker.path)

    def _device_of(self, broker):
        name = broker.device_path().rsplit('/', 1)[-1]
        return next((device for device in self._local(None) if device['device'] == name), None)
