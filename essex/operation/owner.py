"""Names of those who run operations, from which another process of the same host can tell that they are dead."""
import os
import uuid

from essex.config import CONF


def new(name):
    """A name for a runner of this process: daemon@host#namespace.pid.start.random."""
    return f'{_prefix(name)}{_namespace()}.{os.getpid()}.{_start_time(os.getpid())}.{uuid.uuid4().hex[:8]}'


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
    return parts[2] != _start_time(parts[1])


def _prefix(name):
    return f'{name}@{CONF.host}#'


def _namespace():
    return str(os.stat('/proc/self/ns/pid').st_ino)


def _start_time(pid):
    """When a process began, in ticks since the machine did; '' when there is none. Process ids come again."""
    try:
        with open(f'/proc/{int(pid)}/stat', encoding='latin-1') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except (OSError, ValueError, IndexError):
        return ''
    # A zombie has ended; its parent has only not asked yet.
    return '' if fields[0] in 'ZX' else fields[19]
