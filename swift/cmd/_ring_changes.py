"""swift-ring-builder: commands that change devices and settings. Each takes the path and its arguments."""
import re
import sys

from swift.cmd._ring_commands import find, parser, search_options, searched
from swift.ring import builder_file, search
from swift.ring.builder import BuilderError


def add(path, argv):
    """Add devices: r<region>z<zone>-<ip>:<port>[R<ip>:<port>]/<device>[_<meta>] <weight>, or by options.

    They get partitions with the next rebalance.
    """
    options = parser(add)
    options.add_argument('values', nargs='*', metavar='device weight')
    search_options(options)
    options.add_argument('--yes', action='store_true', help='accepted')
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    new = [({**search.parse_new(value), 'weight': _number(weight, 'weight')}, value)
           for value, weight in _pairs(args.values)]
    if not args.values:
        new = [(_by_options(args), 'the device')]
    for device, value in new:
        if 'region' not in device:
            print(f'WARNING: No region specified for {value}. Defaulting to region 1.', file=sys.stderr)
        device.setdefault('replication_port', device['port'])
    ids = [_added(builder, device) for device, _ in new]
    builder_file.save(path, builder)
    for number in ids:
        device = builder.devs[number]
        print(f'Device {search.spelled(device)} with {device["weight"]} weight got id {number}')


def _by_options(args):
    device = searched(args)
    missing = [name for name in ('zone', 'ip', 'port', 'device', 'weight') if name not in device]
    if missing:
        raise BuilderError('A device needs ' + ' '.join(f'--{name}' for name in missing))
    return device


def _added(builder, device):
    try:
        return builder.add_dev(device)
    except BuilderError as error:
        raise BuilderError(f'{error}\nThe on-disk ring builder is unchanged.') from error


def _pairs(values):
    if len(values) % 2:
        raise BuilderError('Arguments come in pairs: a device, a value; --help explains them.')
    return list(zip(values[::2], values[1::2]))


def _number(given, name, kind=float):
    try:
        return kind(given)
    except ValueError:
        raise BuilderError(f'{name} {given}: a number is needed') from None


def _sure(devices, what, yes):
    """Have the operator confirm when more than one device is meant."""
    if len(devices) < 2 or yes:
        return
    print('Matched more than one device:')
    for device in devices:
        print(f'    {search.spelled(device)}')
    try:
        answer = input(f'Are you sure you want to {what} these {len(devices)} devices? (y/N) ')
    except EOFError:
        answer = ''
    if answer.strip().lower() not in ('y', 'yes'):
        raise BuilderError('Aborting device modifications')


def _targets(function, argv, value_name):
    """The command line of a command that sets one value on devices: (args, [(search, value)])."""
    options = parser(function, epilog=search.HELP)
    options.add_argument('values', nargs='*', metavar=f'search-value {value_name}')
    search_options(options)
    options.add_argument('--yes', action='store_true', help='answer yes to all questions')
    args = options.parse_intermixed_args(argv)
    if searched(args):
        if len(args.values) != 1:
            raise BuilderError(f'Besides the options that find devices, give one new {value_name}.')
        return args, [(searched(args), args.values[0])]
    if not args.values:
        options.print_help()
        raise BuilderError('Which devices?')
    return args, [(search.parse(value), new) for value, new in _pairs(args.values)]


def _matching(builder, wanted):
    found = search.matching(builder, wanted)
    if not found:
        raise BuilderError(f'Search value matched 0 devices: {wanted}.\nThe on-disk ring builder is unchanged.')
    return found


def _set_each(path, function, argv, name, kind):
    """Set a number on devices."""
    args, targets = _targets(function, argv, name)
    builder = builder_file.load(path)
    said = []
    for wanted, given in targets:
        value = _number(given, name, kind)
        devices = _matching(builder, wanted)
        _sure(devices, f'update the {name} of', args.yes)
        for device in devices:
            said.append(f'{search.spelled(device)} {name} set to {value}')
            if name == 'weight':
                builder.set_dev_weight(device['id'], value)
            else:
                builder.update_dev(device['id'], **{name: value})
    builder_file.save(path, builder)
    print('\n'.join(said))


