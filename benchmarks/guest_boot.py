#!/usr/bin/env python3
"""How soon a guest answers after power-on, and in how little memory: the image alone in QEMU, no cloud around it.

    tools/build-guest-image && .venv/bin/python benchmarks/guest_boot.py [--image DIR] [--runs 5] [--memory 128]
    .venv/bin/python benchmarks/guest_boot.py --smallest        # megabytes, down to where it no longer boots
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.functional import guest_machine  # noqa: E402

TICKS = os.sysconf('SC_CLK_TCK')


def processor_seconds(pid):
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def boot(image, key, tree, direct, memory, limit):
    """One boot from a fresh disk: seconds to each milestone, and the processor time it took."""
    metadata = guest_machine.Metadata(tree)
    with tempfile.TemporaryDirectory(prefix='guest-boot-') as directory:
        guest = guest_machine.Machine(directory, image, key, metadata, direct, memory)
        started = time.monotonic()
        guest.start()
        try:
            guest.wait_for('ssh up', limit)
            result = {'ssh_up': time.monotonic() - started, 'ssh_up_processor': processor_seconds(guest.process.pid)}
            guest.ssh('true')
            result['logged_in'] = time.monotonic() - started
            guest.wait_for('login:', limit)
            return result
        finally:
            guest.kill()
            metadata.close()


def smallest(image, key, tree, direct):
    """The least memory, in steps of 4 MB, in which it starts SSH and lets somebody in."""
    best = None
    for memory in range(128, 16, -4):
        try:
            boot(image, key, tree, direct, memory, 20)
        except AssertionError:
            return best
        best = memory
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--image', type=Path, default=ROOT / '.cache/guest/essex-tiny')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--memory', type=int, default=128)
    parser.add_argument('--smallest', action='store_true')
    arguments = parser.parse_args()
    arguments.image = arguments.image.resolve()
    with tempfile.TemporaryDirectory(prefix='guest-key-') as directory:
        key = Path(directory) / 'id'
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key], check=True)
        tree = {'meta-data/instance-id': 'i-1', 'meta-data/hostname': 'one', 'meta-data/public-keys/': '0=key',
                'meta-data/public-keys/0/openssh-key': key.with_suffix('.pub').read_text()}
        for name, direct in (('direct', True), ('disk', False)):
            if arguments.smallest:
                print(f'guest_{name}_smallest_memory {smallest(arguments.image, key, tree, direct)} MB', flush=True)
                continue
            runs = [boot(arguments.image, key, tree, direct, arguments.memory, 120) for _ in range(arguments.runs)]
            for what in runs[0]:
                values = [run[what] for run in runs]
                print(f'guest_{name}_{what} {statistics.median(values):.2f} s', flush=True)
                print(f'guest_{name}_{what}_best {min(values):.2f} s', flush=True)


if __name__ == '__main__':
    main()
