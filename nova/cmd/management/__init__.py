"""The commands of nova-manage. A command is a function with `@command(category)` and an `@argument` a parameter.

An argument can be given by name (--label private) or, as in Essex, by its place.
"""
import dataclasses

from essex.context import RequestContext

CATEGORIES = {}


@dataclasses.dataclass
class Argument:
    """One parameter of a command. `convert` makes its value from text; a `flag` takes none."""

    name: str
    help: str
    required: bool = False
    default: object = None
    convert: object = str
    flag: bool = False


@dataclasses.dataclass
class Command:
    """A function with its arguments, in the order of their places."""

    category: str
    name: str
    function: object
    arguments: list

    @property
    def help(self):
        """What it does, in a sentence or more."""
        return ' '.join(self.function.__doc__.split())


def command(category, *aliases, name=None):
    """Make the function a command of `category`, called as the function unless `name` says otherwise; categories
    with aliases have several names."""
    def register(function):
        made = Command(category, name or function.__name__.rstrip('_'), function, getattr(function, 'arguments', []))
        for each in (category, *aliases):
            CATEGORIES.setdefault(each, {})[made.name] = made
        return function
    return register


def argument(name, help, **more):  # noqa: A002  (argparse's word for it)
    """Declare the next parameter of a command."""
    def add(function):
        # Decorators run from the last to the first.
        function.arguments = [Argument(name, help, **more), *getattr(function, 'arguments', [])]
        return function
    return add


def boolean(text):
    """True or False of T, true, yes, 1 and their opposites. Raises ValueError."""
    lowered = text.strip().lower()
    if lowered in ('t', 'true', 'y', 'yes', '1', 'on'):
        return True
    if lowered in ('f', 'false', 'n', 'no', '0', 'off'):
        return False
    raise ValueError(f'{text!r} is neither true nor false')


def administrator():
    """The context of whoever may run this program."""
    return RequestContext(is_admin=True, roles=('admin',))


def table(headings, rows):
    """Print columns below their headings."""
    lines = [[str(cell) if cell is not None else '' for cell in row] for row in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        print('  '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