def set_weight(path, argv):
    """Weigh devices anew: pairs of a search value and a weight; 0 drains a device. Rebalance afterwards."""
    _set_each(path, set_weight, argv, 'weight', float)


def set_region(path, argv):
    """Say that devices are in another region: pairs of a search value and a region. Rebalance afterwards."""
    _set_each(path, set_region, argv, 'region', int)


def set_zone(path, argv):
    """Say that devices are in another zone: pairs of a search value and a zone. Rebalance afterwards."""
    _set_each(path, set_zone, argv, 'zone', int)


def set_info(path, argv):
    """Change address, port, name or meta of devices; write_ring afterwards.

    Pairs of a search value and <ip>:<port>[R<ip>:<port>]/<device>_<meta>, of which only what changes needs to be
    there: `set_info d74 _"snet: 5.6.7.8"`. Or options to search by and --change-... options.
    """
    options = parser(set_info, epilog=search.HELP)
    options.add_argument('values', nargs='*', metavar='search-value change')
    search_options(options)
    changeable = ('ip', 'port', 'replication-ip', 'replication-port', 'device', 'meta')
    for name in changeable:
        options.add_argument(f'--change-{name}', metavar='NEW')
    options.add_argument('--yes', action='store_true', help='answer yes to all questions')
    args = options.parse_intermixed_args(argv)
    given = {name.replace('-', '_'): getattr(args, f'change_{name.replace("-", "_")}') for name in changeable}
    changes = {name: int(_number(value, name, int)) if name in search.NUMBERS else value
               for name, value in given.items() if value is not None}
    targets = [(search.parse(value), search.parse(new)) for value, new in _pairs(args.values)]
    if searched(args):
        targets.append((searched(args), changes))
    if not targets:
        options.print_help()
        raise BuilderError('Which devices?')
    _set_info(path, targets, args.yes)


def _set_info(path, targets, yes):
    builder = builder_file.load(path)
    said = []
    for wanted, changes in targets:
        wrong = {'id', 'region', 'zone'} & set(changes)
        if wrong or not changes:
            what = ', '.join(sorted(wrong)) or 'nothing'
            raise BuilderError(f'set_info changes ip, port, device and meta, not {what}')
        devices = _matching(builder, wanted)
        _sure(devices, 'update the info of', yes)
        for device in devices:
            before = search.spelled(device)
            builder.update_dev(device['id'], **changes)
            said.append(f'Device {before} is now {search.spelled(device)}')
    builder_file.save(path, builder)
    print('\n'.join(said))


def remove(path, argv):
    """Take devices away with the next rebalance, whatever min_part_hours says: for broken ones.

    To empty a device that works, set its weight to 0, rebalance and wait for the replicators first.
    """
    options = parser(remove, epilog=search.HELP)
    options.add_argument('values', nargs='*', metavar='search-value')
    search_options(options)
    options.add_argument('--yes', action='store_true', help='answer yes to all questions')
    args = options.parse_intermixed_args(argv)
    builder = builder_file.load(path)
    devices = find(builder, args)
    _sure(devices, 'remove', args.yes)
    for device in devices:
        builder.remove_dev(device['id'])
    builder_file.save(path, builder)
    for device in devices:
        print(f'{search.spelled(device)} marked for removal and will be removed next rebalance.')


def _one(function, argv, name, kind=str):
    options = parser(function)
    options.add_argument(name, type=kind)
    return getattr(options.parse_intermixed_args(argv), name)


