"""The relinker: on every device, objects are linked to their next partitions, or removed from their former ones.

How far it got is in `relink.objects[-N].json` of each device, so that it may be interrupted: {"part_power",
"next_part_power", "state": {partition: whether it is done}}.
"""
import concurrent.futures
import contextlib
import fcntl
import json
import logging
import os
import time

from swift import conf as options
from swift import recon_cache
from swift.exceptions import DriveNotMounted, SwiftError
from swift.obj import increase, layout, partition
from swift.obj.diskfile import Manager
from swift.pace import Pace

LOG = logging.getLogger(__name__)
DONE, FAILED, NOTHING = 0, 1, 2     # what `run` returns: exit codes of the command


class Relinker:
    """Options: devices, mount_check, files_per_second (of each device, 0: no limit), workers (devices at once, auto:
    all), stats_interval (seconds), recon_cache_path.
    """

    def __init__(self, conf, cluster):
        self.cluster = cluster
        self.manager = Manager(conf, cluster)
        self._rate = options.number(conf, 'files_per_second', 0, 0)
        wanted = str(conf.get('workers', 'auto')).strip().lower()
        self._workers = None if wanted == 'auto' else max(1, options.integer(conf, 'workers', 1, 0))
        self._interval = options.number(conf, 'stats_interval', 300, 0)
        self._recon = conf.get('recon_cache_path', '/var/cache/swift')

    def relink(self, **only):
        """Link objects to the partitions of a prepared ring. See `run`."""
        return self.run('relink', **only)

    def cleanup(self, **only):
        """Remove what is not in its partition: the former places after an increase, the next ones after it was
        cancelled. See `run`.
        """
        return self.run('cleanup', **only)

    def run(self, action, policies=(), devices=(), partitions=()):
        """Work on all, or on some policies (indexes), devices (names), partitions (ints). DONE, FAILED or NOTHING."""
        jobs = []
        for policy in self.cluster.policies:
            ring = self.cluster.ring('object', policy)
            power, following = ring.part_power, ring.next_part_power
            if policies and policy.idx not in policies or following is None or (
                    following - power) != (action == 'relink'):
                continue
            jobs += [(policy, device) for device in self.manager.devices.names() if not devices or device in devices]
            LOG.info('%s: %s, part power %d, next %d', action, policy.name, power, following)
        if not jobs:
            LOG.warning('No policy is at that step of a change of its part power, or no device was found.')
            return NOTHING
        with concurrent.futures.ThreadPoolExecutor(self._workers or len(jobs)) as pool:
            results = list(pool.map(lambda job: self._device(action, *job, set(partitions)), jobs))
        return FAILED if any(results) else DONE

    def _device(self, action, policy, device, partitions):
        """Work on one device; the number of errors."""
        work = _Work(self, action, policy, device)
        try:
            with work.locked():
                work.run(partitions)
        except (OSError, SwiftError) as error:
            LOG.error('%s: %s', device, error)
            work.stats['errors'] += 1
        work.report(final=True)
        return work.stats['errors']

    def tell(self, device, figures):
        """For /recon/relinker."""
        with contextlib.suppress(OSError):
            recon_cache.dump(self._recon, 'relinker', {'devices': {device: figures}})


class _Work:
    """A policy's objects on one device."""

    def __init__(self, relinker, action, policy, device):
        self._relinker, self._action, self._policy, self._device = relinker, action, policy, device
        self._manager = relinker.manager
        ring = relinker.cluster.ring('object', policy)
        self._power, self._next = ring.part_power, ring.next_part_power
        self._pace = Pace(relinker._rate, sleep=time.sleep)
        self._device_path = self._manager.devices.path(device)
        self._base = f'{self._device_path}/relink.{policy.suffixed("objects")}'
        self.stats = {'parts_done': 0, 'total_parts': 0, 'hash_dirs': 0, 'linked': 0, 'removed': 0, 'errors': 0}
        self._began = self._told = time.time()

    @contextlib.contextmanager
    def locked(self):
        """Be the only one at it. Raises DriveNotMounted when another one is."""
        with open(f'{self._base}.lock', 'w', encoding='utf-8') as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DriveNotMounted(f'{self._base}.lock: another relinker is at it') from None
            yield

    def run(self, partitions):
        """All partitions that are there, highest first: those that are made on the way are not looked at."""
        top = layout.objects_path(self._device_path, self._policy)
        parts = sorted((int(name) for name in layout.listed(top) if name.isascii() and name.isdecimal()
                        and (not partitions or int(name) in partitions)), reverse=True)
        state = self._read()
        self.stats['total_parts'] = len(parts)
        for part in parts:
            if not state.get(str(part)):
                before = self.stats['errors']
                self._partition(top, part)
                state[str(part)] = self.stats['errors'] == before
                self._write(state)
            self.stats['parts_done'] += 1
            self.report()

    def _partition(self, top, part):
        misplaced = []
        for found in partition.walk(f'{top}/{part}'):
            home = increase.partition_of(found.hash, self._power)
            if not found.names or (home == part) != (self._action == 'relink'):
                continue
            self._pace.wait()
            self.stats['hash_dirs'] += 1
            file = self._file(part, found.hash)
            try:
                if self._action == 'relink':
                    twin = self._file(increase.partition_of(found.hash, self._next), found.hash)
                    self.stats['linked'] += increase.link(file, twin) if twin.path != file.path else 0
                else:
                    misplaced.append((file, self._file(home, found.hash)))
            except (OSError, SwiftError) as error:
                self._failed(file.path, error)
        if self._action == 'cleanup':
            self._remove(f'{top}/{part}', misplaced)

    def _file(self, part, name_hash):
        return self._manager.from_hash(self._device, str(part), name_hash, self._policy)

    def _remove(self, path, misplaced):
        try:
            if misplaced:
                removed, linked = increase.give_up(misplaced)
                self.stats['removed'] += removed
                self.stats['linked'] += linked
                if removed < len(misplaced):
                    self._failed(path, f'{len(misplaced) - removed} objects have changed meanwhile: run it again')
            else:
                # Emptied before, or never more than its hashes.
                partition.remove(path, {})
        except (OSError, SwiftError) as error:
            self._failed(path, error)

    def _failed(self, path, error):
        self.stats['errors'] += 1
        LOG.error('%s: %s', path, error)

    def _read(self):
        try:
            with open(f'{self._base}.json', encoding='utf-8') as file:
                found = json.load(file)
            if (found['part_power'], found['next_part_power']) == (self._power, self._next):
                return dict(found['state'])
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError) as error:
            LOG.warning('%s.json is of no use (%s): begun anew', self._base, error)
        return {}

    def _write(self, state):
        with open(f'{self._base}.json.new', 'w', encoding='utf-8') as file:
            json.dump({'part_power': self._power, 'next_part_power': self._next, 'state': state}, file)
        os.replace(f'{self._base}.json.new', f'{self._base}.json')

    def report(self, final=False):
        """Log and leave for recon how far it is, each stats_interval or at the end."""
        now = time.time()
        if final or now - self._told >= self._relinker._interval:
            self._told = now
            LOG.info('%s %s of %s: %s in %.0f s', self._device, self._action, self._policy.name, self.stats,
                     now - self._began)
            self._relinker.tell(self._device, {
                'timestamp': now, 'start_time': self._began, 'total_time': now - self._began,
                'policies': {str(self._policy.idx): {**self.stats, 'step': self._action, 'part_power': self._power,
                                                     'next_part_power': self._next}}})
