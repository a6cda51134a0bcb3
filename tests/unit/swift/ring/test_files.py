"""Ring and builder files: what others wrote is read, what is written others can read, and nothing runs code."""
import array
import base64
import gzip
import hashlib
import json
import os
import pickle
import struct
import sys

import pytest

from swift.exceptions import ConfigurationError
from swift.ring import builder_file, ring_file
from swift.ring.builder import BuilderError, RingBuilder
from swift.ring.ring import Ring

DEVS = [{'device': 'sdb', 'id': 0, 'ip': '10.0.0.1', 'meta': '', 'port': 6200, 'region': 1,
         'replication_ip': '10.1.0.1', 'replication_port': 6300, 'weight': 100.0, 'zone': 2}, None,
        {'device': 'sdc', 'id': 2, 'ip': '::1', 'meta': 'x', 'port': 6200, 'region': 1, 'replication_ip': '::1',
         'replication_port': 6200, 'weight': 50.0, 'zone': 3}]


def data():
    return ring_file.RingData(DEVS, 30, [array.array('H', [0, 2, 0, 2]), array.array('H', [2, 0])], 3, 17)


def built():
    made = RingBuilder(4, 2, 1)
    for number in range(4):
        made.add_dev({'region': 1, 'zone': number, 'ip': '10.0.0.1', 'port': 6200, 'device': f'd{number}', 'weight': 1})
    made.rebalance(1)
    return made


def test_a_ring_file_is_as_published(tmp_path):
    path = tmp_path / 'object.ring.gz'
    ring_file.write(str(path), data())
    raw = path.read_bytes()
    assert struct.unpack('<I', raw[4:8])[0] == 1300507380
    content = gzip.decompress(raw)
    magic, version, length = struct.unpack_from('!4sHI', content)
    header = json.loads(content[10:10 + length])
    assert (magic, version) == (b'R1NG', 1)
    assert header == {'byteorder': sys.byteorder, 'devs': DEVS, 'part_shift': 30, 'replica_count': 2,
                      'next_part_power': 3, 'version': 17}
    assert array.array('H', content[10 + length:]).tolist() == [0, 2, 0, 2, 2, 0]


def test_equal_rings_are_equal_files_and_read_back(tmp_path):
    one, other = str(tmp_path / 'a'), str(tmp_path / 'b')
    ring_file.write(one, data())
    ring_file.write(other, data())
    read = ring_file.read(one)
    assert read.md5 == hashlib.md5((tmp_path / 'b').read_bytes()).hexdigest()
    assert (read.devs, read.assignments, read.part_power, read.replica_count) == (DEVS, data().assignments, 2, 1.5)
    assert (read.next_part_power, read.version) == (3, 17)


def test_the_other_byte_order_and_old_headers_are_read():
    old = {'devs': [{'id': 0, 'zone': 1, 'ip': 'h', 'port': 1, 'device': 'd', 'weight': 1.0}], 'part_shift': 30,
           'replica_count': 1, 'byteorder': 'big' if sys.byteorder == 'little' else 'little'}
    header = json.dumps(old).encode()
    row = array.array('H', [0, 1, 2, 3])
    row.byteswap()
    read = ring_file.parse(struct.pack('!4sHI', b'R1NG', 1, len(header)) + header + row.tobytes())
    assert read.assignments == [array.array('H', [0, 1, 2, 3])]
    assert read.devs[0] | {'region': 1, 'replication_ip': 'h', 'replication_port': 1, 'meta': ''} == read.devs[0]


def sections(damage=b''):
    """A version 2 file, unpacked."""
    content = struct.pack('!4sH', b'R1NG', 2)
    index = {}
    rows = array.array('H', [0, 2, 0, 2, 2, 0])
    rows.byteswap()
    for name, blob in (('metadata', json.dumps({'dev_id_bytes': 2, 'part_shift': 30, 'replica_count': 1.5,
                                                'version': 17}).encode()),
                       ('devices', json.dumps(DEVS).encode()), ('assignments', rows.tobytes())):
        start, section = len(content), struct.pack('!Q', len(blob)) + blob
        content += section
        digest = hashlib.sha256(section + damage).hexdigest()
        index[f'swift/ring/{name}'] = [0, start, 0, len(content), 'sha256', digest]
    text = json.dumps(index).encode()
    return content + struct.pack('!Q', len(text)) + text + struct.pack('!QQ', len(content), 0)


@pytest.mark.skipif(sys.byteorder == 'big', reason='the sample is made by swapping')
def test_version_2_is_read():
    read = ring_file.parse(sections())
    assert (read.devs, read.assignments, read.version, read.format_version) == (DEVS, data().assignments, 17, 2)


def test_a_damaged_section_is_noticed():
    with pytest.raises(ValueError, match='damaged'):
        ring_file.parse(sections(b'x'))


@pytest.mark.parametrize('content', [b'', b'R1NG', b'R1NG\0\3', b'R1NG\0\1\0\0\0\2{}', b'R1NG\0\1\xff\xff\xff\xff{}',
                                     b'R1NG\0\1\0\0\0\x04null', b'R1NG\0\2' + b'\0' * 8, b'NOPE\0\1'])
def test_bad_content_is_an_error_not_a_crash(tmp_path, content):
    path = tmp_path / 'x.ring.gz'
    path.write_bytes(gzip.compress(content))
    with pytest.raises(ConfigurationError):
        ring_file.read(str(path))


def test_devices_beyond_the_format_are_refused():
    with pytest.raises(ValueError, match='65534'):
        ring_file.pack(ring_file.RingData([None] * 65536, 31, [array.array('H', [0, 0])]))


