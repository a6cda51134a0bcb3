"""Telling container listings, and the queue of expiring objects, what became of an object.

An update is tried at once; what fails becomes a pending update on disk before the client hears of success.
"""
import logging
import os
from urllib.parse import quote

from essex import concurrency
from swift import backend, erasure, expiring, headers
from swift import conf as options
from swift.exceptions import BackendError, SwiftError
from swift.obj import async_pending

LOG = logging.getLogger(__name__)
_NO_BYTES = 'd41d8cd98f00b204e9800998ecf8427e'


class Update:
    """One change of one row: `op` PUT or DELETE of account/container/obj, with the headers the listing needs.

    `nodes` are the servers to tell now, dicts with ip, port and device; `partition` theirs.
    """

    def __init__(self, op, account, container, obj, values, partition=None, nodes=()):
        self.op, self.account, self.container, self.obj = op, account, container, obj
        self.headers, self.partition, self.nodes = values, partition, nodes

    @property
    def record(self):
        """The update as a pending one."""
        return {'op': self.op, 'account': self.account, 'container': self.container, 'obj': self.obj,
                'headers': self.headers}


def row(opened, more=None):
    """The headers (dict) a listing needs of an Opened; `more` are the request's own X-Backend-... overrides."""
    found = opened.metadata
    data = opened.data_metadata
    values = {'x-size': data.get(erasure.LENGTH, data['Content-Length']),
              'x-content-type': found.get('Content-Type', ''), 'x-etag': data.get(erasure.ETAG, data['ETag']),
              'x-timestamp': opened.data_timestamp.internal}
    if opened.content_type_timestamp != opened.data_timestamp:
        values['x-content-type-timestamp'] = opened.content_type_timestamp.internal
        values['x-content-type'] = _with_size(values['x-content-type'], data.get('Content-Type', ''))
    if opened.timestamp != opened.data_timestamp:
        values['x-meta-timestamp'] = opened.timestamp.internal
    return {**values, **(more or {}), **overrides(data)}


def _with_size(content_type, of_data):
    """What a POST says, with the size of a large object that its PUT said."""
    _, found, size = of_data.partition(';swift_bytes=')
    return f'{content_type}{found}{size}' if found and 'swift_bytes=' not in content_type else content_type


def overrides(metadata):
    """What an object's system metadata says its row should be instead."""
    found = {}
    for what in ('Etag', 'Size', 'Content-Type'):
        value = metadata.get(f'X-Object-Sysmeta-Container-Update-Override-{what}')
        if value is not None:
            found[f'x-{what.lower()}'] = value
    return found


def queue_row(timestamp):
    """The headers (dict) of an entry of the queue of expiring objects."""
    # The queue is kept as objects of policy 0, whatever those it names are.
    return {'x-size': '0', 'x-content-type': 'text/plain', 'x-etag': _NO_BYTES, 'x-timestamp': timestamp.internal,
            'X-Backend-Storage-Policy-Index': '0'}


def backend_overrides(request):
    """What the request says the row should be instead."""
    found = {}
    for what in ('Etag', 'Size', 'Content-Type'):
        value = (request.get(f'X-Backend-Container-Update-Override-{what}')
                 or request.get(f'X-Backend-Container-Update-{what}'))
        if value:
            found[f'x-{what.lower()}'] = value
    return found


