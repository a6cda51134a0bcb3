import hashlib
import os
import pickle

import pytest

from swift.obj import metadata
from swift.obj.errors import MetadataError

VALUES = {'name': '/a/ç/ö', 'Content-Type': 'text/plain', 'X-Object-Meta-Colour': 'gr\xc3\xbcn',
          'X-Timestamp': '1.00000'}


@pytest.fixture
def file(tmp_path):
    fd = os.open(tmp_path / '1.data', os.O_CREAT | os.O_RDWR)
    yield fd, str(tmp_path / '1.data')
    os.close(fd)


def store(fd, data):
    os.setxattr(fd, 'user.swift.metadata', data)


def test_what_is_written_is_read(file):
    fd, path = file
    assert metadata.write(fd, VALUES) is None
    assert metadata.read(fd, path) == VALUES


def test_long_values_are_written_as_well(file):
    values = {**VALUES, 'X-Object-Meta-Long': 'x' * 1000}
    metadata.write(file[0], values)
    assert metadata.read(*file) == values


def test_it_is_a_pickle_of_bytes_of_protocol_2(file):
    metadata.write(file[0], VALUES)
    data = os.getxattr(file[0], 'user.swift.metadata')
    assert data[:2] == b'\x80\x02'
    assert pickle.loads(data, encoding='bytes')[b'name'] == '/a/ç/ö'.encode()
    assert os.getxattr(file[0], 'user.swift.metadata_checksum') == hashlib.md5(data).hexdigest().encode()


def test_python_3_of_the_original_is_read(file):
    store(file[0], pickle.dumps({name.encode(): value.encode() for name, value in VALUES.items()} | {b'E': b''}, 2))
    assert metadata.read(*file) == {**VALUES, 'E': ''}


def test_text_is_read(file):
    store(file[0], pickle.dumps(VALUES, 2))
    assert metadata.read(*file) == VALUES


def test_small_pieces_as_essex_wrote_them_are_joined(file):
    data = metadata.dumps(VALUES)
    for number in range(0, len(data), 20):
        os.setxattr(file[0], f'user.swift.metadata{number // 20 or ""}', data[number:number + 20])
    assert metadata.read(*file) == VALUES


@pytest.mark.parametrize('data', [
    b"cos\nsystem\n(S'true'\ntR.", b'\x80\x02cbuiltins\neval\nU\x011\x85R.', b'', b'junk', b'\x80\x02]q\x00.',
    b'\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00rot\x86R.', pickle.dumps({'a': 1}, 2),
    pickle.dumps({'a': ['b']}, 2), b'P1\n.'])
def test_what_is_no_plain_metadata_is_refused(file, data):
    if data:
        store(file[0], data)
    with pytest.raises(MetadataError):
        metadata.read(*file)


def test_a_pickle_that_calls_something_is_refused():
    with pytest.raises(ValueError, match='plain'):
        metadata.loads_plain(b"cos\nsystem\n(S'true'\ntR.")


def test_a_wrong_checksum_is_noticed(file):
    metadata.write(file[0], VALUES)
    os.setxattr(file[0], 'user.swift.metadata_checksum', b'0' * 32)
    with pytest.raises(MetadataError, match='checksum'):
        metadata.read(*file)


class TestMoreThanTheFileSystemHolds:
    VALUES = VALUES | {f'X-Object-Meta-{number}': 'ä'.encode().decode('latin-1') * 128 for number in range(40)}

    def write(self, file):
        rest = metadata.write(file[0], self.VALUES)
        assert rest
        return rest

    def test_the_rest_goes_to_a_sidecar(self, file):
        with open(metadata.sidecar(file[1]), 'wb') as sidecar:
            sidecar.write(self.write(file))
        assert metadata.read(*file) == self.VALUES

    def test_other_tools_still_find_what_identifies_the_object(self, file):
        self.write(file)
        found = metadata.loads(os.getxattr(file[0], 'user.swift.metadata'))
        assert found['name'] == self.VALUES['name']

    def test_a_missing_sidecar_is_noticed(self, file):
        self.write(file)
        with pytest.raises(MetadataError, match='missing'):
            metadata.read(*file)

    def test_a_wrong_sidecar_is_noticed(self, file):
        rest = self.write(file)
        with open(metadata.sidecar(file[1]), 'wb') as sidecar:
            sidecar.write(rest[:-1])
        with pytest.raises(MetadataError, match='not what'):
            metadata.read(*file)
