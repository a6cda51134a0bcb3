"""container-sync: brings what is put and deleted in a container to another one, perhaps of another cluster.

Every replica of a container's database has two points (ROWIDs). The first runs ahead: of the rows behind it this
replica has sent its own share. The second follows: the rows between the two are sent by every replica, so that what
one of them failed to do is done by the others.
"""
import http.client
import logging
import os
import ssl
import time
import uuid
from urllib.parse import quote, urlsplit

from essex import concurrency
from swift import conf as options
from swift.daemon import Daemon
from swift.db import places
from swift.db.container import ContainerBroker
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.exceptions import LockTimeout, SwiftError
from swift.headers import wsgi
from swift.local_devices import local_devices
from swift.middleware import copied, symlink
from swift.proxy import internal_client
from swift.proxy.internal_client import UnexpectedResponse
from swift.sync_realms import Realms, signature, target
from swift.timestamp import Timestamp, decode

LOG = logging.getLogger(__name__)
_PIECE = 65536
# Of an object's headers, those that the other cluster finds out for itself.
_LEFT_OUT = ('date', 'last-modified', 'x-trans-id', 'x-openstack-request-id', 'accept-ranges', 'content-location',
             'connection', 'etag', 'x-timestamp', 'content-length')
_ENCRYPTED = ('x-object-sysmeta-crypto-', 'x-object-transient-sysmeta-crypto-')


class SyncError(SwiftError):
    """A row cannot be brought over now."""


class ContainerSync(Daemon):
    """Options: interval, container_time (seconds a container may take), sync_proxy, allowed_sync_hosts,
    internal_client_conf_path, request_tries, conn_timeout, node_timeout.
    """

    section = 'container-sync'
    interval = 300

    def __init__(self, conf, client=None):
        super().__init__(conf)
        self.container_time = options.number(conf, 'container_time', 60, 0)
        self._hosts = options.words(conf, 'allowed_sync_hosts', '127.0.0.1')
        self._proxies = options.words(conf, 'sync_proxy')
        self._timeout = options.number(conf, 'node_timeout', 60, 0.1)
        self._connect_timeout = options.number(conf, 'conn_timeout', 5, 0.01)
        swift_dir = conf.get('swift_dir', '/etc/swift')
        self.realms = Realms(os.path.join(swift_dir, 'container-sync-realms.conf'))
        self._client = client
        self._turn = 0
        self.stats = {}

    @property
    def client(self):
        """Reads our own objects through a proxy pipeline in this process."""
        if self._client is None:
            self._client = internal_client.of_daemon(self.conf, 'Swift Container Sync')
        return self._client

    def run_once(self, devices=None):
        """One pass over the databases of this node's devices."""
        began = time.time()
        self.stats = dict.fromkeys(('containers', 'puts', 'deletes', 'skips', 'failures'), 0)
        local = {device['device']: device for device in local_devices(self.cluster.ring('container'), self.conf, 6201)}
        for name in self.devices.names():
            if name in local and (not devices or name in devices):
                for _, path in places.databases(self.devices, name, 'container'):
                    self._process(path, local[name])
        LOG.info('container sync: %.2f s, %s', time.time() - began, self.stats)

    def _process(self, path, device):
        try:
            self.process(path, device)
        except (DatabaseMissing, DatabaseCorrupt, LockTimeout) as error:
            self.stats['failures'] += 1
            LOG.warning('%s: not synchronised: %s', path, error)
        except Exception:
            self.stats['failures'] += 1
            LOG.exception('%s: not synchronised', path)

    def process(self, path, device):
        """Bring the rows of a database over, as far as the time for one container goes; `device` is of the ring."""
        broker = ContainerBroker(path)
        metadata = concurrency.in_thread(lambda: broker.metadata)
        sync_to, key = (_value(metadata, name) for name in ('X-Container-Sync-To', 'X-Container-Sync-Key'))
        if not sync_to or not key:
            return
        info = concurrency.in_thread(broker.get_info)
        if concurrency.in_thread(broker.is_deleted):
            return
        _, nodes = self.cluster.ring('container').get_nodes(info['account'], info['container'])
        ordinals = [number for number, node in enumerate(nodes) if node['id'] == device['id']]
        if not ordinals:
            return      # a handoff: the primaries have the rows, or will have them
        try:
            url, realm = target(sync_to, self._hosts, self.realms)
        except ValueError as error:
            self.stats['failures'] += 1
            LOG.error('%s/%s: %s', info['account'], info['container'], error)
            return
        self.stats['containers'] += 1
        Pass(self, broker, info, Remote(self, url, realm, key), ordinals[0], len(nodes)).run()

    def proxy(self):
        """The HTTP proxy to go through this time, or None."""
        self._turn += 1
        return self._proxies[self._turn % len(self._proxies)] if self._proxies else None

    def connect(self, url):
        """(http.client connection, prefix of the target) to a URL's host, over a proxy where one is set."""
        parsed, proxy = urlsplit(url), self.proxy()
        host, port = parsed.hostname, parsed.port
        kind, more = http.client.HTTPConnection, {'blocksize': _PIECE}
        if parsed.scheme == 'https':
            kind, more = http.client.HTTPSConnection, {**more, 'context': ssl.create_default_context()}
        if not proxy:
            return kind(host, port, timeout=self._timeout, **more), ''
        through = urlsplit(proxy)
        made = kind(through.hostname, through.port or 80, timeout=self._timeout, **more)
        if parsed.scheme == 'https':
            made.set_tunnel(host, port or 443)
            return made, ''
        return made, f'http://{parsed.netloc}'


