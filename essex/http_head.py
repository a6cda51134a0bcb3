"""The head of an HTTP/1.1 request: parsed at a tenth of the cost of an email message, and without its leniency.

What intermediaries might understand in another way is refused (RFC 9112): folded lines, blanks before the colon, two
different lengths, lengths that are no plain number, control characters.
"""
import functools
import re

MAX_LINE, MAX_HEAD = 8192, 65536
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\x00-\x20\x7f]+) (HTTP/1\.[01])\r?\n")
_LENGTH = re.compile(r'[0-9]{1,18}')
_BAD = re.compile(r'[\x00\r\n]')


class BadHead(ValueError):
    """No HTTP; the text says why."""


@functools.lru_cache(4096)
def _known(name):
    """(the name in lower case, its key in a WSGI environment or None) of a header."""
    if not _NAME.fullmatch(name):
        raise BadHead('a header has no proper name')
    lower = name.lower()
    # With an underscore it could not be told from the name with a hyphen; these two have keys of their own.
    hidden = '_' in name or lower in ('content-type', 'content-length')
    return lower, None if hidden else 'HTTP_' + name.upper().replace('-', '_')


class Headers:
    """Headers in the order they came: `pairs` of strings. `get` takes a name in any case and gives the first value.

    `environ` is what WSGI makes of them: {'HTTP_X_FOO': values joined by commas}.
    """

    def __init__(self, pairs):
        self.pairs, self.environ = pairs, {}
        self._first = {}
        for name, value in pairs:
            lower, key = _known(name)
            if self._first.setdefault(lower, value) != value and lower in ('content-length', 'transfer-encoding'):
                raise BadHead(f'two different headers {name}')
            if key is not None:
                self.environ[key] = f'{self.environ[key]},{value}' if key in self.environ else value
        self._check_length()

    def _check_length(self):
        coding, length = self._first.get('transfer-encoding'), self._first.get('content-length')
        if coding is not None and coding.lower() != 'chunked':
            # Somebody before us may know it, and see the end of the body elsewhere.
            raise BadHead('an unknown transfer coding')
        if length is not None:
            if not _LENGTH.fullmatch(length):
                raise BadHead('a Content-Length that is no number')
            if coding is not None:
                raise BadHead('Content-Length and Transfer-Encoding together')

    def get(self, name, default=None):
        """The first value of a header."""
        return self._first.get(name.lower(), default)


def request_line(raw):
    """(method, target, version) of the first line, or None when it is none of HTTP/1.0 or HTTP/1.1."""
    found = _REQUEST.fullmatch(raw.decode('latin-1'))
    return found and found.groups()


def read(file):
    """Headers up to the empty line of an io.BufferedReader. Raises BadHead, and what reading raises."""
    lines = _at_once(file)
    return Headers([_pair(line) for line in (_by_line(file) if lines is None else lines)])


def _at_once(file):
    """The lines of a head that is there as a whole and has nothing unusual, else None and nothing is read."""
    there = file.peek()
    end = there.find(b'\r\n\r\n')
    if end < 0 or there.startswith(b'\r\n'):
        return None
    head = there[:end]
    lines = head.decode('latin-1').split('\r\n')
    # Where there are other line ends, what holds for single lines decides.
    if not head.count(b'\n') == head.count(b'\r') == len(lines) - 1 or b'\0' in head or end >= MAX_LINE:
        return None
    file.read(end + 4)
    return lines


def _by_line(file):
    size = 0
    while (line := file.readline(MAX_LINE)) not in (b'\r\n', b'\n'):
        size += len(line)
        if len(line) >= MAX_LINE or size > MAX_HEAD:
            raise BadHead('a header that is too long' if len(line) >= MAX_LINE else 'too many headers')
        if not line.endswith(b'\n'):
            raise BadHead('a head that is cut short')
        text = line.decode('latin-1').rstrip('\r\n')
        if _BAD.search(text):
            raise BadHead('a control character in a header')
        yield text


def _pair(line):
    name, colon, value = line.partition(':')
    if not colon:
        raise BadHead('a header without a colon')
    return name, value.strip(' \t')
