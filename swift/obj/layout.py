"""Where the files of an object are, what their names say, and which of them count.

`<device>/objects[-N]/<partition>/<suffix>/<hash>/<timestamp>.data`, `.ts` (a tombstone) or `.meta` (what a POST left),
which may be `<timestamp>+<hex>.meta`: its content type is from another time, which many hundred-thousandths later.
"""
import collections
import os

from swift import timestamp
from swift.timestamp import Timestamp

DATA, META, TOMBSTONE = '.data', '.meta', '.ts'

# `timestamp` and, of a .meta that has a content type, `content_type_timestamp`.
File = collections.namedtuple('File', 'name extension timestamp content_type_timestamp')
# The File that counts of each kind or None; `content_type` is the .meta the content type is from. `obsolete`: names.
Chosen = collections.namedtuple('Chosen', 'data meta content_type tombstone obsolete')
NOTHING = Chosen(None, None, None, None, ())


def listed(path):
    """The names in a directory, sorted; none when it is missing or none."""
    try:
        return sorted(os.listdir(path))
    except (FileNotFoundError, NotADirectoryError):
        return []


def objects_path(device_path, policy):
    """The directory of a policy's objects on a device."""
    return os.path.join(device_path, policy.suffixed('objects'))


def object_path(device_path, policy, partition, name_hash):
    """The directory of one object."""
    return f'{device_path}/{policy.suffixed("objects")}/{partition}/{name_hash[-3:]}/{name_hash}'


def is_hash(name):
    """Whether a directory's name is that of an object."""
    return len(name) == 32 and not name.strip('0123456789abcdef')


def is_suffix(name):
    """Whether a directory's name is that of a suffix."""
    return len(name) == 3 and not name.strip('0123456789abcdef')


def file_name(when, extension, content_type_timestamp=None):
    """The name of a file of an object."""
    if content_type_timestamp is None:
        return when.internal + extension
    return f'{when.internal}{content_type_timestamp.raw - when.raw:+x}{extension}'


def parse(name):
    """The File of a name, or None when it is not one of an object's files."""
    stem, extension = os.path.splitext(name)
    if extension not in (DATA, META, TOMBSTONE) or name.startswith('.'):
        return None
    try:
        if extension == META:
            when, content_type, _ = timestamp.decode(stem, explicit=True)
            return File(name, extension, when, content_type)
        return File(name, extension, Timestamp(stem), None)
    except ValueError:
        return None


def choose(names):
    """Which of a directory's files count: Chosen. The newest wins, and a deletion wins over data of its time."""
    found = [each for each in map(parse, names) if each]
    if len(found) == 1 and found[0].extension == DATA:
        return Chosen(found[0], None, None, None, ())
    found.sort(key=lambda each: each.timestamp, reverse=True)
    by_kind = {kind: [each for each in found if each.extension == kind] for kind in (DATA, META, TOMBSTONE)}
    data = next(iter(by_kind[DATA]), None)
    tombstone = next(iter(by_kind[TOMBSTONE]), None)
    if tombstone and (data is None or data.timestamp <= tombstone.timestamp):
        data = None
    else:
        tombstone = None
    base = data or tombstone
    metas = [each for each in by_kind[META] if base is None or each.timestamp > base.timestamp]
    meta = metas[0] if metas else None
    typed = [each for each in metas if each.content_type_timestamp is not None
             and (data is None or each.content_type_timestamp > data.timestamp)]
    content_type = max(typed, key=lambda each: (each.content_type_timestamp, each.timestamp), default=None)
    kept = {each.name for each in (data, meta, content_type, tombstone) if each}
    return Chosen(data, meta, content_type, tombstone, tuple(each.name for each in found if each.name not in kept))
