"""What swift-ring-builder prints: the ring at a glance, its devices, dispersion, moves to come. Lines of text."""
import datetime
import os
from collections import Counter

from swift.exceptions import ConfigurationError
from swift.ring import ring_file
from swift.ring.search import host

_UNITS = ('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')


def overview(name, builder, ring_path):
    """The lines above the devices."""
    devices = builder.present()
    regions = {each['region'] for each in devices}
    zones = {(each['region'], each['zone']) for each in devices}
    left = datetime.timedelta(seconds=builder.min_part_seconds_left())
    lines = [f'{name}, build version {builder.version}, id {builder.id}',
             f'{builder.parts} partitions, {builder.replicas:.6f} replicas, {len(regions)} regions, '
             f'{len(zones)} zones, {len(devices) - len(builder.removed)} devices, {builder.balance():.2f} balance, '
             f'{builder.dispersion:.2f} dispersion',
             'The minimum number of hours before a partition can be reassigned is '
             f'{builder.min_part_hours} ({left} remaining)',
             f'The overload factor is {builder.overload:.2%} ({builder.overload:.6f})']
    if builder.next_part_power is not None:
        lines.append(f'Next partition power is {builder.next_part_power}' +
                     ('' if builder.next_part_power != builder.part_power else ': increased, to be finished'))
    return [*lines, *_ring_state(builder, ring_path)]


def _ring_state(builder, ring_path):
    if not os.path.exists(ring_path):
        return [f'Ring file {ring_path} not found, probably it hasn\'t been written yet']
    try:
        current = ring_file.read(ring_path).version == builder.version
    except ConfigurationError as error:
        return [f'Ring file {ring_path} is invalid: {error}']
    return [f'Ring file {ring_path} is {"up-to-date" if current else "obsolete"}']


def devices(builder, chosen=None):
    """The table of devices, all or the chosen."""
    balances = builder.balances()
    gone = {each['id'] for each in builder.removed}
    listed = sorted(builder.present() if chosen is None else chosen,
                    key=lambda each: (each['region'], each['zone'], each['ip'], each['device']))
    rows = [('id', 'region', 'zone', 'ip address:port', 'replication ip:port', 'name', 'weight', 'partitions',
             'balance', 'flags', 'meta')]
    rows += [(str(each['id']), str(each['region']), str(each['zone']), host(each), host(each, 'replication_'),
              each['device'], f'{each["weight"]:.2f}', str(each['parts']), f'{balances[each["id"]]:.2f}',
              'DEL' if each['id'] in gone else '', each['meta']) for each in listed]
    lines = table(rows, left={10})
    return [f'Devices: {lines[0]}', *(f'         {line}' for line in lines[1:])]


def table(rows, left=()):
    """Rows of texts in columns, to the right; those in `left` to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [' '.join(text.ljust(width) if column in left else text.rjust(width)
                     for column, (text, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def tier_name(key, builder):
    """`r1`, `r1z2`, `r1z2-10.0.0.1`, `r1z2-10.0.0.1/sdb1`."""
    name = f'r{key[0]}' + ''.join(f'z{zone}' for zone in key[1:2]) + ''.join(f'-{ip}' for ip in key[2:3])
    return name + ''.join(f'/{builder.devs[number]["device"]}' for number in key[3:4])


def dispersion(builder, tree, pattern=None):
    """The table of tiers: partitions in each, percent with too many replicas, and how many have 0, 1, 2 ... there."""
    head = ['Tier', 'Parts', '%', 'Max', *(str(number) for number in range(len(builder.rows) + 1))]
    rows = [head]
    for tier in sorted(tree.tiers, key=lambda each: tuple(map(str, each.key))):
        counts = builder.graph.get(tier.key)
        name = tier_name(tier.key, builder) if tier.key else ''
        if counts is None or not name or (pattern and not pattern.search(name)):
            continue
        held = sum(number * count for number, count in enumerate(counts))
        close = 100.0 * sum(counts[tier.most + 1:]) / builder.parts
        rows.append([name, str(held), f'{close:.2f}', str(tier.most), *map(str, counts)])
    lines = table([[each.rjust(5) if column else each for column, each in enumerate(row)] for row in rows], left={0})
    rule = '-' * max(map(len, lines))
    return [rule, lines[0], rule, *lines[1:]]


def moves(before, after, moved, size=None):
    """What a rebalance will move: per device its partitions before and after, what comes and what goes.

    before, after: RingBuilders; moved: the Counter that rebalance() gave; size: bytes in the cluster, if known.
    """
    had = {each['id']: each['parts'] for each in before.present()}
    comes, goes = Counter(), Counter()
    for (source, device), count in moved.items():
        comes[device] += count
        goes[source] += count
    names = {each['id']: each for each in [*before.present(), *after.present()]}
    has = {each['id']: each['parts'] for each in after.present()}
    everything = sum(len(row) for row in after.rows)
    rows = [['id', 'device', 'before', 'after', 'comes', 'goes', 'share of data before', 'after']]
    for number, device in sorted(names.items()):
        rows.append([str(number), f'{host(device)}/{device["device"]}', str(had.get(number, 0)),
                     str(has.get(number, 0)), str(comes[number]), str(goes[number]),
                     _share(had.get(number, 0), everything, size), _share(has.get(number, 0), everything, size)])
    total = sum(moved.values())
    copied = sum(count for (source, _), count in moved.items() if source is not None)
    return [*table(rows, left={1}), '',
            f'{total} replicas of partitions would be placed anew: {_share(total, everything, size)} of the data; '
            f'{copied} leave a device, {total - copied} have none now.']


def _share(parts, everything, size):
    share = parts / everything if everything else 0.0
    return f'{share:.2%}' if size is None else f'{share:.2%} ({in_bytes(share * size)})'


def in_bytes(number):
    """`1.5 TiB`."""
    for unit in _UNITS:
        if number < 1024 or unit == _UNITS[-1]:
            return f'{number:.1f} {unit}'
        number /= 1024
