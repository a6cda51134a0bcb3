"""swift-ring-builder: commands that make, show, rebalance and write. Each takes the path and its arguments."""
import argparse
import copy
import os
import re
import sys

from swift.ring import builder_file, ring_file, search
from swift.ring import show as text
from swift.ring.builder import BuilderError, RingBuilder
from swift.ring.picture import draw

WARNING = 1
_RULE = '-' * 79
_SIZES = {'': 1, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40, 'P': 1 << 50}


def parser(function, **more):
    """An argument parser that explains a command."""
    return argparse.ArgumentParser(prog=f'swift-ring-builder <builder_file> {function.__name__}',
                                   description=function.__doc__, allow_abbrev=False,
                                   formatter_class=argparse.RawDescriptionHelpFormatter, **more)


def ring_path(path):
    """`object.ring.gz` of `object.builder`."""
    return (path[:-len('.builder')] if path.endswith('.builder') else path) + '.ring.gz'


def search_options(options, weight=True):
    """The options that find devices, as search.parse gives them."""
    for name in ('id', 'region', 'zone', 'port', 'replication-port'):
        options.add_argument(f'--{name}', type=int, metavar='N')
    for name in ('ip', 'replication-ip'):
        options.add_argument(f'--{name}', type=search.address, metavar='ADDRESS')
    options.add_argument('--device', metavar='NAME')
    options.add_argument('--meta')
    if weight:
        options.add_argument('--weight', type=float)


def searched(args):
    """What search_options found, {name: value}."""
    names = ('id', 'region', 'zone', 'port', 'replication_port', 'ip', 'replication_ip', 'device', 'meta', 'weight')
    return {name: getattr(args, name) for name in names if getattr(args, name, None) is not None}


def create(path, argv):
    """Make a builder: partition power, replicas, hours between two moves of a partition.

    2^<part_power> partitions: about 100 for each device you will ever have. It can be doubled later, with care.
    A builder that is there already is kept in backups/.
    """
    options = parser(create)
    options.add_argument('part_power', type=int)
    options.add_argument('replicas', type=float)
    options.add_argument('min_part_hours', type=int)
    args = options.parse_intermixed_args(argv)
    builder = RingBuilder(args.part_power, args.replicas, args.min_part_hours)
    if os.path.exists(path):
        builder_file.backup(path)
    builder_file.save(path, builder)
    builder_file.backup(path)


def show(path, argv):
    """Show the ring and its devices."""
    parser(show).parse_intermixed_args(argv)
    builder = builder_file.load(path)
    print('\n'.join([*text.overview(path, builder, ring_path(path)), *text.devices(builder)]))


def find(builder, args):
    """The devices that search values and options name. Raises BuilderError when there is none."""
    wanted = [search.parse(each) for each in args.values] or [searched(args)]
    if not any(wanted):
        raise BuilderError('Which devices? Give a search value or options; --help explains both.')
    found = {device['id']: device for each in wanted for device in search.matching(builder, each)}
    if not found:
        raise BuilderError('No matching devices found')
    return list(found.values())


def search_devices(path, argv):
    """Show the devices that match."""
    options = parser(search_devices, epilog=search.HELP)
    options.add_argument('values', nargs='*', metavar='search-value')
    search_options(options)
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    print('\n'.join(text.devices(builder, find(builder, args))))


def list_parts(path, argv):
    """List the partitions that the devices which match keep, and how many of the devices do."""
    options = parser(list_parts, epilog=search.HELP)
    options.add_argument('values', nargs='*', metavar='search-value')
    search_options(options)
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    ids = {device['id'] for device in find(builder, args)}
    found = {}
    for row in builder.rows:
        for part, device in enumerate(row):
            if device in ids:
                found[part] = found.get(part, 0) + 1
    if not found:
        raise BuilderError('No matching partitions found')
    print('Partition   Matches')
    for part, count in sorted(found.items()):
        print(f'{part:9d}   {count:7d}')


def rebalance(path, argv):
    """Place partitions on devices after changes, and write the ring file.

    Moves no more than it must, and of each partition one replica at most; not before min_part_hours have passed
    since its last move, unless its device was removed. Look first with --dry-run.
    """
    options = parser(rebalance)
    options.add_argument('seed', nargs='?', help='the same seed gives the same ring')
    options.add_argument('--seed', dest='seed_option', metavar='SEED', help='likewise')
    options.add_argument('-f', '--force', action='store_true', help='write even when less than 1 %% changes')
    options.add_argument('-n', '--dry-run', action='store_true', help='show what would move, and change nothing')
    options.add_argument('--data', metavar='SIZE', type=_size,
                         help='with --dry-run: bytes on all devices together, as 40T, to show what moves in bytes')
    args = options.parse_intermixed_args(argv)
    before = builder_file.load(path)
    builder = copy.deepcopy(before)
    moved = builder.rebalance(args.seed_option or args.seed)
    builder.validate()
    if args.dry_run:
        print('\n'.join(text.moves(before, builder, moved, args.data)))
        print(f'Balance is {before.balance():.2f} and would be {builder.balance():.2f}, dispersion is '
              f'{before.dispersion:.2f} and would be {builder.dispersion:.2f}. Nothing has been changed.')
        return 0
    refused = _refused(before, builder, moved, args.force)
    if refused:
        print(refused)
        return WARNING
    _save_both(path, builder)
    print(f'Reassigned {sum(moved.values())} ({100.0 * sum(moved.values()) / builder.parts:.2f}%) partitions. '
          f'Balance is now {builder.balance():.2f}.  Dispersion is now {builder.dispersion:.2f}')
    return _judge(builder)


