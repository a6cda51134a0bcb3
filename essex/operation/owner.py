"""Names of those who run operations, from which another process of the same host can tell that they are dead."""
import os
import uuid

from essex.config import CONF
from essex.vitals.status_file import start_ticks


def new(name):
    """A name for a runner of this process: daemon@host#namespace.pid.start.random."""
    return f'{_prefix(name)}{_namespace()}.{os.getpid()}.{start_ticks(os.getpid())}.{uuid.uuid4().hex[:8]}'


def prefix(name):
    """What the names of all lives of daemon `name` on this host begin with."""
    return _prefix(name)


def is_dead(owner, name):
    """Whether `owner` was a process of daemon `name` on this host that is no more. False when that is unknown."""
    if not owner.startswith(_prefix(name)):
        return False
    parts = owner[len(_prefix(name)):].split('.')
    # A container of the same host name has process ids of its own.
    if len(parts) != 4 or parts[0] != _namespace():
        return False
    return parts[2] != start_ticks(parts[1])


def _prefix(name):
    return f'{name}@{CONF.host}#'


def _namespace():
    return str(os.stat('/proc/self/ns/pid').st_ino)
