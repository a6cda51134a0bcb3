"""account-reaper: empties deleted accounts. Each primary of an account takes its share of the containers."""
import hashlib
import json
import logging
import time
from urllib.parse import quote

from essex import concurrency
from swift import backend
from swift import conf as options
from swift.daemon import Daemon
from swift.db import listing, places
from swift.db.account import AccountBroker
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.exceptions import BackendError, LockTimeout
from swift.local_devices import local_devices
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_PAGE = 10000


class AccountReaper(Daemon):
    """Options: interval, concurrency (containers at once, and objects of one), delay_reaping and reap_warn_after
    (seconds), node_timeout, conn_timeout.
    """

    section = 'account-reaper'
    interval = 3600

    def __init__(self, conf):
        super().__init__(conf)
        self.concurrency = options.integer(conf, 'concurrency', 25, 1)
        self.delay = options.number(conf, 'delay_reaping', 0, 0)
        self.warn_after = options.number(conf, 'reap_warn_after', self.delay + 2592000, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.ring = self.cluster.ring('account')
        self.stats = {}

    def run_once(self, devices=None):
        """One pass; over some devices (names) when given."""
        began = time.time()
        self.stats = {'objects': 0, 'containers': 0, 'objects_remaining': 0, 'containers_remaining': 0}
        for device in local_devices(self.ring, self.conf, 6202, replication=False):
            if device['device'] in self.devices.names() and (not devices or device['device'] in devices):
                self._sweep(device)
        LOG.info('account reaping took %.2f s: %s', time.time() - began, self.stats)

    def _sweep(self, device):
        for _, path in places.databases(self.devices, device['device'], 'account'):
            try:
                self._look(device, path)
            except (DatabaseMissing, DatabaseCorrupt, LockTimeout) as error:
                LOG.warning('%s: not reaped: %s', path, error)
            except Exception:
                LOG.exception('%s: not reaped', path)

    def _look(self, device, path):
        broker = AccountBroker(path)
        if not concurrency.in_thread(broker.is_status_deleted):
            return
        nodes = self.ring.get_nodes(broker.account)[1]
        share = next((index for index, node in enumerate(nodes) if node['id'] == device['id']), None)
        if share is not None and not concurrency.in_thread(broker.empty):
            self.reap_account(broker, nodes, share)

    def reap_account(self, broker, nodes, share):
        """Delete what a deleted account has, of our share of its containers; whether nothing of that is left."""
        info = concurrency.in_thread(broker.get_info)
        age = time.time() - float(Timestamp(info['delete_timestamp']))
        if age <= self.delay:
            return False
        LOG.info('account %s was deleted: emptying it', info['account'])
        left_before = self.stats['containers_remaining']
        pool = concurrency.Pool(self.concurrency)
        marker = ''
        while True:
            query = listing.Query(limit=_PAGE, marker=marker, reserved=True)
            names = [row[0] for row in concurrency.in_thread(broker.list_containers, query)]
            for name in names:
                if _share_of(name, len(nodes)) == share:
                    pool.spawn_n(self._reap_container, info['account'], nodes, name)
            if len(names) < _PAGE:
                break
            marker = names[-1]
        pool.waitall()
        done = self.stats['containers_remaining'] == left_before
        if not done and age > self.warn_after:
            LOG.warning('account %s was deleted %d s ago and is still not empty', info['account'], age)
        return done

    def _reap_container(self, account, account_nodes, container):
        try:
            self.reap_container(account, account_nodes, container)
        except Exception:
            self.stats['containers_remaining'] += 1
            LOG.exception('%s/%s: not reaped', account, container)

    def reap_container(self, account, account_nodes, container):
        """Delete the objects of a container, then the container."""
        part, nodes = self.cluster.ring('container').get_nodes(account, container)
        pool = concurrency.Pool(self.concurrency)
        for policy, name in self._objects(account, container, part, nodes):
            pool.spawn_n(self._reap_object, account, container, part, nodes, policy, name)
        pool.waitall()
        account_part = self.ring.get_part(account)
        named = {'X-Timestamp': Timestamp.now().internal, 'X-Account-Partition': str(account_part),
                 'X-Account-Override-Deleted': 'yes', 'User-Agent': 'account-reaper'}
        good = 0
        for index, node in enumerate(nodes):
            # Each container server tells its account server; with fewer of one than the other some tell two, or none.
            told = account_nodes[index::len(nodes)]
            each = {**named, 'X-Account-Host': ','.join(f'{one["ip"]}:{one["port"]}' for one in told),
                    'X-Account-Device': ','.join(one['device'] for one in told)} if told else named
            answer = self._ask(node, 'DELETE', backend.path(node['device'], part, account, container), each)
            good += answer is not None and (answer.status // 100 == 2 or answer.status == 404)
        self.stats['containers' if good > len(nodes) // 2 else 'containers_remaining'] += 1

    def _objects(self, account, container, part, nodes):
        """(policy index, name) of every object of a container, by whichever server answers."""
        marker = ''
        while True:
            answer = self._listing(account, container, part, nodes, marker)
            if answer is None:
                return
            names = [item['name'] for item in json.loads(answer.body or b'[]')]
            policy = int(answer.headers.get('X-Backend-Storage-Policy-Index', 0))
            for name in names:
                yield policy, name
            if not names:
                return
            marker = names[-1]

    def _listing(self, account, container, part, nodes, marker):
        for node in nodes:
            answer = self._ask(node, 'GET', backend.path(node['device'], part, account, container),
                               {'User-Agent': 'account-reaper', 'X-Backend-Allow-Reserved-Names': 'true'},
                               f'format=json&limit={_PAGE}&marker={quote(marker)}')
            if answer is not None and answer.status // 100 == 2:
                return answer
        return None

    def _reap_object(self, account, container, container_part, container_nodes, policy, name):
        if self.cluster.policies.by_index(policy) is None:
            LOG.error('%s/%s/%s has the unknown policy %s: not reaped', account, container, name, policy)
            self.stats['objects_remaining'] += 1
            return
        part, nodes = self.cluster.ring('object', policy).get_nodes(account, container, name)
        stamp, good = Timestamp.now().internal, 0
        for index, node in enumerate(nodes):
            told = container_nodes[index % len(container_nodes)]
            named = {'X-Timestamp': stamp, 'X-Container-Host': f'{told["ip"]}:{told["port"]}',
                     'X-Container-Partition': str(container_part), 'X-Container-Device': told['device'],
                     'X-Backend-Storage-Policy-Index': str(policy), 'User-Agent': 'account-reaper'}
            answer = self._ask(node, 'DELETE', backend.path(node['device'], part, account, container, name), named)
            good += answer is not None and (answer.status // 100 == 2 or answer.status == 404)
        self.stats['objects' if good > len(nodes) // 2 else 'objects_remaining'] += 1

    def _ask(self, node, method, target, named, query=''):
        try:
            return backend.request(node, method, target, named, query=query, timeout=self.node_timeout,
                                   conn_timeout=self.conn_timeout)
        except BackendError as error:
            LOG.warning('%s %s: %s', method, target, error)
            return None


def _share_of(container, count):
    """Which of `count` primaries empties a container."""
    return int(hashlib.md5(container.encode(), usedforsecurity=False).hexdigest(), 16) % count