def test_a_builder_reads_back_and_goes_on_the_same(tmp_path):
    path = str(tmp_path / 'object.builder')
    made = built()
    made.remove_dev(3)
    builder_file.save(path, made)
    read = builder_file.load(path)
    assert read.removed == [read.devs[3]] and read.removed[0] is read.devs[3]
    assert vars(read) == vars(made)
    made.rebalance(5)
    read.rebalance(5)
    assert read.rows == made.rows and read.devs == made.devs and read.devs[3] is None


def test_a_builder_file_has_the_keys_of_the_original(tmp_path):
    path = tmp_path / 'object.builder'
    builder_file.save(str(path), built())
    values = pickle.loads(path.read_bytes())
    assert set(values) == {'part_power', 'next_part_power', 'replicas', 'min_part_hours', 'parts', 'devs',
                           'devs_changed', 'version', 'overload', '_replica2part2dev', '_last_part_moves_epoch',
                           '_last_part_moves', '_last_part_gather_start', '_dispersion_graph', 'dispersion',
                           '_remove_devs', 'id', 'dev_id_bytes'}
    assert [type(row) for row in values['_replica2part2dev']] == [array.array] * 2
    assert path.read_bytes()[:2] == b'\x80\x02'
    assert set(values['devs'][0]) >= {'id', 'parts', 'parts_wanted', 'weight', 'region', 'zone'}


# What swift-ring-builder of the original (2.38) wrote: `create 2 1 1`, `add r1z1-127.0.0.1:6200/d0 1`, `rebalance`.
ORIGINAL = (
    'H4sIAAAAAAACA12SyY/TMBTGk9LZSpmFZWbYhz1sJV3ShhMSl0FEcJiTL5FlEtNEtEm+JJ0ySJW4MIj/Fk5ceXZadRhbsvw+Pf/8'
    'vmd/r81gWKxhGEYm8pJn6VTmML0a2yIpkV9JWuq1j2yd5FxmozgQBS4cvvlt6ME2aRnHSZUdpZO8QN0z2cocXGDFq7M6RaE8LrDq'
    'Y22GdYutatwwThNsULpK+JYmEg0KahTEGS6yDdq0O4OWTbONps7K0rzEpQ/uvkYQNA4kNvWZ0MaWrmdeZ0l0TqDtqMm2z8kas6Mw'
    'CjqWpcBlpgzhigZPZTyMSlxdGtVVhbjmGWfM7ZK55iLiU5GUMsSeZ0yElpVnHkQiGZK8/2uh8Tjkn05KWeA6NXyNxGOZF6oXNyhW'
    'nU5JGKUixM1DYz7YDi187qGjLuwQCrd83A5EnouTRrXiDjMp8x3u+jiwPKOa8hT3jnBfsF1FGYli/r5juqngMkuDCA/e//1T+6Jb'
    'dT4DD6MK+xaPfDw+i31yBIvt/X9mKMpI5rwoKcBT8qRrD+Miq3zyYS6yCM9meG555g+88PFSMevSMz3zFC0fr5Zx1PwJ20e7UqxK'
    '8owSHR/dSpzon7y8AL1l35pV35QPrj+h46O/eM4BO6BNt9ce2G636wjh9tqBfD347IiO6/QDx5Zu2Ic7af0D7pBBAzIDAAA=')


def test_a_builder_of_the_original_is_read(tmp_path):
    path = tmp_path / 'object.builder'
    path.write_bytes(gzip.decompress(base64.b64decode(ORIGINAL)))
    read = builder_file.load(str(path))
    read.validate()
    assert (read.part_power, read.replicas, read.version, read.devs[0]['device']) == (2, 1.0, 2, 'd0')


class Evil:
    def __reduce__(self):
        return os.system, ('echo evil',)


@pytest.mark.parametrize('content', [pickle.dumps(Evil()), b'', b'junk', pickle.dumps(7), pickle.dumps({}),
                                     pickle.dumps({'part_power': 99, 'replicas': 3, 'min_part_hours': 1}),
                                     pickle.dumps({'part_power': 1, 'replicas': 1, 'min_part_hours': 1, 'devs': [],
                                                   '_replica2part2dev': [array.array('H', [4, 4])]})])
def test_a_builder_file_of_something_else_is_an_error(tmp_path, content, capfd):
    path = tmp_path / 'object.builder'
    path.write_bytes(content)
    with pytest.raises(BuilderError, match='object.builder'):
        builder_file.load(str(path))
    assert 'evil' not in capfd.readouterr().out


def test_a_save_that_fails_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / 'object.builder'
    builder_file.save(str(path), built())
    before = path.read_bytes()

    def full(_):
        raise OSError(28, 'No space left on device')
    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError):
        builder_file.save(str(path), RingBuilder(3, 1, 1))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ['object.builder']


def test_backups_never_overwrite_each_other(tmp_path):
    path = tmp_path / 'object.builder'
    path.write_bytes(b'x')
    made = {builder_file.backup(str(path)) for _ in range(3)}
    assert len(made) == 3 == len(os.listdir(tmp_path / 'backups'))


def test_two_runs_do_not_clash(tmp_path):
    path = str(tmp_path / 'object.builder')
    with builder_file.lock(path), pytest.raises(BuilderError, match='another'):
        with builder_file.lock(path):
            pass
    with builder_file.lock(path):
        pass


def test_a_lost_builder_is_made_from_its_ring(tmp_path):
    path = str(tmp_path / 'object.ring.gz')
    made = built()
    made.save_ring(path)
    again = builder_file.from_ring(ring_file.read(path), 5)
    again.validate()
    assert again.rows == made.rows and again.min_part_hours == 5 and again.version == made.version
    again.save_ring(path + '2')
    assert Ring(path).md5 == Ring(path + '2').md5
