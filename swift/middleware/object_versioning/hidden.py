"""Where versions are: hidden containers `\\0versions\\0<container>` with objects `\\0<name>\\0<time, inverted>`.

Times are inverted so that the newest version of a name is listed first. A version's id is its time. All of this, and
the names of what is kept about it, is the original's: either side reads what the other wrote.
"""
from swift.headers import true_value
from swift.middleware import names
from swift.timestamp import Timestamp

CONTAINER = 'X-Container-Sysmeta-Versions-Container'
ENABLED = 'X-Container-Sysmeta-Versions-Enabled'
LINK = 'X-Object-Sysmeta-Versions-Symlink'
# Containers whose versions were last switched on by an older Essex have only the second.
_CONTAINER_KEYS = ('versions-container', 'versions-cont')

_LAST = 10 ** 15 - 1
_AFTER_ALL = ':'        # sorts after every digit: behind all versions of a name
NULL = 'null'           # the id of an object that was put while versions were off


def is_versioned(sysmeta):
    """Whether a container has, or had, versions; `sysmeta` as in get_container_info."""
    return any(sysmeta.get(key) for key in _CONTAINER_KEYS)


def is_enabled(sysmeta):
    """Whether a PUT makes a version; `sysmeta` as in get_container_info."""
    return is_versioned(sysmeta) and true_value(sysmeta.get('versions-enabled', ''))


def container_of(container):
    """The hidden container of a container."""
    return f'\0versions\0{container}'


def object_of(name, version_id):
    """The hidden object of a version; of `null`, what sorts behind all versions of the name. ValueError."""
    return f'\0{name}\0{_AFTER_ALL if version_id == NULL else inverted(Timestamp(version_id))}'


def behind(name):
    """What sorts behind all versions of a name."""
    return f'\0{name}\0{_AFTER_ALL}'


def linked(target, container, name):
    """The id of the version of an object that a stored link's target (quoted) is, None when it is something else."""
    try:
        hidden, obj = names.container_and_object(names.from_header(target))
        found, version_id = parse(obj)
    except ValueError:
        return None
    return version_id if (hidden, found) == (container_of(container), name) else None


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
