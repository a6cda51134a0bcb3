"""A background daemon: `run_once` does one pass over this node's devices, tests and operators call it directly."""
import logging
import time

from essex import concurrency
from swift import cluster
from swift import conf as options
from swift.devices import Devices

LOG = logging.getLogger(__name__)


class Daemon:
    """Subclasses set `section` (their name, and that of their section in the configuration) and define run_once."""

    section = None
    interval = 30

    def __init__(self, conf):
        self.conf = conf
        self.interval = options.number(conf, 'interval', type(self).interval, 0)
        self.cluster = cluster.load(conf.get('swift_dir', '/etc/swift'))
        self.devices = Devices(conf)

    def run_once(self):
        """One pass. What goes wrong with one item is logged and does not end it."""
        raise TypeError(f'{type(self).__name__} has no run_once()')

    def run_forever(self):
        """Passes until the process ends, one every `interval` seconds or as fast as they go."""
        while True:
            began = time.monotonic()
            try:
                self.run_once()
            except Exception:
                LOG.exception('%s: a pass failed', self.section)
            concurrency.sleep(max(0.1, self.interval - (time.monotonic() - began)))
