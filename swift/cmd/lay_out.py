"""The devices and rings of a one-host cluster, made where they are missing: 3 replicas over 4 directories.

    python -m swift.cmd.lay_out SWIFT_DIR DEVICES --account-port=6202 --container-port=6201 --object-port=6200
"""
import argparse
import os

from swift.ring import builder_file
from swift.ring.builder import RingBuilder

# 1024 partitions: enough for a cluster that grows a hundredfold, and few enough directories for one disk.
_PART_POWER, _REPLICAS, _MIN_PART_HOURS = 10, 3, 1
_ADDRESS = '127.0.0.1'


def main(argv=None):
    """Run with the arguments of a command line."""
    parser = argparse.ArgumentParser(prog='lay_out', description=__doc__.partition('\n')[0])
    parser.add_argument('swift_dir')
    parser.add_argument('devices', help='directory of the devices')
    parser.add_argument('--count', type=int, default=4, help='how many')
    for kind in ('account', 'container', 'object'):
        parser.add_argument(f'--{kind}-port', required=True, type=int)
    args = parser.parse_args(argv)
    names = [f'd{number}' for number in range(1, args.count + 1)]
    for name in names:
        os.makedirs(os.path.join(args.devices, name), mode=0o700, exist_ok=True)
    for kind in ('account', 'container', 'object'):
        path = os.path.join(args.swift_dir, f'{kind}.builder')
        port = getattr(args, f'{kind}_port')
        if os.path.exists(path):
            _move(path, port)
        else:
            _make(path, port, names)


def _make(path, port, names):
    made = RingBuilder(_PART_POWER, _REPLICAS, _MIN_PART_HOURS)
    for zone, name in enumerate(names, 1):
        # A zone each: replicas of one object are on different devices.
        made.add_dev({'region': 1, 'zone': zone, 'ip': _ADDRESS, 'port': port, 'device': name, 'weight': 100.0})
    made.rebalance(seed=1)
    _write(path, made)


def _move(path, port):
    """Have the ring say that its devices are at another port, if they are (an operator may have changed it)."""
    found = builder_file.load(path)
    moved = [each for each in found.present() if each['ip'] == _ADDRESS and each['port'] != port]
    for each in moved:
        found.update_dev(each['id'], port=port, replication_port=port)
    if moved:
        _write(path, found)


def _write(path, made):
    builder_file.save(path, made)
    made.save_ring(f'{path.removesuffix(".builder")}.ring.gz')


if __name__ == '__main__':
    main()