class Pass:
    """One pass over the rows of a container, seen from the replica `ordinal` of `replicas`."""

    def __init__(self, daemon, broker, info, remote, ordinal, replicas):
        self._daemon, self._broker, self._info, self._remote = daemon, broker, info, remote
        self._ordinal, self._replicas = ordinal, replicas
        self._until = time.monotonic() + daemon.container_time

    def run(self):
        """Do it."""
        first = self._info['x_container_sync_point1']
        self._repeat(self._info['x_container_sync_point2'], first)
        self._advance(first)

    def _rows(self, point):
        while time.monotonic() < self._until:
            rows = concurrency.in_thread(self._broker.get_items_since, point, 100)
            if not rows:
                return
            for row in rows:
                if time.monotonic() >= self._until:
                    return
                yield row
                point = row['ROWID']

    def _repeat(self, point, end):
        """All rows up to where the first point is; the second stays before the first of them that fails."""
        failed_at = None
        for row in self._rows(point):
            if row['ROWID'] > end:
                break
            if not self._send(row) and failed_at is None:
                failed_at = point
            point = row['ROWID']
        reached = failed_at if failed_at is not None else point
        if reached != self._info['x_container_sync_point2']:
            concurrency.in_thread(self._broker.set_x_container_sync_points, None, reached)

    def _advance(self, point):
        """This replica's share of the newer rows; what fails is left for the repetition."""
        start = point
        for row in self._rows(point):
            digest = self._daemon.cluster.hash_path(self._info['account'], self._info['container'], row['name'])
            if int(digest[:8], 16) % self._replicas == self._ordinal:
                self._send(row)
            point = row['ROWID']
        if point != start:
            concurrency.in_thread(self._broker.set_x_container_sync_points, point, None)

    def _send(self, row):
        """Whether a row is over there now."""
        stats = self._daemon.stats
        try:
            if row['deleted']:
                self._remote.delete(row)
                stats['deletes'] += 1
            elif self._put(row):
                stats['puts'] += 1
            else:
                stats['skips'] += 1
            return True
        except (SyncError, UnexpectedResponse, SwiftError, OSError, http.client.HTTPException) as error:
            stats['failures'] += 1
            LOG.error('%s/%s/%s: not synchronised: %s', self._info['account'], self._info['container'], row['name'],
                      error)
            return False

    def _put(self, row):
        """Bring an object over; False when what is there is as new."""
        newest = decode(row['created_at'])[2]
        if self._remote.has(row, newest):
            return False
        client = self._daemon.client
        path = client.make_path(self._info['account'], self._info['container'], row['name'])
        found = client.make_request('GET', path, {
            'X-Newest': 'true', 'X-Backend-Storage-Policy-Index': str(row['storage_policy_index'])}, (2, 404),
            query='symlink=get&multipart-manifest=get')
        try:
            stamp = Timestamp(found.headers.get('X-Backend-Timestamp') or found.headers.get('X-Timestamp') or 0)
            if found.status_int == 404:
                if stamp > newest:
                    return False        # deleted since: that has a row of its own
                raise SyncError('404: the object is not where its row says')
            if stamp < newest:
                raise SyncError('what is found is older than its row')
            if any(name.lower().startswith(_ENCRYPTED) for name in found.headers):
                # Over there nobody could read it.
                raise SyncError('it is encrypted: internal-client.conf needs keymaster and encryption in its pipeline')
            self._remote.put(row, found, stamp)
            return True
        finally:
            copied.close_body(found)


