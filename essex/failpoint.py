"""Places where a test can make a process die, as kill -9 would, or wait.

    ESSEX_FAILPOINTS='boot.disk.after=kill,delete.network.during=kill'

Nothing happens unless the variable is set when the process starts.
"""
import os
import signal

from essex import concurrency


def _parse(text):
    return dict(item.split('=', 1) for item in text.split(',') if '=' in item)


_POINTS = _parse(os.environ.get('ESSEX_FAILPOINTS', ''))


def read():
    """Look at the variable again, in a process that was forked with another environment."""
    _POINTS.clear()
    _POINTS.update(_parse(os.environ.get('ESSEX_FAILPOINTS', '')))


def reach(name):
    """Do what is configured for the point `name`: `kill`, `raise`, or a number of seconds to wait."""
    if not _POINTS or name not in _POINTS:
        return
    action = _POINTS[name]
    if action == 'kill':
        os.kill(os.getpid(), signal.SIGKILL)
    if action == 'raise':
        raise RuntimeError(f'failpoint {name}')
    concurrency.sleep(float(action))