def _size(given):
    match = re.fullmatch(r'(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?', given, re.IGNORECASE)
    if not match:
        raise argparse.ArgumentTypeError(f'{given}: a number and K, M, G, T or P')
    return float(match[1]) * _SIZES[match[2].upper()]


def _refused(before, builder, moved, force):
    """Why this rebalance is not worth saving, or None."""
    if not moved and not before.removed and not force:
        left = before.min_part_seconds_left()
        hours, minutes = divmod(left // 60, 60)
        return 'No partitions could be reassigned.\n' + (
            f'The time between rebalances must be at least min_part_hours: {before.min_part_hours} hours '
            f'({hours}:{minutes:02d}:{left % 60:02d} remaining)' if left else 'There is no need to do so.')
    changed = before.devs_changed or before.removed or None in {source for source, _ in moved} or not before.rows
    if not force and not changed and abs(before.balance() - builder.balance()) < 1 \
            and abs(before.dispersion - builder.dispersion) < 1:
        return 'Cowardly refusing to save rebalance as it did not change at least 1%.'
    return None


def _judge(builder):
    """Say what is still not well; the exit code."""
    status = 0
    if builder.dispersion > 0:
        needed = builder.tree().required_overload
        print(f'{_RULE}\nNOTE: Dispersion of {builder.dispersion:.6f} indicates some parts are not optimally '
              f'dispersed.\n\n      You may want to adjust some device weights, increase the overload (to '
              f'{needed:.6f}),\n      or review the dispersion report.\n{_RULE}')
        status = WARNING
    elif builder.balance() > 5 and builder.balance() / 100.0 > builder.overload and not _rounded(builder):
        print(f'{_RULE}\nNOTE: Balance of {builder.balance():.2f} indicates you should push this ring, wait at least '
              f'{builder.min_part_hours} hours, and rebalance/repush.\n{_RULE}')
        status = WARNING
    return status


def _rounded(builder):
    """Whether no device is off by more than the rounding of its share to whole partitions."""
    wanted = builder.wanted()
    return all(abs(each['parts'] - wanted[each['id']]) <= 1 for each in builder.present())


def _save_both(path, builder):
    builder.save_ring(ring_path(path))
    builder_file.save(path, builder)
    builder_file.backup(path)
    builder_file.backup(ring_path(path))


def dispersion(path, argv):
    """Show how far apart replicas are, by tier.

    A tier's Max is the number of replicas of a partition it must hold at the least in the worst case; partitions
    with more are too close together there. Required overload is what would let all be as far apart as possible.
    """
    options = parser(dispersion)
    options.add_argument('tier', nargs='?', type=re.compile, help='a regular expression: show these tiers')
    options.add_argument('-v', '--verbose', action='store_true', help='a table of tiers')
    options.add_argument('-r', '--recalculate', action='store_true', help='accepted; always done')
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    builder.validate()
    tree = builder.tree()
    builder.measure()
    print(f'Dispersion is {builder.dispersion:.6f}, Balance is {builder.balance():.6f}, '
          f'Overload is {builder.overload:.2%}')
    print(f'Required overload is {tree.required_overload:.6%}')
    if args.verbose or args.tier:
        print('\n'.join(text.dispersion(builder, tree, args.tier)))
    return WARNING if builder.dispersion > 0 else 0


def validate(path, argv):
    """Check that every replica of every partition has a device of its own."""
    parser(validate).parse_intermixed_args(argv)
    builder_file.load(path).validate()


def write_ring(path, argv):
    """Write the ring file again, as after set_info; rebalance does it too."""
    options = parser(write_ring)
    options.add_argument('--format-version', type=int, choices=[1], default=1, help='version 1 is written')
    options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    if not builder.rows:
        raise BuilderError('The ring is empty: there is nothing to write before the first rebalance.')
    builder.save_ring(ring_path(path))
    builder_file.backup(ring_path(path))
    if builder.devs_changed:
        print('Warning: devices were changed since the last rebalance; the ring has them in their old places.')
        return WARNING
    return 0


def write_builder(path, argv):
    """Make a builder from a ring file, when builder and backups are lost.

    The ring does not say min_part_hours (24 unless given), overload, nor when partitions moved: they may at once.
    """
    options = parser(write_builder)
    options.add_argument('min_part_hours', nargs='?', type=int, default=24)
    args = options.parse_intermixed_args(argv)
    base = re.sub(r'(\.ring\.gz|\.builder)$', '', path)
    target = f'{base}.builder'
    if os.path.exists(target):
        raise BuilderError(f'{target} exists: move it away first')
    builder = builder_file.from_ring(ring_file.read(f'{base}.ring.gz'), args.min_part_hours)
    builder_file.save(target, builder)
    print(f'{target} written, min_part_hours is {args.min_part_hours}', file=sys.stderr)


def version(path, argv):
    """Show the format and the build version of a ring file."""
    parser(version).parse_intermixed_args(argv)
    name = ring_path(path) if not path.endswith('.ring.gz') else path
    data = ring_file.read(name)
    width = max(row.itemsize for row in data.assignments)
    print(f'{name}: Serialization version: {data.format_version} ({width}-byte IDs), build version: {data.version}')


def picture(path, argv):
    """Draw the ring as an SVG: tiers, devices, how full each is, and where partitions are."""
    options = parser(picture)
    options.add_argument('svg', help='the file to write')
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    builder.validate()
    try:
        ring_file.replace(args.svg, draw(builder, os.path.basename(path)).encode())
    except OSError as error:
        raise BuilderError(f'{args.svg} cannot be written: {error.strerror}') from error
