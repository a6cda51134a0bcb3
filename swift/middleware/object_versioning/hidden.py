"""Where versions are: hidden containers `\\0versions\\0<container>` with objects `\\0<name>\\0<time, inverted>`.

Times are inverted so that the newest version of a name is listed first. A version's id is its time.
"""
from swift.timestamp import Timestamp

_LAST = 10 ** 15 - 1
_AFTER_ALL = ':'        # sorts after every digit: behind all versions of a name
NULL = 'null'           # the id of an object that was put while versions were off


def container_of(container):
    """The hidden container of a container."""
    return f'\0versions\0{container}'


def object_of(name, version_id):
    """The hidden object of a version; of `null`, what sorts behind all versions of the name. ValueError."""
    return f'\0{name}\0{_AFTER_ALL if version_id == NULL else inverted(Timestamp(version_id))}'


def behind(name):
    """What sorts behind all versions of a name."""
    return f'\0{name}\0{_AFTER_ALL}'


def inverted(timestamp):
    """The text of a time that sorts the other way round."""
    raw = _LAST - timestamp.raw
    return f'{raw // 100000:010d}.{raw % 100000:05d}'


def parse(hidden):
    """(name, version id) of a hidden object. ValueError when it is none."""
    start, name, text = hidden.split('\0', 1)[0], *hidden[1:].rsplit('\0', 1)
    if start or not name:
        raise ValueError(f'{hidden!r} is no version')
    seconds, _, decimals = text.partition('.')
    raw = _LAST - (int(seconds) * 100000 + int(decimals))
    return name, f'{raw // 100000:010d}.{raw % 100000:05d}'
