"""swift-ring-builder: makes rings and changes them."""
import sys

from swift.cmd import _ring_changes, _ring_commands
from swift.cmd._pipe import patient
from swift.exceptions import SwiftError
from swift.ring import builder_file, search

WARNING, ERROR = 1, 2
# In the order of a ring's life. `create` and `write_builder` make the builder, `version` reads the ring file.
COMMANDS = {
    'create': _ring_commands.create,
    'show': _ring_commands.show,
    'add': _ring_changes.add,
    'search': _ring_commands.search_devices,
    'list_parts': _ring_commands.list_parts,
    'set_weight': _ring_changes.set_weight,
    'set_region': _ring_changes.set_region,
    'set_zone': _ring_changes.set_zone,
    'set_info': _ring_changes.set_info,
    'remove': _ring_changes.remove,
    'rebalance': _ring_commands.rebalance,
    'dispersion': _ring_commands.dispersion,
    'validate': _ring_commands.validate,
    'write_ring': _ring_commands.write_ring,
    'write_builder': _ring_commands.write_builder,
    'picture': _ring_commands.picture,
    'version': _ring_commands.version,
    'set_min_part_hours': _ring_changes.set_min_part_hours,
    'pretend_min_part_hours_passed': _ring_changes.pretend_min_part_hours_passed,
    'set_replicas': _ring_changes.set_replicas,
    'set_overload': _ring_changes.set_overload,
    'prepare_increase_partition_power': _ring_changes.prepare_increase_partition_power,
    'increase_partition_power': _ring_changes.increase_partition_power,
    'cancel_increase_partition_power': _ring_changes.cancel_increase_partition_power,
    'finish_increase_partition_power': _ring_changes.finish_increase_partition_power,
}
# What writes nothing (nor does help) needs no lock, and works where one may only read.
READS = {'show', 'search', 'list_parts', 'dispersion', 'validate', 'version', 'picture'}


def usage():
    """The help of all commands."""
    lines = ['Usage: swift-ring-builder <builder_file> [<command> [<arguments>]]', '',
             'Without a command: shows the ring and its devices. <builder_file> may also be the .ring.gz beside it.',
             'swift-ring-builder <builder_file> <command> --help says more.', '']
    width = max(map(len, COMMANDS))
    lines += [f'    {name:{width}}  {run.__doc__.splitlines()[0]}' for name, run in COMMANDS.items()]
    return '\n'.join([*lines, '', search.HELP, 'Exit codes: 0 = done, 1 = done with warnings, 2 = error'])


def builder_path(path):
    """The builder file beside a ring file."""
    if path.endswith('.ring.gz'):
        return path[:-len('.ring.gz')] + '.builder'
    return path


@patient
def main(argv=None):
    """Entry point; returns the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ('-h', '--help'):
        print(usage())
        return 0
    given, name, rest = args[0], (args[1] if len(args) > 1 else 'show'), args[2:]
    if name in ('-h', '--help'):
        print(usage())
        return 0
    run = COMMANDS.get(name)
    if run is None:
        print(f'Unknown command: {name}', file=sys.stderr)
        return ERROR
    path = given if name in ('version', 'write_builder') else builder_path(given)
    if path != given:
        print(f'Note: using {path} instead of {given} as builder file')
    try:
        if name in READS or '--help' in rest or '-h' in rest:
            return run(path, rest) or 0
        with builder_file.lock(builder_path(path)):
            return run(path, rest) or 0
    except SwiftError as error:
        print(error, file=sys.stderr)
        return ERROR


if __name__ == '__main__':
    sys.exit(main())
