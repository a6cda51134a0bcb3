"""object-updater: tells the container servers what the object server could not tell them when it happened."""
import logging
import os
import time

from essex import concurrency
from swift import backend, recon_cache
from swift import conf as options
from swift.daemon import Daemon
from swift.exceptions import BackendError, DriveNotMounted
from swift.obj import async_pending, diskfile, leftovers
from swift.pace import Pace
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)


class ObjectUpdater(Daemon):
    """Options: interval, concurrency, objects_per_second (or slowdown, seconds), node_timeout, conn_timeout,
    report_interval, recon_cache_path.
    """

    section = 'object-updater'
    interval = 300

    def __init__(self, conf):
        super().__init__(conf)
        self.concurrency = options.integer(conf, 'concurrency', 8, 1)
        slowdown = options.number(conf, 'slowdown', 0.01, 0)
        self.rate = options.number(conf, 'objects_per_second', 1 / (slowdown + 0.01), 0)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.report_interval = options.number(conf, 'report_interval', 300, 1)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        self.manager = diskfile.Manager(conf, self.cluster)
        self.stats = self._no_stats()

    @staticmethod
    def _no_stats():
        return {'successes': 0, 'failures': 0, 'unlinks': 0, 'redirects': 0, 'errors': 0}

    def run_once(self):
        """One pass over the pending updates of all devices and policies."""
        began = time.time()
        self.stats = self._no_stats()
        pace, pool = Pace(self.rate), concurrency.Pool(self.concurrency)
        for device in self.devices.names():
            # What a killed server has committed but told nobody becomes pending first.
            concurrency.in_thread(leftovers.settle_quietly, self.manager, device)
            try:
                self._sweep(self.devices.path(device), pace, pool)
            except (DriveNotMounted, OSError) as error:
                LOG.warning('%s: %s', device, error)
                self.stats['errors'] += 1
        pool.waitall()
        elapsed = time.time() - began
        LOG.info('pass over pending updates in %.1f s: %s', elapsed, self.stats)
        recon_cache.dump(self.recon_path, 'object', {
            'object_updater_sweep': elapsed, 'async_pending': self._left(), 'async_pending_last': time.time()})

    def _left(self):
        left = 0
        for device in self.devices.names():
            try:
                left += sum(async_pending.count(self.devices.path(device), policy) for policy in self.cluster.policies)
            except DriveNotMounted:
                continue
        return left

    def _sweep(self, device_path, pace, pool):
        told = time.monotonic()
        for policy in self.cluster.policies:
            for path, record in self._newest(device_path, policy):
                pace.wait()
                pool.spawn_n(self._deliver, device_path, policy, path, record)
                if time.monotonic() - told >= self.report_interval:
                    told = time.monotonic()
                    LOG.info('%s: so far %s', device_path, self.stats)

    def _newest(self, device_path, policy):
        """(path, record), only the newest of those about one name; the older ones are over with it."""
        last = None
        for path, record in async_pending.walk(device_path, policy):
            if last is not None:
                if _hash_of(last[0]) == _hash_of(path):
                    async_pending.remove(last[0])
                    self.stats['unlinks'] += 1
                else:
                    yield last
            last = path, record
        if last is not None:
            yield last

    def _deliver(self, device_path, policy, path, record):
        """Tell every replica that has not yet heard; keep what is left for the next pass."""
        try:
            ring = self.cluster.ring('container')
            part, nodes = ring.get_nodes(record['account'], record['container'])
            told = set(record.get('successes', ()))
            missing = [node for node in nodes if node['id'] not in told]
            answers = self._tell_all(missing, part, record)
        except Exception:
            LOG.exception('%s cannot be delivered', path)
            self.stats['errors'] += 1
            return
        heard = {node['id'] for node, good in zip(missing, answers) if good}
        if len(heard) == len(missing):
            async_pending.remove(path)
            self.stats['successes'] += 1
            self.stats['unlinks'] += 1
            return
        self.stats['failures'] += 1
        if heard:
            self._remember(device_path, policy, path, {**record, 'successes': sorted(told | heard)})

    @staticmethod
    def _remember(device_path, policy, path, record):
        """Write who knows, so that the next pass asks only the others."""
        name_hash, _, moment = os.path.basename(path).partition('-')
        concurrency.in_thread(async_pending.add, device_path, policy, name_hash, Timestamp(moment), record)

    def _tell_all(self, nodes, part, record):
        threads = [concurrency.spawn(self._tell, node, part, record) for node in nodes]
        return [thread.wait() for thread in threads]

    def _tell(self, node, part, record):
        target = backend.path(node['device'], part, record['account'], record['container'], record['obj'])
        headers = {**record['headers'], 'User-Agent': f'object-updater {os.getpid()}'}
        try:
            answer = backend.request(node, record['op'], target, headers, timeout=self.node_timeout,
                                     conn_timeout=self.conn_timeout)
        except BackendError as error:
            LOG.warning('%s: %s', target, error)
            return False
        if 200 <= answer.status < 300:
            return True
        LOG.warning('%s %s: %s:%s/%s answers %d', record['op'], target, node['ip'], node['port'], node['device'],
                    answer.status)
        return False


def _hash_of(path):
    return os.path.basename(path).partition('-')[0]
