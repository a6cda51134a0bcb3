"""GET /recon/*: figures of a storage server and its node as JSON, for swift-recon and whoever watches.

A figure nobody has left yet is null, never made up.
"""
import errno
import hashlib
import json
import os
import re
import time

from webob import Request, Response

import swift
from swift import recon_cache
from swift.devices import Devices
from swift.exceptions import DriveNotMounted

_RING = re.compile(r'(account|container|object)(-[0-9]+)?\.ring\.gz')
_PASS = ('replication_time', 'replication_stats', 'replication_last')
_AUDITOR = {
    'account': ('account_audits_passed', 'account_auditor_pass_completed', 'account_audits_since',
                'account_audits_failed'),
    'container': ('container_audits_passed', 'container_auditor_pass_completed', 'container_audits_since',
                  'container_audits_failed'),
    'object': ('object_auditor_stats_ALL', 'object_auditor_stats_ZBF'),
}
# path below /recon -> (file, keys): what a daemon left in the cache.
CACHED = {
    'replication': ('object', ('object_replication_time',)),
    'replication/account': ('account', _PASS),
    'replication/container': ('container', _PASS),
    'replication/object': ('object', (*_PASS, 'object_replication_time', 'object_replication_last')),
    'reconstruction/object': ('object', ('object_reconstruction_time', 'object_reconstruction_last')),
    'updater/container': ('container', ('container_updater_sweep',)),
    'updater/object': ('object', ('object_updater_sweep',)),
    'expirer/object': ('object', ('object_expiration_pass', 'expired_last_pass')),
    'async': ('object', ('async_pending', 'async_pending_last')),
    'sharding': ('container', ('sharding_stats', 'sharding_time', 'sharding_last')),
    'relinker': ('relinker', ('devices', 'workers')),
    'driveaudit': ('drive', ('drive_audit_errors',)),
    **{f'auditor/{kind}': (kind, keys) for kind, keys in _AUDITOR.items()},
}


class Recon:
    """The filter. Options: recon_cache_path (/var/cache/swift), swift_dir, devices, mount_check."""

    def __init__(self, app, conf):
        self.app = app
        self.swift_dir = conf.get('swift_dir', '/etc/swift')
        self.cache = conf.get('recon_cache_path', '/var/cache/swift')
        self.devices = Devices({name: value for name, value in conf.items() if name != 'fallocate_reserve'})
        self._hashes = {}
        self._ask = {
            'mem': memory, 'load': load, 'sockstat': socket_stats, 'mounted': mounted, 'time': time.time,
            'version': lambda: {'version': swift.__version__}, 'unmounted': self.unmounted,
            'devices': self.device_names, 'diskusage': self.disk_usage, 'ringmd5': self.ring_md5,
            'swiftconfmd5': self.conf_md5, 'quarantined': self.quarantined,
        }

    def __call__(self, environ, start_response):
        if not environ.get('PATH_INFO', '').startswith('/recon/'):
            return self.app(environ, start_response)
        return self.respond(Request(environ))(environ, start_response)

    def respond(self, request):
        """The answer to a request below /recon/."""
        if request.method not in ('GET', 'HEAD'):
            return Response(status=405, text='Method Not Allowed', content_type='text/plain', allow='GET, HEAD')
        path = request.environ['PATH_INFO']
        name = path[len('/recon/'):].strip('/')
        if name in CACHED:
            kind, keys = CACHED[name]
            found = recon_cache.read(self.cache, kind)
            content = {key: found.get(key) for key in keys}
        elif name in self._ask:
            try:
                content = self._ask[name]()
            except OSError as error:
                return Response(status=500, text=f'Internal server error: {error.strerror}', content_type='text/plain')
        else:
            return Response(status=404, text=f'Invalid path: {path!a}', content_type='text/plain')
        return Response(body=json.dumps(content).encode(), content_type='application/json')

    def device_names(self):
        """{devices root: [names]}, mounted or not."""
        return {self.devices.root: self._names()}

    def _names(self):
        try:
            return sorted(name for name in os.listdir(self.devices.root)
                          if os.path.isdir(os.path.join(self.devices.root, name)))
        except FileNotFoundError:
            return []

    def unmounted(self):
        """[{device, mounted: false}], of those that should be mounted and are not."""
        return [each for each in (self._mount_state(name) for name in self._names()) if each['mounted'] is not True]

    def _mount_state(self, name):
        try:
            os.listdir(self.devices.path(name))
        except DriveNotMounted:
            return {'device': name, 'mounted': False}
        except OSError as error:
            return {'device': name, 'mounted': str(error)}
        return {'device': name, 'mounted': True}

    def disk_usage(self):
        """[{device, mounted, size, used, avail}] in bytes; '' where a device is not mounted."""
        return [self._usage(name) for name in self._names()]

    def _usage(self, name):
        state = self._mount_state(name)
        if state['mounted'] is not True:
            return {**state, 'size': '', 'used': '', 'avail': ''}
        usage = os.statvfs(os.path.join(self.devices.root, name))
        size, free = usage.f_blocks * usage.f_frsize, usage.f_bfree * usage.f_frsize
        return {**state, 'size': size, 'used': size - free, 'avail': usage.f_bavail * usage.f_frsize}

    def ring_md5(self):
        """{path of a ring file: its MD5}."""
        names = sorted(name for name in os.listdir(self.swift_dir) if _RING.fullmatch(name))
        return {path: self._md5(path) for path in (os.path.join(self.swift_dir, name) for name in names)}

    def conf_md5(self):
        """{path of swift.conf: its MD5}."""
        path = os.path.join(self.swift_dir, 'swift.conf')
        return {path: self._md5(path)}

    def _md5(self, path):
        found = os.stat(path)
        state = found.st_mtime_ns, found.st_size, found.st_ino
        known, digest = self._hashes.get(path, (None, None))
        if known != state:
            with open(path, 'rb') as file:
                digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
            self._hashes[path] = (state, digest)
        return digest

    def quarantined(self):
        """{accounts, containers, objects, policies: {index: {objects}}}: entries of each, over all devices."""
        found = {'accounts': 0, 'containers': 0, 'objects': 0, 'policies': {}}
        for name in self._names():
            root = os.path.join(self.devices.root, name, 'quarantined')
            for kind in _list(root):
                count = _entries(os.path.join(root, kind))
                if kind in ('accounts', 'containers'):
                    found[kind] += count
                elif kind == 'objects' or (kind.startswith('objects-') and kind[8:].isdecimal()):
                    index = kind[8:] or '0'
                    policy = found['policies'].setdefault(index, {'objects': 0})
                    policy['objects'] += count
                    found['objects'] += count
        return found


