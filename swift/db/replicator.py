"""Replication of databases: each one here is compared with its other primaries, and they take what they lack.

Equal hashes or sync points: nothing to do. Few rows missing: rows. Most of them: the whole file. A database on a
handoff is removed when every primary has it all; one deleted long ago, when its time has come.
"""
import collections
import json
import logging
import os
import random
import time

from essex import concurrency
from swift import backend, recon_cache
from swift import conf as options
from swift.daemon import Daemon
from swift.db import files, places
from swift.db.errors import DatabaseMissing
from swift.db.transfer import Transfer
from swift.exceptions import BackendError, DriveNotMounted, SwiftError
from swift.local_devices import local_devices
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)

_STATS = ('attempted', 'success', 'failure', 'ts_repl', 'no_change', 'hashmatch', 'rsync', 'diff', 'remove', 'empty',
          'remote_merge', 'diff_capped', 'deferred')


class DatabaseReplicator(Daemon):
    """Options: interval, concurrency, per_diff, max_diffs, reclaim_age, node_timeout, conn_timeout,
    databases_per_second, sync_method and those of `Transfer`, recon_cache_path.
    """

    broker_class = None
    default_port = None
    interval = 30

    def __init__(self, conf):
        super().__init__({**conf, 'interval': conf.get('interval') or conf.get('run_pause') or str(self.interval)})
        self.kind = self.broker_class.kind
        self.ring = self.cluster.ring(self.kind)
        self.concurrency = options.integer(conf, 'concurrency', 8, 1)
        self.per_diff = options.integer(conf, 'per_diff', 1000, 1)
        self.max_diffs = options.integer(conf, 'max_diffs', 100, 1)
        self.reclaim_age = options.number(conf, 'reclaim_age', 604800, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self._pause = 1 / options.number(conf, 'databases_per_second', 50, 0.001)
        self.transfer = Transfer(conf, self.kind)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        self.stats = {}

    def run_once(self, devices=None, partitions=None):
        """One pass; over some devices (names) and partitions (numbers) when given."""
        began = time.time()
        self.stats = {**dict.fromkeys(_STATS, 0), 'start': began, 'failure_nodes': {}}
        pool = concurrency.Pool(self.concurrency)
        for device in self._local(devices):
            self._remove_leftovers(device)
            for partition, path in places.databases(self.devices, device['device'], self.kind):
                if not partitions or int(partition) in {int(each) for each in partitions}:
                    pool.spawn_n(self._replicate_safely, device, partition, path)
                    concurrency.sleep(self._pause if concurrency.patched() else 0)
        pool.waitall()
        self.finish()
        self._report(began)

    def finish(self):
        """Called when all databases had their turn."""

    def _local(self, names):
        found = [device for device in local_devices(self.ring, self.conf, self.default_port)
                 if not names or device['device'] in names]
        if not found:
            LOG.warning('%s: no device of the ring is of this node', self.section)
        random.shuffle(found)
        return found

    def _remove_leftovers(self, device):
        """Drop files of transfers that ended badly a day ago."""
        try:
            places.remove_old_temporaries(self.devices.path(device['device']), 86400)
        except DriveNotMounted:
            LOG.warning('%s is not mounted', device['device'])

    def _report(self, began):
        took = time.time() - began
        LOG.info('%s: %d databases in %.1f s: %d equal, %d by rows, %d whole, %d removed, %d failures', self.section,
                 self.stats['attempted'], took, self.stats['no_change'] + self.stats['hashmatch'],
                 self.stats['diff'], self.stats['rsync'] + self.stats['remote_merge'], self.stats['remove'],
                 self.stats['failure'])
        values = {'replication_stats': self.stats, 'replication_time': took, 'replication_last': time.time()}
        try:
            recon_cache.dump(self.recon_path, self.kind, values)
        except OSError as error:
            LOG.warning('the figures for recon cannot be written: %s', error)

    # One database

    def _replicate_safely(self, device, partition, path):
        self.stats['attempted'] += 1
        try:
            self.replicate(device, partition, self.broker_class(path))
        except DatabaseMissing as error:
            LOG.warning('%s', error)
            self._failed(device)
        except SwiftError as error:
            LOG.error('%s: %s', path, error)
            self._failed(device)
        except Exception:
            LOG.exception('%s cannot be replicated', path)
            self._failed(device)

    def _failed(self, node):
        self.stats['failure'] += 1
        self._note(node)

    def _note(self, node):
        address = node.get('replication_ip') or node['ip']
        devices = self.stats['failure_nodes'].setdefault(address, {})
        devices[node['device']] = devices.get(node['device'], 0) + 1

    def replicate(self, device, partition, broker):
        """Bring a database to its primaries; `device` is the node it is on."""
        info = concurrency.in_thread(self._prepare, broker)
        if self._is_reclaimable(info):
            concurrency.in_thread(self._remove, broker, info)
            return
        wanted = self.ring.get_part(*self.names_of(info))
        if wanted != int(partition):
            LOG.error('%s is in partition %s and belongs to %d: sent there and removed here', broker.path, partition,
                      wanted)
        nodes = self.ring.get_part_nodes(wanted)
        here = wanted == int(partition) and any(node['id'] == device['id'] for node in nodes)
        responses = self._to_nodes([node for node in nodes if not here or node['id'] != device['id']], wanted, here,
                                   broker, info, device)
        self.stats['success' if all(responses) else 'failure'] += 1
        self.after(broker, info, responses)
        if not here and responses and all(responses):
            concurrency.in_thread(self._remove, broker, info)

    def _prepare(self, broker):
        now = time.time()
        broker.reclaim(Timestamp(max(0, now - self.reclaim_age)).internal, str(int(now - 2 * self.reclaim_age)))
        return broker.get_replication_info()

    def names_of(self, info):
        """The names that place a database on the ring."""
        raise TypeError(f'{type(self).__name__} has no names_of()')

    def after(self, broker, info, responses):
        """Called when a database has been with its nodes; `responses`: for each, whether it has it all now."""

    def _is_reclaimable(self, info):
        return (info['delete_timestamp'] > info['put_timestamp'] and not info['count']
                and info['delete_timestamp'] < Timestamp(max(0, time.time() - self.reclaim_age)).internal
                and self.may_be_forgotten(info))

    def may_be_forgotten(self, info):
        """Whether nobody needs a database any more that was deleted long ago."""
        return True

    def _remove(self, broker, info):
        """Remove a database, unless it changed since `info`."""
        with broker.locked():
            if broker.has_pending() or broker.max_row() != info['max_row']:
                LOG.info('%s got new rows: it stays for now', broker.path)
                return
            broker.forget()
            files.remove(broker.path)
        self.stats['remove'] += 1

    def _to_nodes(self, nodes, partition, here, broker, info, device):
        """Replicate to each node, to a handoff in the place of one whose disk is gone; returns their success."""
        waiting, handoffs, responses = collections.deque(nodes), None, []
        while waiting:
            node = waiting.popleft()
            success = False
            try:
                success = self._to_node(node, broker, partition, info)
            except DriveNotMounted:
                handoffs = handoffs or (each for each in self.ring.get_more_nodes(partition)
                                        if each['id'] != device['id'])
                # A handoff does not have to hold what it is sent from one handoff to the next.
                substitute = next(handoffs, None) if here else None
                if substitute is not None:
                    waiting.append(substitute)
            except BackendError as error:
                LOG.warning('%s: %s', broker.path, error)
                self._note(node)
            responses.append(success)
        return responses

    # One peer

    def _to_node(self, node, broker, partition, info):
        answer = self._call(node, partition, broker, 'sync', *self.sync_arguments(info))
        if answer.status == 507:
            raise DriveNotMounted(node['device'])
        if answer.status == 404:
            self.stats['rsync'] += 1
            return self._whole(node, partition, broker, info, 'complete_rsync')
        if not 200 <= answer.status < 300:
            raise BackendError(node, 'sync', f'status {answer.status}')
        remote = json.loads(answer.body)
        return self._choose(node, partition, broker, info, remote) and self._learn(broker, info, remote)

    def sync_arguments(self, info):
        """What a peer is told of a database."""
        return [info[name] for name in ('max_row', 'hash', 'id', 'created_at', 'put_timestamp', 'delete_timestamp',
                                        'metadata')]

    @staticmethod
    def _learn(broker, info, remote):
        concurrency.in_thread(broker.merge_remote, info, remote)
        return True

    def _choose(self, node, partition, broker, info, remote):
        """Do what makes the peer equal. Returns whether it is."""
        known = max(remote['point'], concurrency.in_thread(broker.get_sync, remote['id'], False))
        if known >= info['max_row']:
            self.stats['no_change'] += 1
            return True
        if remote['hash'] == info['hash']:
            self.stats['hashmatch'] += 1
            concurrency.in_thread(broker.merge_syncs, [{'remote_id': remote['id'], 'sync_point': info['max_row']}],
                                  False)
            return True
        lacking = info['max_row'] - remote['max_row']
        if remote['max_row'] < info['max_row'] * 0.5 and lacking > self.per_diff:
            self.stats['remote_merge'] += 1
            return self._whole(node, partition, broker, info, 'rsync_then_merge')
        self.stats['diff'] += 1
        return self._rows(node, partition, broker, info, remote, known)

    def _rows(self, node, partition, broker, info, remote, point):
        points = concurrency.in_thread(broker.get_syncs)
        for _ in range(self.max_diffs):
            items = concurrency.in_thread(broker.get_items_since, point, self.per_diff)
            if not items:
                break
            self._succeed(node, self._call(node, partition, broker, 'merge_items', items, info['id']), 'merge_items')
            point = items[-1]['ROWID']
        concurrency.in_thread(broker.merge_syncs, [{'remote_id': remote['id'], 'sync_point': point}], False)
        if items:
            self.stats['diff_capped'] += 1
            LOG.info('%s: %s lacks more rows than a pass sends; the next goes on', broker.path, node['device'])
            return False
        self._succeed(node, self._call(node, partition, broker, 'merge_syncs', points), 'merge_syncs')
        return True

    def _whole(self, node, partition, broker, info, call):
        self.transfer.send(broker, node, partition, info['id'])
        # The peer checks the file, and merges its own rows into it: that takes as long as there are rows.
        timeout = max(self.node_timeout, info['count'] / 2000)
        answer = self._call(node, partition, broker, call, info['id'], timeout=timeout)
        self._succeed(node, answer, call)
        return True

    @staticmethod
    def _succeed(node, answer, call):
        if not 200 <= answer.status < 300:
            raise BackendError(node, call, f'status {answer.status}')

    def _call(self, node, partition, broker, call, *arguments, timeout=None):
        target = backend.path(node['device'], partition, os.path.basename(broker.directory))
        headers = {'Content-Type': 'application/json', 'User-Agent': self.section}
        return backend.request(node, 'REPLICATE', target, headers, json.dumps([call, *arguments]).encode(),
                               timeout=timeout or self.node_timeout, conn_timeout=self.conn_timeout, replication=True)
