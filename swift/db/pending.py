"""The pending file of a database: rows that are acknowledged (fsynced) but not yet in the tables.

To append a line costs one write and one fsync; a transaction costs several. A line is `:` and the base64 of a pickled
tuple of plain values, as the original writes it. Nothing else is loaded from it: no class is ever looked up.
"""
import base64
import binascii
import contextlib
import io
import logging
import os
import pickle

LOG = logging.getLogger(__name__)


class _Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f'{module}.{name}: only plain values are expected')


def line(record):
    """The bytes that stand for a tuple of str, int and None."""
    return b':' + base64.b64encode(pickle.dumps(record, protocol=2))


def size(path):
    """Bytes in the file; 0 when there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def append(path, lines):
    """Add lines, on disk when this returns; returns the file's size. The caller holds the lock."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        before = os.fstat(descriptor).st_size
        data = b''.join(lines)
        written = os.write(descriptor, data)
        if written != len(data):
            # Half a line would hide the next one.
            os.ftruncate(descriptor, before)
            raise OSError(28, 'no room for the pending file')
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return before + written


def read(path):
    """The tuples in the file, oldest first. A line that was cut by a crash was never acknowledged: it is skipped."""
    try:
        with open(path, 'rb') as file:
            content = file.read()
    except FileNotFoundError:
        return []
    records = []
    for each in content.split(b':'):
        if each:
            try:
                records.append(_load(each))
            except (ValueError, EOFError, IndexError, KeyError, TypeError, pickle.UnpicklingError) as error:
                LOG.warning('%s: a line cannot be read: %s', path, error)
    return records


def _load(encoded):
    try:
        record = _Plain(io.BytesIO(base64.b64decode(encoded, validate=True)), encoding='utf-8').load()
    except binascii.Error as error:
        raise ValueError(error) from None
    if not isinstance(record, tuple | list):
        raise ValueError('not a row')
    return tuple(each.decode() if isinstance(each, bytes) else each for each in record)


def clear(path):
    """Empty the file: its rows are in the tables now."""
    with contextlib.suppress(FileNotFoundError):
        os.truncate(path, 0)
