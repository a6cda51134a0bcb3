"""Regular expressions that users give as filters.

What passes means the same to SQLite (Python), PostgreSQL and MariaDB, and cannot keep a process busy: no
quantified groups, no back references, and little room for backtracking.
"""
import re

from nova.exception import InvalidFilter

_TOKEN = re.compile(r'(?P<escape>\\(?:[dDwWsS]|[^A-Za-z0-9\s]))'
                    r'|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])'
                    r'|(?P<quantifier>[*+?]|\{(?P<low>\d{1,3})(?P<comma>,(?P<high>\d{0,3}))?\})'
                    r'|(?P<group>[()|])|(?P<anchor>[\^$])|(?P<literal>[^\\[{])', re.DOTALL)
# How often one position of a name may be tried. Two unbounded repetitions fit, as in .*part.*
_BUDGET = 2 ** 16
_UNBOUNDED = 2 ** 8


def checked(name, pattern):
    """`pattern`, when it may be used for the filter `name`. Raises InvalidFilter."""
    if not isinstance(pattern, str) or len(pattern) > 255 or '\0' in pattern:
        raise InvalidFilter(name=name, value=str(pattern)[:80], reason='at most 255 characters, none of them NUL.')
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidFilter(name=name, value=pattern, reason=f'no regular expression ({error}).') from error
    if _cost(name, pattern) > _BUDGET:
        raise InvalidFilter(name=name, value=pattern, reason='the expression has too many repetitions.')
    return pattern


def _cost(name, pattern):
    cost, position, before = 1, 0, None
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        kind = token.lastgroup if token else None
        if token and token['quantifier']:
            kind = 'quantifier'
            cost *= _repetitions(name, pattern, token, before)
        elif kind is None:
            raise _unsupported(name, pattern, position)
        elif token['group'] == '|':
            cost *= 2
        before, position = (kind, token.group()), token.end()
    return cost


def _repetitions(name, pattern, token, before):
    text = token.group()
    if before and before[0] == 'quantifier' and text == '?' and before[1] != '?':
        return 1   # a lazy repetition tries no more than a greedy one
    if before is None or before[0] not in ('escape', 'set', 'literal'):
        raise _unsupported(name, pattern, token.start())
    if text == '?':
        return 2
    if text in '*+' or (token['comma'] and not token['high']):
        return _UNBOUNDED
    low = int(token['low'])
    return max(1, int(token['high']) - low + 1) if token['comma'] else 1


def _unsupported(name, pattern, position):
    return InvalidFilter(name=name, value=pattern, reason=(
        f'what stands at position {position + 1} is not supported: use letters, ., sets, ^, $, |, and *, +, ? or '
        '{m,n} after one of these.'))
