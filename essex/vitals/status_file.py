"""The sign of life of a process: a JSON file, rewritten every report_interval, removed at a clean stop.

Beside NAME.json lies NAME.errors, with the last warnings and errors of this process and of those before it.
"""
import contextlib
import glob
import os
import time

import orjson

import essex
from essex import vitals
from essex.vitals import counters, errors

# A daemon that misses this many is late. A busy machine lets one or two pass.
_MISSED = 6


class StatusFile:
    """That of this process. `directory` None: none is kept."""

    def __init__(self, directory, name, service, host, interval, daemons):
        self.path = os.path.join(directory, f'{name}.json') if directory else None
        self.ring = errors.Ring(os.path.join(directory, f'{name}.errors') if directory else None)
        self.daemons, started = daemons, time.time()
        before = _load(self.path) if self.path else None
        # One that is still there was left by a process that did not come to remove it.
        self._same = {'name': name, 'service': service, 'host': host, 'pid': os.getpid(),
                      'ticks': start_ticks(os.getpid()), 'started': started, 'interval': interval,
                      'version': essex.__version__, 'deaths': before.get('deaths', 0) + 1 if before else 0,
                      'died': before['heartbeat'] if before else None}

    def write(self):
        """Say that this process lives, and what it does."""
        if self.path is None:
            return
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        content = {**self._same, 'heartbeat': time.time(),
                   'daemons': [{'name': each.name, 'state': each.state, 'addresses': each.addresses}
                               for each in self.daemons],
                   'counters': counters.snapshot(), 'facts': vitals.facts()}
        temporary = f'{self.path}.{os.getpid()}'
        with open(temporary, 'wb') as file:
            file.write(orjson.dumps(content, default=str))
        os.replace(temporary, self.path)
        self.ring.write()

    def remove(self):
        """The process ends in order."""
        self.ring.write()
        self.ring.detach()
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def _load(path):
    try:
        with open(path, 'rb') as file:
            content = orjson.loads(file.read())
        return content if isinstance(content, dict) and 'heartbeat' in content else None
    except (OSError, orjson.JSONDecodeError):
        return None


def processes(directory, memory=None):
    """What the status files of a directory say: [{name, service, host, pid, started, heartbeat, interval, version,
    deaths, died, daemons: [{name, state, addresses}], counters, facts, alive, pss_mb}], by name.

    `started`, `heartbeat` and `died` are epoch seconds; pss_mb is what `memory(pid)` says (pss_mb below, unless given),
    None when it is not ours to know.
    """
    memory = memory or pss_mb
    found = []
    for path in sorted(glob.glob(os.path.join(glob.escape(str(directory)), '*.json'))):
        content = _load(path)
        if content is not None:   # None: removed meanwhile
            ticks = start_ticks(content['pid'])
            content['alive'] = bool(ticks) and content.get('ticks', ticks) == ticks
            content['pss_mb'] = memory(content['pid']) if content['alive'] else None
            found.append(content)
    return found


def state_of(process, daemon, now):
    """starting, up, stopping; `late` when the sign of life is overdue, `dead` when there is no such process."""
    if not process['alive']:
        return 'dead'
    return 'late' if now - process['heartbeat'] > _MISSED * process.get('interval', 5) else daemon['state']


def start_ticks(pid):
    """When a process began, in ticks since the machine did; '' when there is none. Process ids come again."""
    try:
        with open(f'/proc/{int(pid)}/stat', encoding='latin-1') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except (OSError, ValueError, IndexError):
        return ''
    # A zombie has ended; its parent has only not asked yet.
    return '' if fields[0] in 'ZX' else fields[19]


def pss_mb(pid):
    """Memory of a process in MiB, shared pages counted by share (PSS); None when it is gone or another user's."""
    try:
        with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as lines:
            for line in lines:
                if line.startswith('Pss:'):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None
