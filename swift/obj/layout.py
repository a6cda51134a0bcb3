"""Where the files of an object are, what their names say, and which of them count.

`<device>/objects[-N]/<partition>/<suffix>/<hash>/<timestamp>.data`, `.ts` (a tombstone) or `.meta` (what a POST left),
which may be `<timestamp>+<hex>.meta`: its content type is from another time, which many hundred-thousandths later.

Of an erasure-coded object there are fragment archives, `<timestamp>#<index>.data`. Nobody reads them until enough
nodes have theirs: then they become durable, and one of them says so for all of its time: `<timestamp>#<index>#d.data`.
In directories that the original wrote before 2016 a file `<timestamp>.durable` says it instead: read, never written.
"""
import collections
import os

from swift import timestamp
from swift.timestamp import Timestamp

DATA, META, TOMBSTONE, DURABLE = '.data', '.meta', '.ts', '.durable'

# `timestamp` and, of a .meta that has a content type, `content_type_timestamp`; of a fragment archive its `index`.
File = collections.namedtuple('File', 'name extension timestamp content_type_timestamp index durable',
                              defaults=(None, True))
# The File that counts of each kind or None; `content_type` is the .meta the content type is from. `obsolete`: names.
# `fragments`: {Timestamp: [File by index]} of archives, those of the durable `data` and newer ones that are not.
Chosen = collections.namedtuple('Chosen', 'data meta content_type tombstone obsolete fragments', defaults=({},))
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


def fragment_name(when, index, durable):
    """The name of a fragment archive."""
    return f'{when.internal}#{int(index)}{"#d" if durable else ""}{DATA}'


def parse(name):
    """The File of a name, or None when it is not one of an object's files."""
    stem, extension = os.path.splitext(name)
    if extension not in (DATA, META, TOMBSTONE, DURABLE) or name.startswith('.'):
        return None
    try:
        if extension == META:
            when, content_type, _ = timestamp.decode(stem, explicit=True)
            return File(name, extension, when, content_type)
        if '#' in stem:
            return _fragment(name, extension, *stem.split('#'))
        return File(name, extension, Timestamp(stem), None)
    except ValueError:
        return None


def _fragment(name, extension, when, index, *mark):
    if extension != DATA or not (index.isascii() and index.isdecimal()) or mark not in ((), ('d',)):
        return None
    return File(name, extension, Timestamp(when), None, int(index), bool(mark))


def choose(names):
    """Which of a directory's files count: Chosen. The newest wins, and a deletion wins over data of its time."""
    found = [each for each in map(parse, names) if each]
    if len(found) == 1 and found[0].extension == DATA and found[0].index is None:
        return Chosen(found[0], None, None, None, ())
    found.sort(key=lambda each: each.timestamp, reverse=True)
    tombstone = next((each for each in found if each.extension == TOMBSTONE), None)
    data = next((each for each in found if each.extension == DATA and each.index is None), None)
    fragments = {}
    if any(each.index is not None for each in found):
        data, fragments = _fragments(found, tombstone)
    if tombstone and (data is None or data.timestamp <= tombstone.timestamp):
        data = None
    else:
        tombstone = None
    meta, content_type = _metas(found, data, tombstone)
    kept = {each.name for each in (data, meta, content_type, tombstone) if each}
    kept.update(each.name for files in fragments.values() for each in files)
    if data and fragments:
        kept.update(each.name for each in found if each.extension == DURABLE and each.timestamp == data.timestamp)
    return Chosen(data, meta, content_type, tombstone,
                  tuple(each.name for each in found if each.name not in kept), fragments)


def _metas(found, data, tombstone):
    base = data or tombstone
    metas = [each for each in found if each.extension == META and (base is None or each.timestamp > base.timestamp)]
    typed = [each for each in metas if each.content_type_timestamp is not None
             and (data is None or each.content_type_timestamp > data.timestamp)]
    return (metas[0] if metas else None,
            max(typed, key=lambda each: (each.content_type_timestamp, each.timestamp), default=None))


def _fragments(found, tombstone):
    """(an archive of the newest durable time or None, {Timestamp: [File]}): nothing older than it, or deleted."""
    marked = {each.timestamp for each in found if each.extension == DURABLE}
    known = [each._replace(durable=each.durable or each.timestamp in marked) for each in found
             if each.index is not None and (tombstone is None or each.timestamp > tombstone.timestamp)]
    durable = max((each.timestamp for each in known if each.durable), default=None)
    kept = {}
    for each in sorted(known, key=lambda each: (each.index, not each.durable)):
        files = kept.setdefault(each.timestamp, [])
        # A name with and one without the mark: it was marked while a copy came by another way.
        if (durable is None or each.timestamp >= durable) and (not files or files[-1].index != each.index):
            files.append(each)
    kept = {when: files for when, files in kept.items() if files}
    return (kept[durable][0] if durable is not None else None), kept
