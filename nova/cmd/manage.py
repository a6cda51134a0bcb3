"""nova-manage: what an operator does to the installation itself, as CATEGORY ACTION [ARGUMENTS]."""
import argparse
import importlib
import sys

from essex import config, rpc
from essex.exception import Conflict, EssexError, NotFound
from nova.cmd.management import CATEGORIES

_MODULES = ('database', 'flavors', 'networks', 'floating', 'fixed', 'hosts', 'quotas')
_FAILED, _EXISTS, _UNKNOWN, _USAGE = 1, 2, 3, 2

for _module in _MODULES:
    importlib.import_module(f'nova.cmd.management.{_module}')


def _parser():
    parser = argparse.ArgumentParser(
        prog='nova-manage', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Administers the installation of the compute service itself.', epilog=_overview(),
        usage='%(prog)s [-h] [--config-file PATH] [-d] CATEGORY ACTION [ARGUMENTS]')
    parser.add_argument('--config-file', action='append', metavar='PATH',
                        help='configuration to read (default: nova.conf in ~/.nova, ~, /etc/nova, /etc)')
    parser.add_argument('-d', '--debug', action='store_true', help='log at DEBUG')
    parser.add_argument('category', nargs='?', help=argparse.SUPPRESS)
    parser.add_argument('action', nargs='?', help=argparse.SUPPRESS)
    parser.add_argument('rest', nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _overview():
    lines = ['categories and actions (unique beginnings suffice; ACTION --help tells more):']
    shown = {}
    for category, commands in CATEGORIES.items():
        for command in commands.values():
            shown.setdefault((command.category, command.name), []).append(category)
    for (category, name), names in shown.items():
        command = CATEGORIES[category][name]
        lines.append(f'  {" | ".join(names) + " " + name:32} {command.help.split(". ")[0].split("; ")[0].rstrip(".")}')
    return '\n'.join(lines)


def _pick(text, choices, what):
    """The one of `choices` that begins with `text`. Raises SystemExit with what there is."""
    wanted = text.lower()
    found = [wanted] if wanted in choices else [choice for choice in choices if choice.startswith(wanted)]
    if len(found) == 1:
        return choices[found[0]]
    print(f'nova-manage: {what} {text!r} is {"not unique" if found else "unknown"}; there are '
          f'{", ".join(found or choices)}.', file=sys.stderr)
    raise SystemExit(_USAGE)


def _values(command, rest):
    """The keyword arguments of a command from its part of the command line."""
    parser = argparse.ArgumentParser(prog=f'nova-manage {command.category} {command.name}', description=command.help)
    for each in command.arguments:
        extra = {'action': 'store_true'} if each.flag else {'metavar': each.name.upper(), 'default': None}
        note = ' (required)' if each.required else ''
        parser.add_argument(f'--{each.name}', dest=each.name, help=each.help + note, **extra)
    parser.add_argument('positional', nargs='*', help='the same in this order, instead of by name')
    given = vars(parser.parse_args(rest))
    places = given.pop('positional')
    if len(places) > len(command.arguments):
        parser.error(f'too many arguments: {" ".join(places[len(command.arguments):])}')
    for each, text in zip(command.arguments, places, strict=False):
        given[each.name] = text
    return {each.name: _value(parser, each, given[each.name]) for each in command.arguments}


def _value(parser, declared, text):
    if declared.flag:
        return bool(text)
    if text is None:
        if declared.required:
            parser.error(f'--{declared.name} is required: {declared.help}')
        return declared.default
    try:
        return declared.convert(text)
    except ValueError as error:
        parser.error(f'--{declared.name}: {error}')


def main(argv=None):
    """Command line; ends the process with the exit status."""
    parser = _parser()
    arguments = parser.parse_args(sys.argv[1:] if argv is None else argv)
    if not arguments.category:
        parser.print_help()
        sys.exit(_USAGE)
    commands = _pick(arguments.category, CATEGORIES, 'category')
    if not arguments.action and len(commands) == 1:
        arguments.action = next(iter(commands))
    if not arguments.action:
        print(f'{arguments.category} needs one of the actions {", ".join(commands)}.', file=sys.stderr)
        sys.exit(_USAGE)
    command = _pick(arguments.action, commands, 'action')
    values = _values(command, arguments.rest)
    config.load('nova', ['--debug'] if arguments.debug else [], arguments.config_file, prog='nova-manage')
    try:
        command.function(**values)
    except (EssexError, OSError) as error:
        print(f'nova-manage: {error}', file=sys.stderr)
        sys.exit(_EXISTS if isinstance(error, Conflict) else _UNKNOWN if isinstance(error, NotFound) else _FAILED)
    finally:
        rpc.shutdown()
    sys.exit(0)
