"""Auditing databases: each is read whole, and one that is broken is quarantined for replication to bring another."""
import logging
import time

from essex import concurrency
from swift import conf as options
from swift import recon_cache
from swift.daemon import Daemon
from swift.db import places
from swift.db.errors import DatabaseCorrupt, DatabaseMissing
from swift.exceptions import SwiftError

LOG = logging.getLogger(__name__)

_REPORT = 3600      # seconds between two log lines about a pass that takes long


class DatabaseAuditor(Daemon):
    """Options: interval, {account,container}s_per_second, recon_cache_path."""

    broker_class = None
    interval = 1800

    def __init__(self, conf):
        super().__init__(conf)
        self.kind = self.broker_class.kind
        self._pause = 1 / options.number(conf, f'{self.kind}s_per_second', 200, 0.001)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        self._begin()

    def _begin(self):
        self.passes = self.failures = 0
        self._reported = time.time()

    def run_once(self, devices=None):
        """One pass; over some devices (names) when given."""
        began = time.time()
        self._begin()
        total, bad = 0, 0
        for device in self.devices.names():
            if devices and device not in devices:
                continue
            for _, path in places.databases(self.devices, device, self.kind):
                good = self._audit(path)
                total, bad = total + 1, bad + (not good)
                self._report_at(_REPORT)
                concurrency.sleep(self._pause if concurrency.patched() else 0)
        self._report_at(0)
        took = time.time() - began
        LOG.info('%s: %d databases in %.1f s, %d bad', self.section, total, took, bad)
        self._dump({f'{self.kind}_auditor_pass_completed': took})

    def _audit(self, path):
        try:
            good = concurrency.in_thread(check, self.broker_class(path))
        except DatabaseMissing:
            # Quarantined, or gone since we saw it.
            good = False
        except SwiftError as error:
            LOG.error('%s cannot be audited: %s', path, error)
            good = False
        self.passes += good
        self.failures += not good
        return good

    def _report_at(self, age):
        if time.time() - self._reported < age:
            return
        self._dump({f'{self.kind}_audits_since': self._reported, f'{self.kind}_audits_passed': self.passes,
                    f'{self.kind}_audits_failed': self.failures})
        self._begin()

    def _dump(self, values):
        try:
            recon_cache.dump(self.recon_path, self.kind, values)
        except OSError as error:
            LOG.warning('the figures for recon cannot be written: %s', error)


def check(broker):
    """Read a database whole; True when it is in order. One that is not is quarantined (then DatabaseCorrupt)."""
    with broker.connection() as opened:
        problem = opened.execute('PRAGMA integrity_check(1)').fetchone()[0]
        if problem != 'ok':
            raise DatabaseCorrupt(f'{broker.path}: {problem}')
    problem = broker.inconsistency()
    if problem:
        LOG.error('%s: %s', broker.path, problem)
    return not problem