class Remote:
    """The container at the other end."""

    def __init__(self, daemon, url, realm, key):
        self._daemon, self._url, self._realm, self._key = daemon, url, realm, key

    def _request(self, method, row, timestamp, headers=None, body=None):
        """(status, headers) of the answer."""
        url = f'{self._url}/{quote(row["name"])}'
        path = urlsplit(url).path
        made = {**(headers or {}), 'X-Timestamp': timestamp.internal, 'User-Agent': 'container-sync',
                **self._authority(method, path, timestamp.internal)}
        connection, prefix = self._daemon.connect(url)
        try:
            connection.request(method, prefix + path, body=body, headers=made)
            answered = connection.getresponse()
            answered.read(_PIECE)
            return answered.status, answered.headers
        finally:
            connection.close()

    def _authority(self, method, path, timestamp):
        if not self._realm:
            return {'X-Container-Sync-Key': self._key}
        keys = self._daemon.realms.keys(self._realm)
        nonce = uuid.uuid4().hex
        signed = signature(method, path, timestamp, nonce, keys[0], self._key)
        return {'X-Container-Sync-Auth': f'{self._realm} {nonce} {signed}'}

    def has(self, row, timestamp):
        """Whether the object there is as new. Asking is cheaper than sending."""
        status, headers = self._request('HEAD', row, timestamp)
        if status // 100 != 2:
            return False
        try:
            return Timestamp(headers.get('X-Timestamp') or 0) >= timestamp
        except ValueError:
            return False

    def put(self, row, found, timestamp):
        """Send an object (a webob.Response)."""
        headers = {name: value for name, value in found.headers.items() if _goes_over(name.lower())}
        headers.update((shown, found.headers[stored]) for stored, shown in symlink.SHOWN if stored in found.headers)
        etag = found.headers.get('Etag', '').strip('"')
        headers.update({'Etag': etag, 'Content-Length': str(found.content_length)})
        status, _ = self._request('PUT', row, timestamp, headers, copied.Input(found))
        self._check(status, (201, 202))

    def delete(self, row):
        """Delete an object."""
        status, _ = self._request('DELETE', row, decode(row['created_at'])[0])
        # 409: what is there is newer.
        self._check(status, (200, 202, 204, 404, 409))

    @staticmethod
    def _check(status, fine):
        if status in fine:
            return
        reason = {401: 'the other container refuses our key', 404: 'the other container is not there'}.get(status, '')
        raise SyncError(f'{status}: {reason}' if reason else f'answered {status}')


def _goes_over(name):
    return name not in _LEFT_OUT and not name.startswith(('x-backend-', 'x-object-sysmeta-'))


def _value(metadata, name):
    for key, (value, _) in metadata.items():
        if key.lower() == name.lower():
            return wsgi(value) if not value.isascii() else value
    return ''
