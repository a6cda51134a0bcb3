"""Forks Nova's programs from a process that has imported everything: hundreds of starts in a test take no time.

Reads lines of JSON on standard input: {'program': 'nova-all', 'argv': [...], 'log': path, 'failpoints': text}; answers
with the child's pid. The children are what the program in bin/ is, in every other respect.
"""
import importlib
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

    module, function = 'tests.functional.nova_zygote', 'main'

    def __init__(self, order):
        self.name = order['program']
        self.arguments = (json.dumps(order),)


def main(arguments):
    """In the child."""
    order = json.loads(arguments[0])
    failpoint._POINTS = failpoint._parse(order.get('failpoints') or '')
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    importlib.import_module(f'nova.cmd.{order["program"].removeprefix("nova-")}').main(order['argv'])


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
