"""`essex status`: every daemon, its state, since when, address, heartbeat and memory."""
import json
import time

from essex.cloud import health
from essex.vitals.status_file import processes, pss_mb, state_of


def supervisor_pid(layout):
    """The pid of the running supervisor, or None."""
    try:
        pid = int(layout.pid.read_text())
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return pid if ') Z' not in file.read() else None
    except (OSError, ValueError):
        return None


def _pids(layout, supervisor):
    """Every process of the cloud: some, such as the one that watches libvirtd, have no status file."""
    found = {supervisor, *(process['pid'] for process in processes(layout.status))}
    try:
        with open(f'/proc/{supervisor}/task/{supervisor}/children', encoding='ascii') as children:
            found.update(map(int, children.read().split()))
    except OSError:
        pass   # a kernel without that file
    return found


def _endpoints(layout):
    """What the running processes serve."""
    return json.loads((layout.run / 'endpoints.json').read_text())


def age(seconds):
    """A duration in words: 5 s, 3 min, 2 h, 4 d."""
    for unit, size in (('d', 86400), ('h', 3600), ('min', 60)):
        if seconds >= 2 * size:
            return f'{int(seconds // size)} {unit}'
    return f'{int(seconds)} s'


def lines(layout, settings):
    """The table as text lines, and whether everything is well."""
    pid = supervisor_pid(layout)
    if pid is None:
        return ['The cloud is down. `essex up` starts it.'], False
    now, well, total = time.time(), True, sum(pss_mb(each) or 0 for each in _pids(layout, pid))
    rows = [('DAEMON', 'STATE', 'SINCE', 'ADDRESS', 'HEARTBEAT', 'PID', 'MEMORY')]
    for process in processes(layout.status):
        for index, daemon in enumerate(process['daemons']):
            state = state_of(process, daemon, now)
            well = well and state == 'up'
            memory = f'{process["pss_mb"]:.0f} MB' if process['pss_mb'] and index == 0 else '"' if index else '-'
            rows.append((daemon['name'], state, age(now - process['started']), ' '.join(daemon['addresses']) or '-',
                         f'{age(now - process["heartbeat"])} ago', str(process['pid']), memory))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text = ['  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    text.append(f'supervisor pid {pid}; all together {total:.0f} MB (PSS), guests not counted')
    for name in _endpoints(layout):
        trouble = health.check(settings, name)
        if trouble:
            well = False
            text.append(f'! {trouble}')
    return text, well
