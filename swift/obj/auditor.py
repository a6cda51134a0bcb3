"""The object auditor: reads what is on the disks, before somebody needs it, and takes out of sight what is broken.

Two passes run beside each other: ALL reads every byte and compares its MD5; ZBF (zero byte fast) looks only whether
sizes and metadata agree, which finds what a crash of the file system has left. A quarantined object's suffix is noted
as changed, and replication brings a good copy.
"""
import contextlib
import logging
import random
import time

from essex import concurrency
from swift import conf as options
from swift import recon_cache
from swift.daemon import Daemon
from swift.exceptions import SwiftError
from swift.obj import diskfile, fragments, layout, leftovers
from swift.obj.errors import Expired, NotExist, Quarantined
from swift.pace import Pace

LOG = logging.getLogger(__name__)


class ObjectAuditor(Daemon):
    """Options: files_per_second (20), bytes_per_second (10000000), zero_byte_files_per_second (50; 0: no such pass),
    concurrency (devices at once, 1), interval (30 seconds between passes), log_time (3600 seconds between figures),
    disk_chunk_size, recon_cache_path, object_size_stats (sizes, "1024, 65536": how many objects up to each are counted
    and logged); zero_byte_fps (this pass alone) and override_devices of the command line.
    """

    section = 'object-auditor'
    interval = 30

    def __init__(self, conf):
        super().__init__(conf)
        # The reserve and threads are for servers: what is read here may be on a full disk.
        self.manager = diskfile.Manager(conf, self.cluster)
        self.files_per_second = options.number(conf, 'files_per_second', 20, 0)
        self.bytes_per_second = options.number(conf, 'bytes_per_second', 10000000, 0)
        self.zero_byte_fps = options.number(conf, 'zero_byte_files_per_second', 50, 0)
        self.zero_byte_only = options.number(conf, 'zero_byte_fps', 0, 0)
        self.concurrency = options.integer(conf, 'concurrency', 1, 1)
        self.log_time = options.number(conf, 'log_time', 3600, 0)
        self.chunk = options.integer(conf, 'disk_chunk_size', 65536, 1)
        self.sizes = sorted({options.integer({'object_size_stats': each}, 'object_size_stats', 0, 0)
                             for each in options.words(conf, 'object_size_stats')})
        self.recon_directory = conf.get('recon_cache_path', '/var/cache/swift')
        self.only = options.words(conf, 'override_devices')

    def run_once(self):
        """Both passes over every device, one after the other. Returns their figures: {'ALL': {...}, 'ZBF': {...}}."""
        if self.zero_byte_only:
            return {'ZBF': self.audit('ZBF', self.zero_byte_only, 0)}
        figures = {}
        if self.zero_byte_fps:
            figures['ZBF'] = self.audit('ZBF', self.zero_byte_fps, 0)
        return {**figures, 'ALL': self.audit('ALL', self.files_per_second, self.bytes_per_second)}

    def run_forever(self):
        """The passes beside each other: the fast one comes round often, whatever the other takes."""
        passes = [('ALL', self.files_per_second, self.bytes_per_second)] if not self.zero_byte_only else []
        fast = self.zero_byte_only or self.zero_byte_fps
        if fast:
            passes.append(('ZBF', fast, 0))
        for thread in [concurrency.spawn(self._forever, *each) for each in passes]:
            thread.wait()

    def _forever(self, mode, files_per_second, bytes_per_second):
        while True:
            try:
                self.audit(mode, files_per_second, bytes_per_second)
            except Exception:
                LOG.exception('%s: a pass failed (%s)', self.section, mode)
            concurrency.sleep(max(0.1, self.interval))

    def audit(self, mode, files_per_second, bytes_per_second):
        """One pass. Returns {'audited', 'passes', 'quarantined', 'errors', 'bytes_processed', 'time'}."""
        began = time.time()
        found = _Figures(self, mode, began)
        rates = Pace(files_per_second), Pace(bytes_per_second)
        names = [name for name in self.devices.names() if not self.only or name in self.only]
        random.shuffle(names)
        pool = concurrency.Pool(self.concurrency)
        for device in names:
            pool.spawn(self._audit_device, device, mode, rates, found)
        pool.waitall()
        found.report(time.time(), over=True)
        return found.totals

    def _audit_device(self, device, mode, rates, found):
        try:
            for policy in self.cluster.policies:
                for file in self._files(device, policy):
                    self._audit_file(file, mode, rates, found)
            if mode == 'ALL':
                self.manager.run(device, leftovers.settle_quietly, self.manager, device)
        except (OSError, SwiftError):
            found.count('errors')
            LOG.exception('%s: %s cannot be audited to its end', self.section, device)

    def _files(self, device, policy):
        """Yield the DiskFile of every object directory of a policy on a device."""
        top = layout.objects_path(self.devices.path(device), policy)
        for partition in self._list(device, top):
            if not partition.isdecimal():
                continue
            for suffix in filter(layout.is_suffix, self._list(device, f'{top}/{partition}')):
                for name_hash in filter(layout.is_hash, self._list(device, f'{top}/{partition}/{suffix}')):
                    file = self.manager.from_hash(device, partition, name_hash, policy)
                    yield from self.manager.run(device, list, fragments.each(file)) if policy.code else (file,)

    def _list(self, device, path):
        return self.manager.run(device, layout.listed, path)

    def _audit_file(self, file, mode, rates, found):
        rates[0].wait()
        try:
            self._check(file, mode, rates[1], found)
            found.count('audited')
        except Quarantined:
            found.count('quarantined')
        except Expired:
            found.count('audited')
        except NotExist:
            return
        except (OSError, SwiftError) as error:
            found.count('errors')
            LOG.error('%s: %s cannot be read: %s', self.section, file.path, error)
        finally:
            found.report(time.time())

    def _check(self, file, mode, rate, found):
        run = self.manager.run
        opened = run(file.device, _open, file)
        found.size(opened.size)
        try:
            while mode == 'ALL' or not opened.size:
                data = run(file.device, opened.read, self.chunk)
                if not data:
                    break
                rate.wait(len(data))
                found.count('bytes_processed', len(data))
            if mode == 'ALL' and file.policy.code:
                run(file.device, fragments.check_headers, opened)
        finally:
            run(file.device, _close, opened)