def set_min_part_hours(path, argv):
    """Set the hours between two moves of a partition: more than the replicators need for a pass."""
    hours = _one(set_min_part_hours, argv, 'hours', int)
    builder = builder_file.load(path)
    builder.change_min_part_hours(hours)
    builder_file.save(path, builder)
    print(f'The minimum number of hours before a partition can be reassigned is now set to {hours}')


def pretend_min_part_hours_passed(path, argv):
    """Let all partitions move with the next rebalance: with replicators behind, data is out of reach for a while."""
    parser(pretend_min_part_hours_passed).parse_intermixed_args(argv)
    builder = builder_file.load(path)
    builder.pretend_min_part_hours_passed()
    builder_file.save(path, builder)


def set_replicas(path, argv):
    """Set the number of replicas: 3.25 gives a quarter of the partitions a fourth one. Rebalance afterwards."""
    replicas = _one(set_replicas, argv, 'replicas', float)
    builder = builder_file.load(path)
    builder.set_replicas(replicas)
    builder_file.save(path, builder)
    print(f'The replica count is now {builder.replicas:.6f}.\nThe change will take effect after the next rebalance.')


def set_overload(path, argv):
    """Set how much more than its weight says a device may hold to keep replicas apart: 0.1 or 10%."""
    given = _one(set_overload, argv, 'overload')
    match = re.fullmatch(r'(\d+(?:\.\d*)?|\.\d+)(%?)', given)
    if not match:
        raise BuilderError(f'overload {given}: a number, or percent with %')
    overload = float(match[1]) / (100 if match[2] else 1)
    if overload > 1 and not match[2]:
        print(f'Warning: overload is greater than 100%: {overload:.2%}. Did you mean {given}%?')
    builder = builder_file.load(path)
    builder.set_overload(overload)
    builder_file.save(path, builder)
    print(f'The overload factor is now {overload:.2%} ({overload:.6f})\n'
          'The change will take effect after the next rebalance.')
    return 1 if overload > 1 and not match[2] else 0


def _power(path, function, argv, refusal, done):
    parser(function).parse_intermixed_args(argv)
    if not re.match(r'object(-\d+)?(\.|$)', path.rsplit('/', 1)[-1]):
        raise BuilderError('Partition power increase is only supported for object rings.')
    builder = builder_file.load(path)
    if not getattr(builder, function.__name__)():
        raise BuilderError(refusal)
    builder_file.save(path, builder)
    print(done)


def prepare_increase_partition_power(path, argv):
    """Announce that partitions will be doubled: then write_ring, send it out, relink objects everywhere."""
    _power(path, prepare_increase_partition_power, argv,
           'Ring is already prepared for partition power increase.',
           'The next partition power has been set.\nWrite the ring (write_ring), send it to all nodes, restart or '
           'wait for the servers, and\nrun swift-object-relinker relink on all nodes before you go on.')


def increase_partition_power(path, argv):
    """Double the partitions, each half on the devices of the whole: then write_ring, send it out, clean up."""
    _power(path, increase_partition_power, argv,
           'Ring partition power cannot be increased. Either the ring\n'
           'was not prepared yet, or this operation has already run.',
           'The partition power has been increased.\nWrite the ring (write_ring), send it to all nodes, and run '
           'swift-object-relinker cleanup\non all of them before you go on.')


def cancel_increase_partition_power(path, argv):
    """Take back a prepared increase that has not been done: then write_ring, send it out, clean up, and finish."""
    _power(path, cancel_increase_partition_power, argv,
           'Ring partition power increase cannot be canceled.',
           'The increase has been canceled.\nWrite the ring (write_ring), send it to all nodes, run '
           'swift-object-relinker cleanup on all of them, and finish_increase_partition_power.')


def finish_increase_partition_power(path, argv):
    """Declare an increase over, when every node has cleaned up: then write_ring and send it out."""
    _power(path, finish_increase_partition_power, argv,
           'Ring partition power increase cannot be finished.',
           'The increase is over.\nWrite the ring (write_ring) and send it to all nodes.')
