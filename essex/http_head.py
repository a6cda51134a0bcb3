"""The head of an HTTP/1.1 request: parsed at a tenth of the cost of an email message, and without its leniency.

What intermediaries might understand in another way is refused (RFC 9112): folded lines, blanks before the colon, two
different lengths, control characters.
"""
import functools
import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD = re.compile(r'[\x00\r\n]')


class BadHead(ValueError):
    """No HTTP; the text says why."""


@functools.lru_cache(4096)
def _lower(name):
    if not _NAME.fullmatch(name):
        raise BadHead('a header has no proper name')
    return name.lower()


class Headers:
    """Headers in the order they came; `get` takes a name in any case and gives the first value."""

    def __init__(self, pairs):
        self._headers = pairs       # as eventlet.wsgi reads an email.message.Message
        self._first = {}
        for name, value in pairs:
            lower = _lower(name)
            if self._first.setdefault(lower, value) != value and lower in ('content-length', 'transfer-encoding'):
                raise BadHead(f'two different headers {name}')
        if self._first.get('transfer-encoding', 'chunked').lower() != 'chunked':
            # Somebody before us may know it, and see the end of the body elsewhere.
            raise BadHead('an unknown transfer coding')

    def get(self, name, default=None):
        """The first value of a header."""
        return self._first.get(name.lower(), default)

    def get_content_type(self):
        """What the standard library takes a body for of which nothing is said."""
        return self._first.get('content-type', 'text/plain')


def request_line(raw):
    """(method, target, version) of the first line, or None when it is none of HTTP/1.0 or HTTP/1.1."""
    words = raw.decode('latin-1').split()
    if len(words) != 3 or words[2] not in ('HTTP/1.1', 'HTTP/1.0'):
        return None
    return words


def read(readline):
    """Headers up to the empty line. Raises BadHead, and what `readline` raises."""
    pairs = []
    while True:
        line = readline()
        if line in (b'\r\n', b'\n', b''):
            return Headers(pairs)
        text = line.decode('latin-1').rstrip('\r\n')
        name, colon, value = text.partition(':')
        if not colon:
            raise BadHead('a header without a colon')
        if _BAD.search(value):
            raise BadHead('a control character in a header')
        pairs.append((name, value.strip(' \t')))