def _list(path):
    try:
        return os.listdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _entries(path):
    # A directory has two links and one more for each subdirectory; some file systems always say one.
    links = os.stat(path).st_nlink
    return links - 2 if links >= 2 else len(_list(path))


def memory():
    """/proc/meminfo as {name: '<number> kB'}."""
    with open('/proc/meminfo', encoding='ascii') as file:
        return {name.strip(): value.strip() for name, _, value in (line.partition(':') for line in file)}


def load():
    """/proc/loadavg: {1m, 5m, 15m, tasks, processes}."""
    with open('/proc/loadavg', encoding='ascii') as file:
        one, five, fifteen, tasks, last = file.read().split()
    return {'1m': float(one), '5m': float(five), '15m': float(fifteen), 'tasks': tasks, 'processes': int(last)}


def mounted():
    """[{device, path}] of all mounts."""
    with open('/proc/mounts', encoding='utf-8', errors='replace') as file:
        return [{'device': parts[0], 'path': parts[1]} for parts in map(str.split, file)]


def socket_stats():
    """Sockets in use: {tcp_in_use, orphan, time_wait, tcp_mem_allocated_bytes, tcp6_in_use}."""
    found = {}
    with open('/proc/net/sockstat', encoding='ascii') as file:
        for line in file:
            if line.startswith('TCP: inuse'):
                parts = line.split()
                values = dict(zip(parts[1::2], map(int, parts[2::2])))
                found.update(tcp_in_use=values['inuse'], orphan=values['orphan'], time_wait=values['tw'],
                             tcp_mem_allocated_bytes=values['mem'] * os.sysconf('SC_PAGESIZE'))
    try:
        with open('/proc/net/sockstat6', encoding='ascii') as file:
            for line in file:
                if line.startswith('TCP6: inuse'):
                    found['tcp6_in_use'] = int(line.split()[2])
    except OSError as error:
        # A kernel without IPv6.
        if error.errno != errno.ENOENT:
            raise
    return found


def filter_factory(global_conf, **local_conf):
    """Paste's factory."""
    conf = {**global_conf, **local_conf}
    return lambda app: Recon(app, conf)
