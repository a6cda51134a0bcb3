"""Telling accounts of a container that was put or deleted. Best effort: the container-updater repairs."""
import logging

from swift import backend
from swift import conf as options
from swift.db.server import Refused, quoted_path
from swift.exceptions import BackendError

LOG = logging.getLogger(__name__)


class AccountUpdater:
    """Sends the row of a container to the account servers a request names. Options: node_timeout, conn_timeout."""

    def __init__(self, conf):
        self._timeout = options.number(conf, 'node_timeout', 3, 0)
        self._conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0)

    def update(self, request, place, info):
        """Tell them; True when all of them say that there is no such account. Refuses uneven headers with 400."""
        nodes = _nodes(request)
        partition = request.headers.get('X-Account-Partition', '')
        if not partition or not nodes:
            return False
        missing = [self._tell(node, partition, place, _headers(request, info)) == 404 for node in nodes]
        return all(missing)

    def _tell(self, node, partition, place, named):
        target = backend.path(node['device'], partition, place.account, place.container)
        try:
            answer = backend.request(node, 'PUT', target, named, timeout=self._timeout,
                                     conn_timeout=self._conn_timeout)
        except BackendError as error:
            LOG.warning('account update failed, will be made up for: %s', error)
            return None
        if answer.status != 404 and not 200 <= answer.status < 300:
            LOG.warning('account update of %s at %s:%s/%s: status %d, will be made up for', target, node['ip'],
                        node['port'], node['device'], answer.status)
        return answer.status


def _nodes(request):
    hosts = _words(request, 'X-Account-Host')
    devices = _words(request, 'X-Account-Device')
    if len(hosts) != len(devices):
        raise Refused(400, 'X-Account-Host and X-Account-Device do not match')
    nodes = []
    for host, device in zip(hosts, devices):
        ip, _, port = host.rpartition(':')
        if not ip or not port.isdecimal():
            raise Refused(400, 'Invalid X-Account-Host')
        nodes.append({'ip': ip.strip('[]'), 'port': int(port), 'device': device})
    return nodes


def _words(request, name):
    return [word.strip() for word in request.headers.get(name, '').split(',') if word.strip()]


def _headers(request, info):
    named = {'X-Put-Timestamp': info['put_timestamp'], 'X-Delete-Timestamp': info['delete_timestamp'],
             'X-Object-Count': info['object_count'], 'X-Bytes-Used': info['bytes_used'],
             'X-Backend-Storage-Policy-Index': info['storage_policy_index'],
             'X-Trans-Id': request.headers.get('X-Trans-Id', '-'), 'User-Agent': 'container-server',
             'Referer': f'{request.method} {quoted_path(request)}'}
    if request.headers.get('X-Account-Override-Deleted', 'no').lower() == 'yes':
        named['X-Account-Override-Deleted'] = 'yes'
    return named
