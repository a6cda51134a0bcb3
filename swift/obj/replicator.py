"""object-replicator: every partition here is made equal on its primaries, and what belongs elsewhere moves there."""
import collections
import itertools
import logging
import random
import time

from essex import concurrency
from swift import backend, recon_cache
from swift import conf as options
from swift.daemon import Daemon
from swift.exceptions import BackendError, ConfigurationError, DriveNotMounted, SwiftError
from swift.local_devices import local_devices
from swift.obj import diskfile, hashes, layout, metadata, partition
from swift.obj.rsync import Rsync
from swift.obj.ssync_sender import Sender, SyncFailed

LOG = logging.getLogger(__name__)
_AUTO = 0

# `path`: the directory of the partition; `nodes`: its other primaries; `delete`: it belongs to them alone.
Job = collections.namedtuple('Job', 'device device_path path part policy nodes delete')


class ObjectReplicator(Daemon):
    """Options: interval, concurrency, sync_method (ssync or rsync and its options), http_timeout, node_timeout,
    conn_timeout, lockup_timeout, stats_interval, reclaim_age, handoffs_first, handoff_delete (auto or a number),
    recon_cache_path.
    """

    section = 'object-replicator'
    interval = 30

    def __init__(self, conf):
        super().__init__({**conf, 'interval': conf.get('interval') or conf.get('run_pause') or str(self.interval)})
        self.concurrency = options.integer(conf, 'concurrency', 1, 1)
        self.http_timeout = options.number(conf, 'http_timeout', 60, 0.1)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.lockup_timeout = options.number(conf, 'lockup_timeout', 1800, 1)
        self.stats_interval = options.number(conf, 'stats_interval', 300, 1)
        self.reclaim_age = options.number(conf, 'reclaim_age', 604800, 0)
        self.chunk_size = options.integer(conf, 'disk_chunk_size', 65536, 1)
        self.handoffs_first = options.boolean(conf, 'handoffs_first', False)
        wanted = conf.get('handoff_delete', 'auto').strip().lower()
        self.handoff_delete = _AUTO if wanted == 'auto' else options.integer(conf, 'handoff_delete', 0, 0)
        self.sync_method = conf.get('sync_method', 'ssync')
        if self.sync_method not in ('ssync', 'rsync'):
            raise ConfigurationError(f'sync_method = {self.sync_method}: ssync or rsync')
        if options.integer(conf, 'replicator_workers', 0, 0):
            LOG.warning('replicator_workers: one process does all the work; raise concurrency instead')
        self.rsync = Rsync(conf)
        self.manager = diskfile.Manager(conf, self.cluster)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        self._begin()

    def _begin(self):
        self.stats = {'attempted': 0, 'success': 0, 'failure': 0, 'hashmatch': 0, 'rsync': 0, 'remove': 0,
                      'suffix_count': 0, 'suffix_sync': 0, 'suffix_hash': 0, 'failure_nodes': {},
                      'start': time.time()}
        self._moved = time.monotonic()
        self._handoffs_left = 0

    def run_once(self, devices=None, partitions=None, policies=None):
        """One pass; over some devices (names), partitions (numbers), policies (indexes) when given."""
        self._begin()
        jobs = self.collect(devices, partitions, policies)
        pool = concurrency.Pool(self.concurrency)
        watcher = concurrency.spawn(self._watch, pool) if concurrency.patched() else None
        try:
            for job in jobs:
                if self.handoffs_first and not job.delete and self._handoffs_left:
                    LOG.warning('handoffs_first: %d handoff partitions are left; the next pass goes on with them',
                                self._handoffs_left)
                    break
                pool.spawn(self._run, job)
                if self.handoffs_first and job.delete:
                    pool.waitall()
            pool.waitall()
        finally:
            if watcher is not None:
                watcher.kill()
        self._report(whole=not (devices or partitions or policies))

    @staticmethod
    def handles(policy):
        """Whether its objects are this daemon's: fragments are the reconstructor's."""
        return policy.code is None

    def collect(self, devices=None, partitions=None, policies=None):
        """The jobs of this node: [Job], handoffs first when so configured, else in random order."""
        jobs = []
        for policy in self.cluster.policies:
            if not self.handles(policy) or policies and policy.idx not in policies:
                continue
            ring = self.cluster.ring('object', policy)
            if ring.next_part_power is not None:
                # Where things are is what is changed: what differs now is not to be sent anywhere.
                LOG.warning('%s: its part power is being changed; nothing is replicated meanwhile', policy.name)
                continue
            for device in local_devices(ring, self.conf, 6200):
                if not devices or device['device'] in devices:
                    jobs += self._jobs_of(ring, policy, device, partitions)
        random.shuffle(jobs)
        if self.handoffs_first:
            jobs.sort(key=lambda job: not job.delete)
        return jobs

    def _jobs_of(self, ring, policy, device, partitions):
        try:
            device_path = self.devices.path(device['device'])
        except DriveNotMounted:
            LOG.warning('%s is not mounted', device['device'])
            self._failed(device)
            return
        top = layout.objects_path(device_path, policy)
        for part in layout.listed(top):
            if not (part.isascii() and part.isdecimal()):
                continue
            number = int(part)
            if partitions and number not in partitions:
                continue
            if number >= ring.partition_count or str(number) != part:
                # Left by, or made for, another part power: not ours to touch.
                LOG.warning('%s/%s: the ring has no such partition', top, part)
                continue
            nodes = [node for node in ring.get_part_nodes(number) if node['id'] != device['id']]
            delete = len(nodes) == len(ring.get_part_nodes(number))
            yield Job(device, device_path, f'{top}/{part}', part, policy, nodes, delete)

    def _run(self, job):
        self.stats['attempted'] += 1
        try:
            (self._revert if job.delete else self._update)(job)
        except concurrency.Killed:
            self._failed(job.device)
            raise
        except Exception:
            LOG.exception('%s: replication failed', job.path)
            self._failed(job.device)
        self._progress()

    def _progress(self):
        self._moved = time.monotonic()

    def _watch(self, pool):
        """End what no longer moves: a disk or peer that hangs must not end replication for good."""
        told = time.monotonic()
        while True:
            concurrency.sleep(1)
            if time.monotonic() - self._moved > self.lockup_timeout:
                LOG.error('nothing moved for %g s: what runs is given up', self.lockup_timeout)
                for each in tuple(pool.coroutines_running):
                    each.kill()
                self._progress()
            if time.monotonic() - told >= self.stats_interval:
                told = time.monotonic()
                LOG.info('%d partitions so far: %d in sync, %d failures', self.stats['attempted'],
                         self.stats['success'], self.stats['failure'])

    def _update(self, job):
        """Compare a partition of ours with each other primary's, and send what those lack."""
        hashed, ours = self._hashes(job)
        self.stats['suffix_hash'] += hashed
        self.stats['suffix_count'] += len(ours)
        ring, left = self.cluster.ring('object', job.policy), len(job.nodes)
        others = (node for node in ring.get_more_nodes(int(job.part)) if node['id'] != job.device['id'])
        nodes = random.sample(job.nodes, len(job.nodes))
        for node in itertools.chain(nodes, others):
            if left <= 0:
                break
            try:
                ours = self._equalise(job, node, ours)
                self.stats['success'] += 1
            except DriveNotMounted:
                # Its disk is gone: the next node of the ring keeps a copy until it is back.
                self._failed(node)
                continue
            except (BackendError, SwiftError) as error:
                LOG.warning('%s: %s', job.path, error)
                self._failed(node)
            left -= 1

    def _hashes(self, job, recalculate=()):
        return concurrency.in_thread(hashes.partition_hashes, job.path, recalculate, self.reclaim_age)

    def _equalise(self, job, node, ours):
        """Send a node the suffixes that differ. Returns our hashes, which may have been made again."""
        theirs = self._replicate(job, node)
        different = _different(ours, theirs)
        if different:
            # Ours may be those of before a change that both have seen.
            hashed, ours = self._hashes(job, different)
            self.stats['suffix_hash'] += hashed
            different = _different(ours, theirs)
        if not different:
            self.stats['hashmatch'] += 1
            return ours
        self._push(job, node, different)
        self.stats['suffix_sync'] += len(different)
        self._replicate(job, node, different)
        return ours

    def _replicate(self, job, node, suffixes=()):
        """The suffix hashes of a node: {suffix: MD5}; of `suffixes`, made again. Raises BackendError, SwiftError."""
        names = ('-'.join(sorted(suffixes)),) if suffixes else ()
        answer = backend.request(
            node, 'REPLICATE', backend.path(node['device'], job.part, *names),
            {'X-Backend-Storage-Policy-Index': str(job.policy.idx)}, timeout=self.http_timeout,
            conn_timeout=self.conn_timeout, replication=True)
        if answer.status == 507:
            raise DriveNotMounted(node['device'])
        if answer.status != 200:
            raise SyncFailed(f'{_name(node)}: REPLICATE gave {answer.status}')
        try:
            found = metadata.loads_plain(answer.body)
        except ValueError as error:
            raise SyncFailed(f'{_name(node)}: REPLICATE: {error}') from error
        if not isinstance(found, dict):
            raise SyncFailed(f'{_name(node)}: REPLICATE answered no hashes')
        return found

    def _push(self, job, node, suffixes):
        """Send suffixes (None: all) to a node. Returns {hash: names} of what the node then has."""
        self.stats['rsync'] += 1
        if self.sync_method == 'ssync':
            return Sender(self.manager, job.device['device'], node, job.part, job.policy, suffixes, self.http_timeout,
                          self.conn_timeout, self.chunk_size, self.reclaim_age, self._progress).run()
        held = {found.hash: found.names for found in partition.walk(job.path, suffixes)}
        self.rsync(node, job.device_path, job.policy.suffixed('objects'), job.part,
                   sorted({name[-3:] for name in held}), node.get('region') != job.device.get('region'))
        return held

    def _revert(self, job):
        """Send a partition that is not ours to all its primaries, and remove what they then have."""
        self._handoffs_left += 1
        held, successes = None, 0
        self._hashes(job)
        empty = next(partition.walk(job.path), None) is None
        for node in () if empty else job.nodes:
            try:
                confirmed = self._deliver(job, node)
            except (BackendError, SwiftError) as error:
                LOG.warning('%s: %s', job.path, error)
                self._failed(node)
                continue
            successes += 1
            self.stats['success'] += 1
            held = confirmed if held is None else {
                name: names for name, names in held.items() if confirmed.get(name) == names}
        enough = successes >= (min(self.handoff_delete, len(job.nodes)) or len(job.nodes))
        if not (empty or enough) or self._is_ours_now(job):
            return
        if concurrency.in_thread(partition.remove, job.path, held or {}):
            self.stats['remove'] += 1
            self._handoffs_left -= 1

    def _deliver(self, job, node):
        if self.sync_method == 'ssync':
            return self._push(job, node, None)
        # rsync would also write into the empty mount point of a disk that is gone: asking first finds out.
        self._replicate(job, node)
        held = self._push(job, node, None)
        self._replicate(job, node, {name[-3:] for name in held})
        return held

    def _is_ours_now(self, job):
        """Whether a new ring has made the partition ours while we gave it away."""
        nodes = self.cluster.ring('object', job.policy).get_part_nodes(int(job.part))
        return any(node['id'] == job.device['id'] for node in nodes)

    def _failed(self, node):
        self.stats['failure'] += 1
        devices = self.stats['failure_nodes'].setdefault(node.get('replication_ip') or node['ip'], {})
        devices[node['device']] = devices.get(node['device'], 0) + 1

    def _report(self, whole):
        now, began = time.time(), self.stats['start']
        minutes = (now - began) / 60
        LOG.info('pass over %d partitions in %.1f s: %d in sync, %d sent, %d removed, %d failures',
                 self.stats['attempted'], now - began, self.stats['hashmatch'], self.stats['rsync'],
                 self.stats['remove'], self.stats['failure'])
        if whole:
            self._dump(now, minutes)

    def _dump(self, now, minutes):
        recon_cache.dump(self.recon_path, 'object', {
            'replication_stats': self.stats, 'replication_time': minutes, 'replication_last': now,
            'object_replication_time': minutes, 'object_replication_last': now})


def _different(ours, theirs):
    return {suffix for suffix, value in ours.items() if theirs.get(suffix) != value}


def _name(node):
    return f'{node["ip"]}:{node["port"]}/{node["device"]}'

