"""What a request is about: account, container and object of its path, and paths put together again."""
from urllib.parse import parse_qsl, quote, unquote


class Names:
    """`version`, `account`, `container`, `obj` of a path as text; what is not there is None."""

    __slots__ = ('account', 'container', 'obj', 'version')

    def __init__(self, version, account, container=None, obj=None):
        self.version, self.account, self.container, self.obj = version, account, container, obj

    def path(self, container=None, obj=None):
        """The path (text, not quoted) of a container or object of the same account."""
        return '/'.join(['', self.version, self.account, *(name for name in (container, obj) if name is not None)])


def of(environ):
    """The Names of a request, or None when its path names no account or is no UTF-8."""
    parts = environ['PATH_INFO'].split('/', 4)
    if len(parts) < 3 or parts[0] or parts[1] not in ('v1', 'v1.0') or '' in parts[2:-1]:
        return None
    try:
        names = [part.encode('latin-1').decode() for part in parts[1:]]
    except UnicodeError:
        return None
    return Names(*(name or None for name in names)) if names[1] else None


def is_object(environ):
    """Whether the path names an object: cheap, for filters that care for nothing else."""
    parts = environ['PATH_INFO'].split('/', 4)
    return len(parts) == 5 and bool(parts[4] and parts[3] and parts[2]) and parts[1] in ('v1', 'v1.0')


def query(environ):
    """The parameters of a request's query, {name: value}; what is no UTF-8 has U+FFFD in it and matches nothing."""
    text = environ.get('QUERY_STRING')
    return dict(parse_qsl(text, keep_blank_values=True)) if text else {}


def container_and_object(text):
    """(container, object) of `[/]container/object` text. ValueError when one is missing."""
    container, slash, obj = text.removeprefix('/').partition('/')
    if not container or not slash or not obj:
        raise ValueError(f'{text!r} is no <container>/<object>')
    return container, obj


def from_header(value):
    """`container/object` text of a header, which is URL-encoded. ValueError when it is no UTF-8."""
    try:
        return unquote(value.encode('latin-1').decode(), errors='strict')
    except UnicodeError:
        raise ValueError('no UTF-8') from None


def to_header(text):
    """Text, URL-encoded for a header."""
    return quote(text)
