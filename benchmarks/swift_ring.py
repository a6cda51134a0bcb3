"""Rebalances of large rings: seconds, balance, dispersion, and how much moved beside how much had to.

    python benchmarks/swift_ring.py [--power 14 --devices 64] [--power 18 --devices 256]

Each ring has 3 replicas over 4 zones of servers with 8 devices; then a server is added, a device fails, and a
quarter as many devices come in a new zone. Reads (get_nodes, stand-ins, loading the file) follow. Prints a table.
"""
import argparse
import os
import resource
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from swift.ring.builder import RingBuilder
from swift.ring.ring import Ring

_ROW = '{:<34} {:>8} {:>9} {:>10} {:>9} {:>11}'


def add_server(builder, zone, ip, devices=8):
    """Add a server's devices."""
    for number in range(devices):
        builder.add_dev({'region': 1, 'zone': zone, 'ip': ip, 'port': 6200, 'device': f'sd{number}', 'weight': 100})


def timed(name, builder, must):
    """Rebalance and print a line; `must`: replicas that have to move, or None."""
    builder.pretend_min_part_hours_passed()
    start = time.perf_counter()
    moved = sum(builder.rebalance('benchmark').values())
    seconds = time.perf_counter() - start
    builder.validate()
    print(_ROW.format(name, f'{seconds:.2f}', moved, '' if must is None else round(must), f'{builder.balance():.2f} %',
                      f'{builder.dispersion:.2f} %'))


def rebalances(power, count):
    """A ring's life."""
    builder = RingBuilder(power, 3, 1)
    for server in range(count // 8):
        add_server(builder, server % 4, f'10.0.{server % 4}.{server // 4}')
    everything = 3 << power
    label = f'2^{power}, {count} devices'
    timed(f'{label}: new', builder, everything)
    add_server(builder, 0, '10.0.0.200')
    timed(f'{label}: a server more', builder, everything * 8 / (count + 8))
    builder.remove_dev(5)
    timed(f'{label}: a device fails', builder, builder.devs[5]['parts'])
    for server in range(count // 32):
        add_server(builder, 9, f'10.0.9.{server}')
    new = sum(each['weight'] for each in builder.present() if each['zone'] == 9)
    timed(f'{label}: a zone more', builder, everything * new / sum(each['weight'] for each in builder.present()))
    timed(f'{label}: nothing to do', builder, 0)
    return builder


def reads(builder):
    """What servers do with the ring."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'object.ring.gz')
        builder.save_ring(path)
        start = time.perf_counter()
        ring = Ring(path)
        print(f'loading the file: {(time.perf_counter() - start) * 1000:.0f} ms, {os.path.getsize(path)} bytes')
    for name, call in (('get_part_nodes', ring.get_part_nodes), ('first stand-in', lambda part: next(
            ring.get_more_nodes(part)))):
        start = time.perf_counter()
        for part in range(10000):
            call(part)
        print(f'{name}: {(time.perf_counter() - start) * 100:.1f} us')


def main():
    """Entry point."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--power', type=int, action='append')
    options.add_argument('--devices', type=int, action='append')
    args = options.parse_args()
    print(_ROW.format('rebalance', 'seconds', 'moved', 'had to', 'balance', 'dispersion'))
    for power, count in zip(args.power or [14, 18], args.devices or [64, 256]):
        builder = rebalances(power, count)
    reads(builder)
    print(f'peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB')


if __name__ == '__main__':
    main()
