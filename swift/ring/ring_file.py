"""Ring files of the original: gzip of `R1NG`, a header in JSON, and an array of device ids a replica.

Version 1 is written, and version 2 (sections with checksums) is read as well.
"""
import array
import dataclasses
import gzip
import hashlib
import io
import json
import math
import os
import struct
import sys
import zlib

from swift.exceptions import ConfigurationError

MAGIC = b'R1NG'
# The original's, so that equal rings are equal files.
MTIME = 1300507380.0
LAST_ID = 0xfffe
_HEADER = struct.Struct('!4sH')
_LENGTH = struct.Struct('!I')
_LONG = struct.Struct('!Q')


@dataclasses.dataclass
class RingData:
    """What a ring file says.

    devs: a list of dicts (id, region, zone, ip, port, replication_ip, replication_port, device, weight, meta), its
    index the id, None where a device was removed. assignments: an array of device ids per replica, its index the
    partition; the last is shorter when replicas are fractional. version: counts the builder's changes. md5: the
    file's.
    """

    devs: list
    part_shift: int
    assignments: list
    next_part_power: int = None
    version: int = None
    md5: str = None
    size: int = 0
    format_version: int = 1

    @property
    def part_power(self):
        """Partitions are the first so many bits of a name's MD5."""
        return 32 - self.part_shift

    @property
    def replica_count(self):
        """Replicas of a partition, a float: 3.25 when a quarter of the partitions has four."""
        if not self.assignments:
            return 0.0
        full = len(self.assignments[0])
        return sum(len(row) for row in self.assignments) / full


def read(path):
    """The RingData of a file. Raises ConfigurationError."""
    try:
        with open(path, 'rb') as file:
            raw = file.read()
        data = parse(gzip.decompress(raw))
        _check(data)
    except FileNotFoundError:
        raise ConfigurationError(f'{path} does not exist: make it with swift-ring-builder and copy it here.') from None
    except (OSError, EOFError, zlib.error, ValueError, struct.error, KeyError, TypeError) as error:
        raise ConfigurationError(f'{path} is no ring file: {error}') from error
    data.md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    data.size = len(raw)
    return data


def parse(content):
    """The RingData of unpacked bytes. Raises ValueError, struct.error, KeyError or TypeError."""
    magic, version = _HEADER.unpack_from(content)
    if magic != MAGIC:
        raise ValueError('it does not begin with R1NG')
    if version == 2:
        return _parse_sections(content)
    if version != 1:
        raise ValueError(f'format version {version} is not known here')
    offset = _HEADER.size
    (length,) = _LENGTH.unpack_from(content, offset)
    offset += _LENGTH.size
    header = json.loads(content[offset:offset + length])
    rows = _rows(memoryview(content)[offset + length:], 'H', 1 << (32 - header['part_shift']),
                 header['replica_count'], header.get('byteorder', sys.byteorder))
    return RingData([_device(each) for each in header['devs']], header['part_shift'], rows,
                    header.get('next_part_power'), header.get('version'))


def _check(data):
    known = {number for number, device in enumerate(data.devs) if device is not None and device['id'] == number}
    if not all(known.issuperset(row) for row in data.assignments):
        raise ValueError('it places partitions on devices that it does not have')


def _parse_sections(content):
    """Version 2: sections, each after its length, and at the end an index of them and where that begins."""
    (start,) = _LONG.unpack_from(content, len(content) - 2 * _LONG.size)
    index = json.loads(_blob(content, start))

    def section(name):
        _, start, _, end, algorithm, digest = index[f'swift/ring/{name}']
        if algorithm == 'sha256' and hashlib.sha256(content[start:end]).hexdigest() != digest:
            raise ValueError(f'its section {name} is damaged')
        return _blob(content, start)

    header = json.loads(section('metadata'))
    rows = _rows(memoryview(section('assignments')), {2: 'H', 4: 'I'}[header['dev_id_bytes']],
                 1 << (32 - header['part_shift']), header['replica_count'], 'big')
    return RingData([_device(each) for each in json.loads(section('devices'))], header['part_shift'], rows,
                    header.get('next_part_power'), header.get('version'), format_version=2)


def _blob(content, start):
    (length,) = _LONG.unpack_from(content, start)
    blob = content[start + _LONG.size:start + _LONG.size + length]
    if len(blob) != length:
        raise ValueError('it is shorter than it says')
    return blob


def _rows(content, typecode, partitions, replicas, byteorder):
    rows = []
    width = array.array(typecode).itemsize
    for _ in range(math.ceil(replicas)):
        row = array.array(typecode)
        row.frombytes(content[:partitions * width])
        content = content[partitions * width:]
        if byteorder != sys.byteorder:
            row.byteswap()
        rows.append(row)
    if not rows or any(len(row) != partitions for row in rows[:-1]):
        raise ValueError('it is shorter than its header says')
    return rows


def _device(device):
    if device is None:
        return None
    missing = [name for name in ('id', 'zone', 'ip', 'port', 'device', 'weight') if name not in device]
    if missing:
        raise ValueError(f'a device has no {missing[0]}')
    return {'region': 1, 'replication_ip': device['ip'], 'replication_port': device['port'], 'meta': '', **device}


def write(path, data):
    """Write a RingData as a version 1 file: whole or not at all. Raises ValueError when it has too many devices."""
    replace(path, pack(data))


def replace(path, content):
    """Put a file of these bytes in a path's place, so that it survives a crash whole."""
    partial = f'{path}.{os.getpid()}.tmp'
    try:
        with open(partial, 'wb') as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o644)
        os.replace(partial, path)
    except BaseException:
        if os.path.exists(partial):
            os.unlink(partial)
        raise
    sync_directory(os.path.dirname(os.path.abspath(path)))


def sync_directory(path):
    """Make renames in a directory survive a crash."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pack(data):
    """The bytes of a version 1 file."""
    if len(data.devs) - 1 > LAST_ID:
        raise ValueError(f'a ring file holds device ids up to {LAST_ID}; the last here is {len(data.devs) - 1}')
    header = {'byteorder': sys.byteorder, 'devs': data.devs, 'part_shift': data.part_shift,
              'replica_count': len(data.assignments)}
    if data.next_part_power is not None:
        header['next_part_power'] = data.next_part_power
    if data.version is not None:
        header['version'] = data.version
    text = json.dumps(header, sort_keys=True).encode('ascii')
    content = io.BytesIO()
    with gzip.GzipFile('', 'wb', fileobj=content, mtime=MTIME) as packed:
        packed.write(_HEADER.pack(MAGIC, 1) + _LENGTH.pack(len(text)) + text)
        for row in data.assignments:
            packed.write(array.array('H', row).tobytes())
    return content.getvalue()
