"""What is known of this host: daemons, queues, databases and stores, from the status files of its processes."""
import datetime
import glob
import os
import time

import essex
from essex.operator import broker
from essex.vitals import errors, status_file

# Several dashboards ask as often as one.
_KEPT_SECONDS = 0.5
# The kernel walks over all pages of a process to tell its memory: milliseconds for each.
_MEMORY_SECONDS = 15


class Host:
    """The host whose daemons keep their status files in `directory`. `name` is what it is called in the cloud."""

    def __init__(self, name, directory):
        self.name, self.directory = name, directory
        self._seen, self._asked = None, 0
        self._memory, self._weighed = {}, 0

    def describe(self):
        """The answer of GET /v1/hosts/self, less than a second old."""
        if self._seen is None or time.monotonic() - self._asked > _KEPT_SECONDS:
            self._seen = self._describe()
            self._asked = time.monotonic()
        return self._seen

    def _describe(self):
        if time.monotonic() - self._weighed > _MEMORY_SECONDS:
            self._memory, self._weighed = {}, time.monotonic()
        now, processes = time.time(), status_file.processes(self.directory, self._weigh)
        daemons = [_daemon(process, each, now) for process in processes for each in process['daemons']]
        return {'host': self.name, 'time': timestamp(now), 'version': essex.__version__, 'daemons': daemons,
                'broker': broker.describe(processes), 'databases': _databases(processes),
                'stores': _stores(processes)}

    def _weigh(self, pid):
        if pid not in self._memory:
            self._memory[pid] = status_file.pss_mb(pid)
        return self._memory[pid]

    def errors_of(self, name):
        """The last warnings and errors of a daemon, newest first; None when no daemon is called so."""
        known, found = False, []
        processes = {process['name']: process for process in status_file.processes(self.directory, self._weigh)}
        for path in glob.glob(os.path.join(glob.escape(self.directory), '*.errors')):
            process = processes.get(os.path.basename(path).removesuffix('.errors'), {})
            names = {each['name'] for each in process.get('daemons', ())}
            known = known or name in names
            for record in errors.read(path):
                # What belongs to none of a process's daemons belongs to all.
                if record['daemon'] == name or (name in names and record['daemon'] not in names):
                    found.append({**record, 'time': timestamp(record['time'])})
        known = known or any(each['name'] == name for process in processes.values() for each in process['daemons'])
        if not known and not found:
            return None
        return sorted(found, key=lambda each: each['time'], reverse=True)[:errors.KEPT]


def timestamp(seconds):
    """Epoch seconds as 2026-11-28T10:00:00.000Z; None for None."""
    if seconds is None:
        return None
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def _daemon(process, daemon, now):
    counters = process.get('counters', {}).get(daemon['name'], {})
    return {'name': daemon['name'], 'process': process['name'], 'service': process.get('service'),
            'state': status_file.state_of(process, daemon, now), 'addresses': daemon['addresses'],
            'since': timestamp(process['started']), 'pid': process['pid'], 'version': process.get('version'),
            'memory_mb': round(process['pss_mb'], 1) if process['pss_mb'] else None,
            'heartbeat_age': round(max(0, now - process['heartbeat']), 1),
            'heartbeat_interval': process.get('interval'), 'deaths': process.get('deaths', 0),
            'died_at': timestamp(process.get('died')), 'http': counters.get('http'), 'rpc': counters.get('rpc'),
            'step': counters.get('step')}


def _facts(processes, name):
    """(process, fact) of each process that tells `name` and knows it."""
    for process in processes:
        fact = process.get('facts', {}).get(name)
        if fact:
            yield process, fact


def _databases(processes):
    """One a service: its processes on this host use the same one."""
    found = {}
    for process, fact in _facts(processes, 'database'):
        known = 'unknown' not in fact
        if known or process['service'] not in found:
            found[process['service']] = {'service': process['service'], 'known': known, **(fact if known else {})}
    return list(found.values())


def _stores(processes):
    """Stores of images and devices of object storage, once each."""
    found = {}
    for kind in ('stores', 'devices'):
        for process, fact in _facts(processes, kind):
            for each in fact if isinstance(fact, list) else ():
                found[process['service'], kind, each['name']] = {
                    'service': process['service'], 'kind': 'device', 'default': False, 'read_only': False, **each}
    return list(found.values())
