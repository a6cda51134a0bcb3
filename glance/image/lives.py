"""Which processes of this host still live: each holds a lock on a file of its own, which dies with it.

The kernel lets go of the lock however the process ends, so a look at the file tells the living from the dead
exactly and at once, where a heartbeat could only guess.
"""
import contextlib
import fcntl
import os
import uuid

from essex import config

_mine = {}


def mine():
    """The id of this process's life. A forked child has another one than its parent."""
    life = _mine.get(os.getpid())
    if life is None:
        _mine.clear()
        life = str(uuid.uuid4())
        # Kept open for as long as the process lives: closing the file would drop the lock.
        lock = open(_path(life), 'w')   # noqa: SIM115
        fcntl.flock(lock, fcntl.LOCK_EX)
        _mine[os.getpid()] = life
        _mine['lock'] = lock
    return life


def is_dead(life):
    """Whether the process of this life is gone. Also tidies up the file it left."""
    if life == _mine.get(os.getpid()):
        return False
    path = _path(life)
    try:
        with open(path, 'r+') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return True


def _path(life):
    return config.state_file('lives', life)
