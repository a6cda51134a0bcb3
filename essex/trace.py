"""Spans of a request across HTTP and RPC hops: one JSON line each, found again by `essex trace ID`.

A span has: request (the request id), parent request (`global`, the id the caller sent), id, parent, daemon,
host, name, start (epoch seconds), ms, sql (statements run in it, if any), and what the code adds (status, error ...).
"""
import contextlib
import contextvars
import logging
import os
import random
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

_span = contextvars.ContextVar('essex_span', default=None)
_details = contextvars.ContextVar('essex_span_details', default=None)
_daemon = contextvars.ContextVar('essex_daemon', default=None)
_process_daemon = 'unknown'
_file = _opened = None


def name_process(daemon):
    """Name the daemon that spans of this process belong to unless `daemon_scope` says otherwise."""
    global _process_daemon
    _process_daemon = daemon


@contextlib.contextmanager
def daemon_scope(daemon):
    """Attribute the spans inside to `daemon`: several daemons may share a process."""
    token = _daemon.set(daemon)
    try:
        yield
    finally:
        _daemon.reset(token)


def daemon_name():
    """The daemon the running code belongs to."""
    return _daemon.get() or _process_daemon


def span_id():
    """The id of the span the running code is in, to send along to the next hop; None outside any."""
    return _span.get()


def count_sql():
    """A statement of SQL ran: it belongs to the innermost span."""
    details = _details.get()
    if details is not None:
        details['sql'] = details.get('sql', 0) + 1


@contextlib.contextmanager
def span(name, parent=None, **details):
    """Record the time of the block as a span of the current request; yields a dict to add details to.

    Costs nothing when no trace directory is configured or no request is current.
    """
    current = context.current()
    if CONF.trace.directory is None or current is None:
        yield details
        return
    identity = f'{random.getrandbits(64):016x}'
    token, counted = _span.set(identity), _details.set(details)
    began, clock = time.time(), time.perf_counter()
    try:
        yield details
    except BaseException as error:
        details.setdefault('error', f'{type(error).__name__}: {error}'[:500])
        raise
    finally:
        _span.reset(token)
        _details.reset(counted)
        _write({'request': current.request_id, 'global': current.global_request_id, 'id': identity,
                'parent': parent or _span.get(), 'daemon': daemon_name(), 'host': CONF.host, 'name': name,
                'start': began, 'ms': round((time.perf_counter() - clock) * 1000, 3), **details})


def _write(record):
    try:
        file = _current_file()
        file.write(orjson.dumps(record, default=str) + b'\n')
        if file.tell() > CONF.trace.max_megabytes << 20:
            file.close()
            os.replace(file.name, file.name + '.1')
    except OSError as error:
        # A full disk must not fail the request that is being traced.
        LOG.warning('cannot write trace: %s', error)


def _current_file():
    """This process's file: a forked child or another directory gets a new one."""
    global _file, _opened
    wanted = (os.getpid(), CONF.trace.directory, _process_daemon)
    if _opened != wanted or _file.closed:
        os.makedirs(CONF.trace.directory, exist_ok=True)
        path = os.path.join(CONF.trace.directory, f'{_process_daemon}.jsonl')
        _file, _opened = open(path, 'ab', buffering=0), wanted  # noqa: SIM115 - stays open for the process's life
    return _file