def _open(file):
    opened = file.open(expired=True)
    # Its directory is named by its name: otherwise nobody would find it there.
    wanted = file.manager.cluster.hash_path(*file.name[1:].split('/', 2))
    if wanted != file.hash:
        opened.close()
        raise file.quarantine(f'{file.name} belongs to {wanted}')
    return opened


def _close(opened):
    with contextlib.suppress(OSError):
        # Audited is not used: the page cache is for what clients read.
        opened.drop_cache()
    opened.close()



class _Figures:
    """Counts of a pass: totals, and since the last report, which go to the log and to recon."""

    def __init__(self, auditor, mode, began):
        self._auditor, self._mode, self._began, self._reported = auditor, mode, began, began
        self.totals = dict.fromkeys(('audited', 'passes', 'quarantined', 'errors', 'bytes_processed'), 0)
        self._before = dict(self.totals)
        self.sizes = dict.fromkeys((*auditor.sizes, 'OVER'), 0) if auditor.sizes else {}

    def count(self, what, number=1):
        self.totals[what] += number
        if what == 'audited':
            self.totals['passes'] += 1

    def size(self, size):
        """Count an object by its size."""
        if self._auditor.sizes:
            limit = next((each for each in self._auditor.sizes if size <= each), 'OVER')
            self.sizes[limit] = self.sizes.get(limit, 0) + 1

    def report(self, now, over=False):
        """Tell of the figures when log_time has passed, and at the end."""
        if not over and now - self._reported < self._auditor.log_time:
            return
        recent = {name: value - self._before[name] for name, value in self.totals.items()}
        seconds = max(now - self._reported, 0.001)
        LOG.info('Object audit (%s): since %s: passed %d, quarantined %d, errors %d, files/sec %.2f, bytes/sec %.2f, '
                 'total time %.2f', self._mode, time.ctime(self._reported), recent['passes'], recent['quarantined'],
                 recent['errors'], recent['audited'] / seconds, recent['bytes_processed'] / seconds, now - self._began)
        if over and self.sizes:
            LOG.info('Object audit (%s): sizes up to: %s', self._mode, self.sizes)
        kept = {**recent, 'start_time': self._reported, 'audit_time': now - self._began}
        self._before, self._reported, self.totals['time'] = dict(self.totals), now, now - self._began
        with contextlib.suppress(OSError):
            recon_cache.dump(self._auditor.recon_directory, 'object', {f'object_auditor_stats_{self._mode}': kept})
