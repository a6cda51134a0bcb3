"""Forks nova-all processes from one that has imported everything: hundreds of starts in a test take no time.

Reads lines of JSON on standard input: {'argv': [...], 'log': path, 'failpoints': text}; answers with the child's pid.
The children are what `nova-all` is, in every other respect.
"""
import json
import os
import signal
import sys

from essex import concurrency

concurrency.patch()

from essex import failpoint  # noqa: E402
from essex.cloud import processes  # noqa: E402
from nova.cmd import launch  # noqa: E402


class _Child:
    """What essex.cloud.processes.fork runs."""

    name, module, function = 'nova-all', 'tests.functional.nova_zygote', 'main'

    def __init__(self, order):
        self.arguments = (json.dumps(order),)


def main(arguments):
    """In the child."""
    order = json.loads(arguments[0])
    failpoint._POINTS = failpoint._parse(order.get('failpoints') or '')
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    from nova.cmd import all as nova_all
    nova_all.main(order['argv'])


def serve():
    """Until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)   # the kernel reaps
    launch.daemons(['scheduler', 'compute', 'network', 'volume'])
    os.set_blocking(0, True)
    while True:
        line = concurrency.original('os').read(0, 65536)
        if not line:
            return
        order = json.loads(line)
        print(processes.fork(_Child(order), order['log']), flush=True)


if __name__ == '__main__':
    serve()
    sys.exit(0)
