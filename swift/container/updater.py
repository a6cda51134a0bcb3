"""container-updater: tells accounts how many objects, and how many bytes, each container has."""
import logging
import os
import time

from essex import concurrency
from swift import backend, recon_cache
from swift import conf as options
from swift.daemon import Daemon
from swift.db import files, places
from swift.db.container import ContainerBroker
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.exceptions import BackendError, LockTimeout
from swift.local_devices import local_devices
from swift.pace import Pace
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_REPORTED = (('put_timestamp', 'reported_put_timestamp'), ('delete_timestamp', 'reported_delete_timestamp'),
             ('object_count', 'reported_object_count'), ('bytes_used', 'reported_bytes_used'))


class ContainerUpdater(Daemon):
    """Options: interval, concurrency (devices at once), containers_per_second (slowdown, its older form),
    account_suppression_time, node_timeout, conn_timeout, recon_cache_path.
    """

    section = 'container-updater'
    interval = 300

    def __init__(self, conf):
        super().__init__(conf)
        self.concurrency = options.integer(conf, 'concurrency', 4, 1)
        self.suppression = options.number(conf, 'account_suppression_time', 60, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 3, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        rate = options.number(conf, 'containers_per_second', 50, 0)
        slowdown = options.number(conf, 'slowdown', 0, 0)
        self._pace = Pace(1 / slowdown if slowdown else rate)
        # Accounts that could not be told, and until when they are left alone.
        self._suppressed = {}
        self._local = {}    # name -> id of this node's devices in the ring
        self.stats = {}

    def run_once(self, devices=None):
        """One pass; over some devices (names) when given."""
        began = time.time()
        self._suppressed = {name: until for name, until in self._suppressed.items() if until > began}
        self._local = {each['device']: each['id']
                       for each in local_devices(self.cluster.ring('container'), self.conf, 6201)}
        self.stats = {'successes': 0, 'failures': 0, 'no_changes': 0}
        pool = concurrency.Pool(self.concurrency)
        for device in self.devices.names():
            if not devices or device in devices:
                pool.spawn_n(self._sweep, device)
        pool.waitall()
        took = time.time() - began
        LOG.info('container update sweep completed: %.2f s, %s', took, self.stats)
        if not devices:
            recon_cache.dump(self.recon_path, 'container', {'container_updater_sweep': took})

    def _sweep(self, device):
        for _, path in places.databases(self.devices, device, 'container'):
            self._pace.wait()
            try:
                self.process(path)
            except (DatabaseMissing, DatabaseCorrupt, LockTimeout) as error:
                LOG.warning('%s: not reported: %s', path, error)
            except Exception:
                LOG.exception('%s: not reported', path)

    def process(self, path):
        """Report the container of a database, if there is news."""
        broker = ContainerBroker(path)
        info = concurrency.in_thread(broker.get_info)
        if Timestamp(info['put_timestamp']) <= 0:
            # Made by an object's row before the container itself arrived: its counts are not the whole truth.
            return
        if self._suppressed.get(info['account'], 0) > time.time() or self._stands_in(path, info):
            return
        if not _news(info):
            self.stats['no_changes'] += 1
            return
        if self._tell_account(info):
            concurrency.in_thread(broker.reported, info['put_timestamp'], info['delete_timestamp'],
                                  info['object_count'], info['bytes_used'])
            self.stats['successes'] += 1
        else:
            self.stats['failures'] += 1
            self._suppressed[info['account']] = time.time() + self.suppression

    def _stands_in(self, path, info):
        """Whether the database is only kept for a primary: it goes there, and what it had said would stay."""
        device = self._local.get(os.path.basename(files.device_of(path)))
        nodes = self.cluster.ring('container').get_nodes(info['account'], info['container'])[1]
        return device is not None and all(node['id'] != device for node in nodes)

    def _tell_account(self, info):
        """Send the row to all replicas of the account; whether a majority has taken it."""
        part, nodes = self.cluster.ring('account').get_nodes(info['account'])
        named = {'X-Put-Timestamp': info['put_timestamp'], 'X-Delete-Timestamp': info['delete_timestamp'],
                 'X-Object-Count': str(info['object_count']), 'X-Bytes-Used': str(info['bytes_used']),
                 'X-Backend-Storage-Policy-Index': str(info['storage_policy_index']),
                 'X-Account-Override-Deleted': 'yes', 'User-Agent': 'container-updater'}
        running = [concurrency.spawn(self._tell, node, part, info, named) for node in nodes]
        return sum(each.wait() for each in running) > len(nodes) // 2

    def _tell(self, node, part, info, named):
        target = backend.path(node['device'], part, info['account'], info['container'])
        try:
            answer = backend.request(node, 'PUT', target, named, timeout=self.node_timeout,
                                     conn_timeout=self.conn_timeout)
        except BackendError as error:
            LOG.warning('account update failed, the next pass repeats it: %s', error)
            return False
        if answer.status // 100 != 2:
            LOG.warning('account update of %s at %s:%s: status %d', target, node['ip'], node['port'], answer.status)
        return answer.status // 100 == 2


def _news(info):
    return any(info[now] > info[then] if now.endswith('timestamp') else info[now] != info[then]
               for now, then in _REPORTED)
