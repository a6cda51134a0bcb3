"""The metadata of a file: a dict of text, pickled (protocol 2) into the extended attributes user.swift.metadata[N].

Written as byte strings of UTF-8 in the way Python 2 pickled them, which every version of the original reads; read in
all the ways the original ever wrote them. In memory keys and values are WSGI strings, as headers are, but for `name`,
which is `/account/container/object` as text.

Some file systems (ext4) hold only about 4 KB of attributes a file. What does not fit is kept whole in a sidecar,
`.<file>.xattr` beside the file, and the attributes hold what identifies the object (so that other tools still find
its name, size and ETag) and, in user.swift.sidecar, the MD5 of the sidecar. The sidecar is in place, synced, before
its file gets its name, and goes after it: a file without the sidecar it names is corrupt, a sidecar alone is rubbish.
"""
import errno
import hashlib
import io
import os
import pickle
import struct

from swift.obj.errors import MetadataError

KEY, CHECKSUM, SIDECAR = 'user.swift.metadata', 'user.swift.metadata_checksum', 'user.swift.sidecar'
_CHUNK = 65536
_NO_ROOM = (errno.ENOSPC, errno.E2BIG, errno.ERANGE, errno.ENAMETOOLONG)
_ESSENTIAL = ('name', 'X-Timestamp', 'Content-Length', 'ETag', 'Content-Type', 'Content-Type-Timestamp', 'X-Delete-At')
_LONG = 1024        # bytes; longer values are no part of what identifies an object


class _Plain(pickle.Unpickler):
    """Finds no class: a pickle holds dicts, lists, text, bytes and numbers, or it is refused."""

    def find_class(self, module, name):
        # Python 3 pickles bytes of protocol 2 as a call of codecs.encode(text, 'latin1'), empty ones as bytes().
        if (module, name) == ('_codecs', 'encode'):
            return _latin1
        if (module, name) in (('__builtin__', 'bytes'), ('builtins', 'bytes')):
            return _no_bytes
        raise pickle.UnpicklingError(f'{module}.{name} is no plain data')

    def persistent_load(self, pid):
        raise pickle.UnpicklingError('a persistent id is no plain data')


def _latin1(text, encoding):
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'encoding {encoding!r}')
    return text.encode('latin-1')


def _no_bytes():
    return b''


def loads_plain(data, encoding='utf-8'):
    """What a pickle of plain data holds. Raises ValueError when it is none.

    Python 2's byte strings become text by `encoding`, or stay bytes when that is 'bytes'.
    """
    try:
        return _Plain(io.BytesIO(data), encoding=encoding).load()
    except Exception as error:
        raise ValueError(f'not a pickle of plain data: {error}') from error


def dumps(metadata):
    """The pickle of metadata: a dict of byte strings, as Python 2 wrote it."""
    parts = [b'\x80\x02}(']
    for name, value in metadata.items():
        parts.append(_string(name.encode('latin-1')))
        parts.append(_string(value.encode() if name == 'name' else value.encode('latin-1')))
    parts.append(b'u.')
    return b''.join(parts)


def _string(data):
    # SHORT_BINSTRING and BINSTRING of the pickle protocol.
    return b'U%c%b' % (len(data), data) if len(data) < 256 else b'T' + struct.pack('<i', len(data)) + data


def loads(data):
    """The metadata of a pickle. Raises MetadataError."""
    try:
        found = loads_plain(data, 'bytes')
        # Python 3 wrote the UTF-8 of WSGI strings, Python 2 the bytes themselves.
        values = 'utf-8' if b'_codecs\nencode' in data[:64] else 'latin-1'
        return dict(_pair(name, value, values) for name, value in found.items())
    except (ValueError, AttributeError, TypeError) as error:
        raise MetadataError(str(error)) from error


def _pair(name, value, values):
    name = name.decode('latin-1') if isinstance(name, bytes) else name
    if isinstance(value, bytes):
        value = value.decode('utf-8' if name == 'name' else values)
    if not isinstance(name, str) or not isinstance(value, str):
        raise MetadataError(f'{name!r}: not text')
    return name, value


def sidecar(path):
    """Where the metadata of the file at `path` is when its attributes do not hold it."""
    directory, name = os.path.split(path)
    return os.path.join(directory, f'.{name}.xattr')


def write(fd, metadata):
    """Give a file its metadata. Returns None, or the bytes its sidecar must hold. Raises OSError."""
    data = dumps(metadata)
    try:
        _set(fd, data)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _remove(fd)
        _set(fd, dumps({name: metadata[name] for name in _ESSENTIAL if len(metadata.get(name, '')) <= _LONG * 2
                        and name in metadata}))
        os.setxattr(fd, SIDECAR, _md5(data))
        return data
    return None


def _set(fd, data):
    for number, start in enumerate(range(0, len(data), _CHUNK)):
        os.setxattr(fd, f'{KEY}{number or ""}', data[start:start + _CHUNK])
    os.setxattr(fd, CHECKSUM, _md5(data))


def _remove(fd):
    for name in os.listxattr(fd):
        if name.startswith(KEY):
            os.removexattr(fd, name)


def read(fd, path):
    """The metadata of an open file; its sidecar is looked for beside `path`. Raises MetadataError, OSError."""
    try:
        data = os.getxattr(fd, KEY)
    except OSError as error:
        if error.errno == errno.ENODATA:
            raise MetadataError(f'{path} has no metadata') from None
        raise
    rest = 0
    while piece := _attribute(fd, f'{KEY}{(rest := rest + 1)}'):
        data += piece
    checksum = _attribute(fd, CHECKSUM)
    if checksum is not None and checksum != _md5(data):
        raise MetadataError(f'{path}: the metadata does not match its checksum')
    # Only what nearly filled the attributes of a small file system can have one.
    wanted = _attribute(fd, SIDECAR)
    return loads(data if wanted is None else _read_sidecar(path, wanted))


def _attribute(fd, name):
    try:
        return os.getxattr(fd, name)
    except OSError as error:
        if error.errno == errno.ENODATA:
            return None
        raise


def _read_sidecar(path, wanted):
    try:
        with open(sidecar(path), 'rb') as file:
            data = file.read()
    except FileNotFoundError:
        raise MetadataError(f'{path}: {os.path.basename(sidecar(path))} is missing') from None
    if _md5(data) != wanted:
        raise MetadataError(f'{sidecar(path)}: not what the object was written with')
    return data


def _md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()
