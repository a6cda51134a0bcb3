"""Keeps the one-host cloud's libvirtd running: a process that ends when libvirtd does, and has it when it starts.

The supervisor starts it again like any other; guests and libvirtd go on when it stops.
"""
import logging
import os

from essex import concurrency
from essex.cloud.libvirtd import PrivateLibvirtd

LOG = logging.getLogger(__name__)


def main(arguments):
    """Have the libvirtd of the directory `arguments[0]`, return when it is gone."""
    libvirtd = PrivateLibvirtd(arguments[0])
    libvirtd.start()
    pid = libvirtd.pid()
    if pid is None:
        return
    LOG.info('libvirtd runs, pid %d', pid)
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    # Readable when the process has ended.
    concurrency.TrampolineFile(descriptor).wait_readable()
    LOG.error('libvirtd, pid %d, is gone', pid)
