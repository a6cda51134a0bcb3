"""Whole databases to another node: a copy is made here, sent into the peer's tmp, and put in place by a call."""
import contextlib
import os
import subprocess

from essex import concurrency
from swift import backend
from swift import conf as options
from swift.db import files
from swift.exceptions import BackendError, ConfigurationError

_PIECE = 1 << 18


class Transfer:
    """Options: sync_method (http, which needs nothing but the peer's server; or rsync), rsync_module, rsync_timeout,
    rsync_io_timeout, rsync_compress, node_timeout, conn_timeout.
    """

    def __init__(self, conf, kind):
        self.method = conf.get('sync_method', 'http')
        if self.method not in ('http', 'rsync'):
            raise ConfigurationError(f'sync_method = {self.method}: http or rsync')
        self._module = conf.get('rsync_module', '').rstrip('/') or f'{{replication_ip}}::{kind}'
        self._rsync_timeout = options.number(conf, 'rsync_timeout', 900, 1)
        self._io_timeout = options.integer(conf, 'rsync_io_timeout', 30, 1)
        self._compress = options.boolean(conf, 'rsync_compress', False)
        self._timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self._conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)

    def send(self, broker, node, partition, name):
        """Put a copy of the database as `name` into tmp of a node's device. Raises BackendError."""
        copy = os.path.join(files.temporary(broker.path), f'{name}.copy')
        try:
            concurrency.in_thread(_copy, broker, copy)
            if self.method == 'rsync':
                self._rsync(copy, node, name)
            else:
                self._post(copy, node, partition, broker, name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(copy)

    def _post(self, copy, node, partition, broker, name):
        target = backend.path(node['device'], partition, os.path.basename(broker.directory))
        with concurrency.in_thread(open, copy, 'rb') as file:
            headers = {'Content-Length': str(os.fstat(file.fileno()).st_size), 'X-Backend-Replicate-File': name,
                       'Content-Type': 'application/octet-stream', 'User-Agent': f'{broker.kind}-replicator'}
            # The peer syncs what it got before it answers.
            exchange = backend.Exchange(node, 'REPLICATE', target, headers, timeout=self._timeout * 6,
                                        conn_timeout=self._conn_timeout, replication=True)
            try:
                while piece := concurrency.in_thread(file.read, _PIECE):
                    exchange.send(piece)
                answer = exchange.response()
                answer.drain()
            except BaseException:
                exchange.close()
                raise
        if answer.status != 201:
            raise BackendError(node, 'sending a database', f'status {answer.status}')

    def _rsync(self, copy, node, name):
        ip = node.get('replication_ip') or node['ip']
        module = self._module.format(**{**node, 'replication_ip': f'[{ip}]' if ':' in ip else ip})
        command = ['rsync', '--quiet', '--no-motd', f'--timeout={self._io_timeout}',
                   f'--contimeout={self._io_timeout}', '--whole-file', *(['--compress'] if self._compress else []),
                   '--', copy, '/'.join((module, node['device'], 'tmp', name))]
        try:
            done = concurrency.in_thread(_run, command, self._rsync_timeout)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BackendError(node, 'rsync', error) from error
        if done.returncode:
            raise BackendError(node, 'rsync', done.stdout.decode(errors='replace')[-2000:])


def _run(command, timeout):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, check=False)


def _copy(broker, target):
    """A consistent copy, without the file being opened by anything but SQLite."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(target)
    broker.commit_pending()
    with broker.connection() as opened:
        opened.execute('VACUUM INTO ?', (target,))
