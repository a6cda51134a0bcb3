"""Bulk requests that end before they should, and archives whose headers are the bomb."""
import gzip
import io
import tarfile
import time

import pytest

from swift.middleware.bulk import archive
from swift.middleware.bulk.body import Body, Stop
from swift.middleware.bulk.delete import names_of_body
from tests.unit.swift.middleware.test_bulk_extract import tar


class Broken:
    """What a client has sent, and how it went away."""

    def __init__(self, data, error=None):
        self._data, self._error = io.BytesIO(data), error

    def read(self, size):
        piece = self._data.read(size)
        if not piece and self._error:
            raise self._error
        return piece


@pytest.mark.parametrize(('error', 'status'), [
    (None, '499'), (ConnectionResetError(), '499'), (ValueError('no chunk'), '499'), (TimeoutError(), '408')])
def test_half_a_name_is_not_the_name_of_another_object(error, status):
    environ = {'wsgi.input': Broken(b'c/a\nc/obj1', error), 'CONTENT_LENGTH': '11'}
    names = []
    with pytest.raises(Stop) as caught:
        names.extend(names_of_body(Body(environ), 10))
    assert '/c/obj1' not in [name for name, _ in names] and caught.value.status.startswith(status)


def test_a_whole_body_is_read_to_its_end():
    environ = {'wsgi.input': io.BytesIO(b'c/a\nc/obj1'), 'CONTENT_LENGTH': '10'}
    assert [name for name, _ in names_of_body(Body(environ), 10)] == ['/c/a', '/c/obj1']
    environ = {'wsgi.input': io.BytesIO(b'c/a'), 'HTTP_TRANSFER_ENCODING': 'chunked'}
    assert [name for name, _ in names_of_body(Body(environ), 10)] == ['/c/a']


def _header(kind, data):
    info = tarfile.TarInfo('././@LongLink')
    info.type, info.size = kind, len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data + b'\0' * (-len(data) % 512)


def _record(name, size):
    text = f' {name}={"x" * size}\n'
    length = len(text) + len(str(len(text)))
    return f'{length + (len(str(length)) > len(str(len(text))))}{text}'.encode()


@pytest.mark.parametrize('pieces', [
    [_header(tarfile.GNUTYPE_LONGNAME, b'a' * 1000)] * 400, [_header(tarfile.XHDTYPE, b'')] * 1000,
    [_header(tarfile.XGLTYPE, _record(f'k{number}', 2000)) + tar((f'c/{number}', b'x'))[:1024]
     for number in range(400)]])
def test_many_extended_headers_are_as_bad_as_a_large_one(pieces):
    began = time.monotonic()
    with pytest.raises(archive.ArchiveError, match='too large'):
        list(archive.members(io.BytesIO(gzip.compress(b''.join(pieces))), 'tar.gz'))
    assert time.monotonic() - began < 2


def test_some_extended_headers_are_none_too_many():
    members = [(f'c/{"long" * 50}{number}', b'x', {'SCHILY.xattr.user.meta.a': 'v' * 3000}) for number in range(100)]
    found = list(archive.members(io.BytesIO(tar(*members)), 'tar'))
    assert len(found) == 100


def test_a_size_below_zero():
    info = tarfile.TarInfo('c/x')
    info.size = -512
    with pytest.raises(archive.ArchiveError):
        list(archive.members(io.BytesIO(info.tobuf(tarfile.GNU_FORMAT) + b'\0' * 1024), 'tar'))
