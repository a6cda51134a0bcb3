"""Manifests of static large objects: what clients send, what is stored, what they are told."""
import base64
import binascii
import hashlib
import json

from swift import conditions, ranges
from swift.middleware import names
from swift.middleware.segments import Segment
from swift.timestamp import Timestamp

_OBJECT_KEYS = {'path', 'etag', 'size_bytes', 'range'}


class ManifestError(ValueError):
    """A manifest that cannot be: `status` and `problems` (a list of sentences)."""

    def __init__(self, problems, status=400):
        super().__init__('\n'.join(problems))
        self.problems, self.status = problems, status


def parse(body, own_path, limits):
    """The entries a client sent, as a list of dicts: {path, etag, size_bytes, range} (None when left out) or {data}.

    `own_path` is `/container/object` of the manifest itself. Raises ManifestError.
    """
    entries = _load(body)
    count = sum(1 for entry in entries if isinstance(entry, dict) and 'data' not in entry)
    if count > limits.segments:
        raise ManifestError([f'Number of object-backed segments must be <= {limits.segments}'], 413)
    made, problems = [], []
    for index, entry in enumerate(entries):
        try:
            made.append(_entry(entry, own_path))
        except ValueError as error:
            problems.append(f'Index {index}: {error}')
    if problems:
        raise ManifestError(problems)
    if not count:
        raise ManifestError(['Inline data segments require at least one object-backed segment.' if made
                             else 'Manifest must contain at least one segment.'])
    return made


def _load(body):
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        raise ManifestError(['Manifest must be valid JSON.']) from None
    if not isinstance(entries, list):
        raise ManifestError(['Manifest must be a list.'])
    return entries


def _entry(entry, own_path):
    if not isinstance(entry, dict):
        raise ValueError('not a JSON object')
    if 'data' in entry:
        return _inline(entry)
    extra = sorted(set(entry) - _OBJECT_KEYS)
    if extra:
        raise ValueError('extraneous keys ' + ', '.join(json.dumps(key) for key in extra))
    if 'path' not in entry:
        raise ValueError('missing key "path"')
    return {'path': _path(entry['path'], own_path), 'etag': _etag(entry.get('etag')),
            'size_bytes': _size(entry.get('size_bytes')), 'range': _range(entry.get('range'))}


def _inline(entry):
    extra = sorted(set(entry) - {'data'})
    if extra:
        raise ValueError('extraneous keys ' + ', '.join(json.dumps(key) for key in extra))
    if not isinstance(entry['data'], str):
        raise ValueError('data must be base64 text')
    try:
        data = base64.b64decode(entry['data'], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError('data must be valid base64') from None
    if not data:
        raise ValueError('too small; each segment must be at least 1 byte')
    return {'data': entry['data']}


def _path(path, own_path):
    if not isinstance(path, str):
        raise ValueError('path must be text')
    try:
        path.encode()
        container, obj = names.container_and_object(path)
    except ValueError:
        raise ValueError('path does not refer to an object. Path must be of the form /container/object.') from None
    if '\0' in path:
        raise ValueError('path does not refer to an object. Path must be of the form /container/object.')
    path = f'/{container}/{obj}'
    if path == own_path:
        raise ValueError('manifest must not include itself as a segment')
    return path


def _etag(etag):
    if etag is None or etag == '':
        return None
    if not isinstance(etag, str):
        raise ValueError('etag must be text')
    return etag.strip('"').lower()


def _size(size):
    if size is None or size == '':
        return None
    if isinstance(size, bool) or not isinstance(size, (int, str)) or (isinstance(size, str) and not (
            size.isascii() and size.isdecimal())):
        raise ValueError('invalid size_bytes')
    size = int(size) if not isinstance(size, str) or len(size) < 20 else -1
    if size < 0:
        raise ValueError('invalid size_bytes')
    if size < 1:
        raise ValueError('too small; each segment must be at least 1 byte')
    return size


def _range(text):
    if text is None or text == '':
        return None
    if not isinstance(text, str) or ',' in text:
        raise ValueError('multiple ranges (only one allowed)' if isinstance(text, str) else 'invalid range')
    # Any length will do: it is looked at again once that of the segment is known.
    if ranges.parse(f'bytes={text}', 1 << 62) is None:
        raise ValueError('invalid range')
    return text.replace(' ', '')


def range_within(text, size):
    """(start, stop) of a stored or given `range` in an object of `size` bytes, or None when there is none."""
    found = ranges.parse(f'bytes={text}', size)
    return found[0] if found else None


def stored(entry, head):
    """The manifest's record of an object-backed entry, given the (lower-case) headers of its HEAD."""
    record = {'name': entry['path'], 'bytes': int(head['content-length']), 'hash': head['etag'].strip('"'),
              'content_type': head.get('content-type', ''), 'last_modified': _iso(head.get('last-modified'))}
    if entry['range'] is not None:
        start, stop = range_within(entry['range'], record['bytes'])
        if (start, stop) != (0, record['bytes']):
            record['range'] = f'{start}-{stop - 1}'
    if head.get('x-static-large-object', '').lower() == 'true':
        record['sub_slo'] = True
    return record


def _iso(date):
    moment = conditions.seconds(date)
    return None if moment is None else Timestamp(moment).isoformat


def read(body):
    """The records of a stored manifest. Raises ManifestError when it is none."""
    try:
        records = json.loads(body)
        for record in records:
            segment_of(record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ManifestError(['the stored manifest cannot be read'], 409) from None
    return records


def segment_of(record):
    """The Segment of a stored record."""
    if 'data' in record:
        data = base64.b64decode(record['data'])
        return Segment(None, 0, len(data), len(data), data=data)
    size = int(record['bytes'])
    start, stop = range_within(record['range'], size) if record.get('range') else (0, size)
    return Segment('/' + record['name'].lstrip('/'), start, stop, size, record['hash'],
                   manifest=bool(record.get('sub_slo')))


def etag_and_size(records):
    """The ETag (unquoted) and the length in bytes of the large object."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    for record in records:
        segment = segment_of(record)
        size += segment.length
        if segment.data is not None:
            text = hashlib.md5(segment.data, usedforsecurity=False).hexdigest()
        elif record.get('range'):
            text = f'{record["hash"]}:{record["range"]};'
        else:
            text = record['hash']
        digest.update(text.encode())
    return digest.hexdigest(), size


def raw(records):
    """The manifest as a client would send it to make the same object again: JSON bytes."""
    shown = []
    for record in records:
        if 'data' in record:
            shown.append({'data': record['data']})
            continue
        entry = {'path': record['name'], 'etag': record['hash'], 'size_bytes': record['bytes']}
        if record.get('range'):
            entry['range'] = record['range']
        shown.append(entry)
    return json.dumps(shown, sort_keys=True).encode()