class Updater:
    """Options: conn_timeout, node_timeout, container_update_timeout (seconds; what takes longer becomes pending)."""

    def __init__(self, conf, manager):
        self.manager = manager
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 3, 0)
        self.timeout = options.number(conf, 'container_update_timeout', 1.0, 0)
        self._agent = f'object-server {os.getpid()}'

    @staticmethod
    def wanted(request, expired_before):
        """Whether anybody has to be told of a change: a row of a listing or of the queue. Raises Refused 400."""
        return bool(request.get('X-Container-Partition') and request.listing or expired_before or request.delete_at)

    def of_container(self, request, op, values):
        """The Updates (one or none) of the object's own listing."""
        partition = request.get('X-Container-Partition')
        if not partition:
            return []
        nodes = _nodes(request.get('X-Container-Host', ''), request.get('X-Container-Device', ''))
        return [Update(op, *request.listing, request.obj, self._common(request, values), partition, nodes)]

    def of_expiry(self, request, before, after):
        """The Updates of the queue when X-Delete-At changes from `before` to `after` (seconds, 0 for none)."""
        made = []
        if request.replication:
            # Who took it from the client has seen to the queue.
            return made
        if after and after != before:
            partition = request.get('X-Delete-At-Partition')
            nodes = _nodes(request.get('X-Delete-At-Host', ''), request.get('X-Delete-At-Device', ''))
            values = queue_row(request.timestamp)
            container = request.get('X-Delete-At-Container')
            made.append(self._queued(request, 'PUT', after, values, container, partition, nodes))
        clean = headers.true_value(request.get('X-Backend-Clean-Expiring-Object-Queue', 'true'))
        if before and before != after and clean:
            made.append(self._queued(request, 'DELETE', before, {}, None, None, ()))
        return made

    def _queued(self, request, op, delete_at, values, container, partition, nodes):
        names = request.account, request.container, request.obj
        container = container or expiring.container(self.manager.cluster, delete_at, *names)
        values = self._common(request, {**values, 'x-timestamp': request.timestamp.internal})
        # The queue is kept as objects of policy 0, whatever those it names are.
        values['X-Backend-Storage-Policy-Index'] = '0'
        return Update(op, expiring.ACCOUNT, container, expiring.entry(delete_at, *names), values, partition, nodes)

    def _common(self, request, values):
        return {'X-Trans-Id': request.get('X-Trans-Id', '-'), 'User-Agent': self._agent,
                'X-Backend-Storage-Policy-Index': str(request.policy.idx),
                'Referer': f'{request.method} {quote(request.environ["PATH_INFO"], encoding="latin-1")}', **values}

    def finish(self, request, updates, writer):
        """Deliver updates of what a Writer has committed; those that cannot be become pending.

        Where not even that can be written, the file's first name stays and tells of it: see swift.obj.writer.
        """
        known = False
        try:
            self._tell(request, updates)
            known = True
        except (SwiftError, OSError) as error:
            LOG.error('%s/%s/%s: an update can be neither delivered nor kept yet: %s', request.account,
                      request.container, request.obj, error)
        finally:
            self.manager.pool(request.device).post(writer.told if known else writer.abandon)

    def _tell(self, request, updates):
        for update in updates:
            if not self._delivered(update):
                self.manager.run(request.device, self._keep, request, update)

    def _delivered(self, update):
        if not update.nodes or not update.partition:
            return False
        if len(update.nodes) == 1:
            return self._told(update, update.nodes[0])
        threads = [concurrency.spawn(self._told, update, node) for node in update.nodes]
        # Each is waited for, also when one has failed.
        told = [thread.wait() for thread in threads]
        return all(told)

    def _told(self, update, node):
        target = backend.path(node['device'], update.partition, update.account, update.container, update.obj)
        try:
            with concurrency.Timeout(self.timeout):
                answer = backend.request(node, update.op, target, update.headers,
                                         timeout=self.node_timeout, conn_timeout=self.conn_timeout)
        except (BackendError, concurrency.Timeout) as error:
            LOG.warning('%s %s/%s/%s: %s: the update stays pending', update.op, update.account, update.container,
                        update.obj, error)
            return False
        if 200 <= answer.status < 300:
            return True
        LOG.error('%s %s/%s/%s: %s:%s/%s answers %d: the update stays pending', update.op, update.account,
                  update.container, update.obj, node['ip'], node['port'], node['device'], answer.status)
        return False

    def _keep(self, request, update):
        name_hash = self.manager.cluster.hash_path(update.account, update.container, update.obj)
        async_pending.add(self.manager.devices.path(request.device), request.policy, name_hash, request.timestamp,
                          update.record)


def _nodes(hosts, devices):
    nodes = []
    for host, device in zip(hosts.split(','), devices.split(','), strict=False):
        ip, _, port = host.strip().rpartition(':')
        if ip and port.isdecimal() and device.strip():
            nodes.append({'ip': ip.strip('[]'), 'port': int(port), 'device': device.strip()})
    return tuple(nodes)
