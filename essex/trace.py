"""Spans of a request across HTTP and RPC hops: one JSON line each, found again by `essex trace ID`.

A span has: request (the request id), parent request (`global`, the id the caller sent), id, parent, daemon,
host, name, start (epoch seconds), ms, sql (statements run in it, if any), and what the code adds (status, error ...).
"""
import contextvars
import logging
import os
import random
import re
import time

import orjson
from oslo_config import cfg

from essex import config, context

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.StrOpt('directory', help='Where spans are kept. Nothing is recorded when unset.'),
    cfg.IntOpt('max_megabytes', default=16, min=1, help='Size at which a process begins a new file; one old is kept.'),
]
CONF = config.register(OPTS, 'trace')

# Identity's second API has them in addresses, and addresses are in messages.
_TOKEN = re.compile(r'(/tokens/)[^/?\s]+')
_span = contextvars.ContextVar('essex_span', default=None)
_daemon = contextvars.ContextVar('essex_daemon', default=None)
_process_daemon = 'unknown'
_file = _opened = None
_left = 0     # bytes until the file is full


def name_process(daemon):
    """Name the daemon that spans of this process belong to unless `daemon_scope` says otherwise."""
    global _process_daemon
    _process_daemon = daemon


class daemon_scope:  # noqa: N801 - a `with` statement reads like a call
    """Attribute the spans inside to `daemon`: several daemons may share a process."""

    __slots__ = ('_token', 'daemon')

    def __init__(self, daemon):
        self.daemon = daemon

    def __enter__(self):
        self._token = _daemon.set(self.daemon)

    def __exit__(self, *failure):
        _daemon.reset(self._token)


def daemon_name():
    """The daemon the running code belongs to."""
    return _daemon.get() or _process_daemon


def span_id():
    """The id of the span the running code is in, to send along to the next hop; None outside any."""
    current = _span.get()
    return current and current.id


def count_sql():
    """A statement of SQL ran: it belongs to the innermost span."""
    current = _span.get()
    if current is not None:
        current.details['sql'] = current.details.get('sql', 0) + 1


class span:  # noqa: N801 - a `with` statement reads like a call
    """Record the time of the block as a span of the current request; `with` gives a dict to add details to.

    Costs nothing when no trace directory is configured or no request is current.
    """

    __slots__ = ('_began', '_clock', '_context', '_directory', '_name', '_parent', '_token', 'details', 'id')

    def __init__(self, name, parent=None, **details):
        self._name, self._parent, self.details = name, parent, details

    def __enter__(self):
        self._context, self._directory = context.current(), CONF.trace.directory
        if self._context is not None and self._directory is not None:
            self.id = f'{random.getrandbits(64):016x}'
            self._token = _span.set(self)
            self._began, self._clock = time.time(), time.perf_counter()
        return self.details

    def __exit__(self, kind, error, traceback):
        if self._context is None or self._directory is None:
            return
        if error is not None:
            self.details.setdefault('error', _TOKEN.sub(r'\1***', f'{kind.__name__}: {error}')[:500])
        _span.reset(self._token)
        _write(self._directory, {
            'request': self._context.request_id, 'global': self._context.global_request_id, 'id': self.id,
            'parent': self._parent or span_id(), 'daemon': daemon_name(), 'host': CONF.host, 'name': self._name,
            'start': self._began, 'ms': round((time.perf_counter() - self._clock) * 1000, 3), **self.details})


def _write(directory, record):
    global _left
    try:
        file = _current_file(directory)
        _left -= file.write(orjson.dumps(record, default=str) + b'\n')
        if _left < 0:
            file.close()
            os.replace(file.name, file.name + '.1')
    except OSError as error:
        # A full disk must not fail the request that is being traced.
        LOG.warning('cannot write trace: %s', error)


def _current_file(directory):
    """This process's file: a forked child or another directory gets a new one."""
    global _file, _left, _opened
    wanted = (os.getpid(), directory, _process_daemon)
    if _opened != wanted or _file.closed:
        os.makedirs(directory, exist_ok=True)
        path = os.path.join(directory, f'{_process_daemon}.jsonl')
        _file, _opened = open(path, 'ab', buffering=0), wanted  # noqa: SIM115 - stays open for the process's life
        _left = (CONF.trace.max_megabytes << 20) - _file.tell()
    return _file
