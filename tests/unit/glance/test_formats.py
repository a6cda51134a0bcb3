"""Image formats, looked into while they stream: what is dangerous, what matches, how big it is inside."""
import os
import random
import shutil
import struct
import subprocess
import uuid

import pytest

from glance.exception import DangerousImage, FormatMismatch
from glance.image.formats import Inspection

ALL = ('raw', 'qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi', 'iso', 'ami', 'aki', 'ari', 'ploop', 'gpt')
KIB, MIB = 1024, 1024 * 1024

needs_qemu = pytest.mark.skipif(not shutil.which('qemu-img'), reason='qemu-img makes the images of this test')


def inspect(data, disk_format='raw', container='bare', enforce=False, step=300000):
    """The Finding of some data, in pieces."""
    inspection = Inspection(disk_format, container, enforce)
    for start in range(0, len(data), step):
        inspection.feed(data[start:start + step])
    return inspection.finish()


def qcow2(version=3, backing=0, backing_name=b'', features=0, extensions=b'', size=MIB):
    """A qcow2 header."""
    header = struct.pack('>4sIQIIQIIQQIIQ', b'QFI\xfb', version, backing, len(backing_name), 16, size, 0, 1, 0, 0, 0,
                         0, 0)
    if version >= 3:
        header += struct.pack('>QQQII', features, 0, 0, 4, 104)
    header += extensions + struct.pack('>II', 0, 0)
    return header.ljust(backing, b'\0') + backing_name + bytes(4096)


def vmdk(text, capacity=2048, text_offset=1, text_size=20, directory=0, tail=b''):
    """A sparse VMDK with its text inside."""
    header = struct.pack('<4sIIQQQQIQQQ', b'KDMV', 1, 3, capacity, 128, text_offset, text_size, 512, 0, directory, 0)
    return header.ljust(512, b'\0') + text.ljust(text_size * 512, b'\0') + bytes(64 * KIB) + tail


def description(kind='monolithicSparse', extents=('RW 2048 SPARSE "disk.vmdk"',), more=''):
    """The text of a VMDK."""
    return (f'# Disk DescriptorFile\nversion=1\nCID=3af51332\nparentCID=ffffffff\ncreateType="{kind}"\n{more}\n'
            '# Extent description\n' + '\n'.join(extents) + '\n').encode()


@pytest.mark.parametrize('disk_format', ALL)
@pytest.mark.parametrize('size', [0, 1, 511, 4096, 3 * MIB])
def test_random_bytes_are_taken_under_any_format(disk_format, size):
    assert inspect(random.Random(size).randbytes(size), disk_format).formats == ('raw',)


@pytest.mark.parametrize('disk_format', ALL)
@pytest.mark.parametrize('data', [qcow2(), qcow2(2), vmdk(description()), b'conectix' + bytes(600), b'QFI\xfb', b'KDMV',
                                  b'vhdxfile', b'QED\0', b'COWD', b'version=1\nsome text', b'# only a comment\n'],
                         ids=lambda data: repr(data[:8]))
def test_harmless_data_is_taken_under_any_format(disk_format, data):
    inspect(data, disk_format)


DANGEROUS = {
    'backing file': (qcow2(backing=512, backing_name=b'/etc/passwd'), '/etc/passwd'),
    'backing file of version 2': (qcow2(2, 512, b'json:{"driver":"nbd"}'), 'json:'),
    'backing file of version 1': (struct.pack('>4sIQI', b'QFI\xfb', 1, 48, 5) + bytes(28) + b'/root' + bytes(100),
                                  '/root'),
    'backing file far away': (qcow2(backing=65000, backing_name=b'/x'), '/x'),
    'data file': (qcow2(features=4), 'external data file'),
    'data file extension': (qcow2(extensions=struct.pack('>II8s', 0xE2792ACA, 3, b'raw')
                                  + struct.pack('>II8s', 0x44415441, 8, b'/etc/abc')), '/etc/abc'),
    'qed': (struct.pack('<4sIIIQQQQQII', b'QED\0', 65536, 4, 1, 1, 0, 0, 0, MIB, 64, 4) + b'/etc' + bytes(100), '/etc'),
    'flat extent': (description('monolithicFlat', ['RW 2048 FLAT "/etc/shadow" 0']), '/etc/shadow'),
    'text without a mark': (b'\n# hello\n\n' + description('twoGbMaxExtentFlat', ['RW 1 FLAT "a" 0']), "'a'"),
    'embedded extent path': (vmdk(description(extents=['RW 2048 SPARSE "/dev/sda"'])), '/dev/sda'),
    'embedded parent directory': (vmdk(description(extents=['RW 2048 SPARSE "../x.vmdk"'])), '../x.vmdk'),
    'embedded flat': (vmdk(description('monolithicFlat')), 'monolithicFlat'),
    'two extents': (vmdk(description(extents=['RW 1 SPARSE "a"', 'RW 1 SPARSE "b"'])), '2 extents'),
    'no capacity': (vmdk(description(), capacity=0), 'no capacity'),
    'no text': (vmdk(b'', text_offset=0), 'no description'),
    'text too big': (vmdk(description(), text_size=4000), 'more than can be checked'),
    'parent': (vmdk(description(more='parentFileNameHint="/etc/x"')), '/etc/x'),
    'parent id': (vmdk(description().replace(b'ffffffff', b'12345678')), '12345678'),
    'parent where only QEMU looks': (
        vmdk(b'parentFileNameHint="/etc/x"', text_offset=30, text_size=20).ljust(30 * 512)[:30 * 512]
        + description().ljust(20 * 512, b'\0'), '/etc/x'),
    'contradicting footer': (vmdk(description(), directory=2 ** 64 - 1, tail=bytes(512) + vmdk(b'', capacity=0)[:512]
                                  + bytes(512)), 'contradicts'),
    'cowd parent': (struct.pack('<4sIIIIIII', b'COWD', 1, 0, 1, 1, 1, 1, 1) + b'/etc/parent'.ljust(1024, b'\0'),
                    '/etc/parent'),
    'differencing vhd': (b'conectix'.ljust(60, b'\0') + struct.pack('>I', 4) + bytes(600), 'differencing'),
    'differencing fixed vhd': (bytes(8192) + (b'conectix'.ljust(60, b'\0') + struct.pack('>I', 4)).ljust(512, b'\0'),
                               'differencing'),
    'differencing vdi': (bytes(64) + b'\x7f\x10\xda\xbe' + struct.pack('<III', 0x10001, 400, 4) + bytes(400),
                         'differencing'),
}


@pytest.mark.parametrize('disk_format', ['raw', 'qcow2', 'vmdk', 'iso'])
@pytest.mark.parametrize('name', DANGEROUS)
def test_data_that_names_other_files_is_refused_under_any_format(name, disk_format):
    data, hint = DANGEROUS[name]
    for step in (100, 300000):
        with pytest.raises(DangerousImage) as caught:
            inspect(data, disk_format, step=step)
        assert hint in str(caught.value) and caught.value.code == 415


def test_an_early_mark_is_refused_before_the_rest_arrives():
    inspection = Inspection('raw')
    with pytest.raises(DangerousImage):
        inspection.feed(DANGEROUS['backing file'][0].ljust(MIB, b'\0'))


@pytest.mark.parametrize('text', [b'no mark\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/passwd" 0\n',
                                  (b'createType="vmfs"\nRW 1 VMFS "/x"\n#').ljust(510, b'#') + b'\x55\xaa',
                                  b' ' * 300000 + b'\ncreateType="monolithicFlat"\nRW 1 FLAT "/x" 0\n'])
def test_declared_a_vmdk_any_list_of_extents_is_refused(text):
    with pytest.raises(DangerousImage):
        inspect(text, 'vmdk')
    inspect(text, 'raw')


def test_a_name_is_shown_without_control_characters():
    with pytest.raises(DangerousImage) as caught:
        inspect(qcow2(backing=512, backing_name=b'/e\x1b[31m\n\0tc'))
    assert str(caught.value).isprintable()


def vhdx(*items):
    """A VHDX whose metadata region, at 2 MiB, has (id, flags or size, bytes) items."""
    data = bytearray(4 * MIB)
    data[:8] = b'vhdxfile'
    data[192 * KIB:192 * KIB + 16] = struct.pack('<4sIII', b'regi', 0, 1, 0)
    region = uuid.UUID('8B7CA206-4790-4B9A-B8FE-575F050F886E').bytes_le
    data[192 * KIB + 16:192 * KIB + 48] = struct.pack('<16sQII', region, 2 * MIB, MIB, 1)
    data[2 * MIB:2 * MIB + 12] = struct.pack('<8sHH', b'metadata', 0, len(items))
    for number, (kind, value) in enumerate(items):
        entry = struct.pack('<16sIIII', uuid.UUID(kind).bytes_le, 65536 + 8 * number, 8, 0, 0)
        data[2 * MIB + 32 + 32 * number:2 * MIB + 64 + 32 * number] = entry
        data[2 * MIB + 65536 + 8 * number:2 * MIB + 65544 + 8 * number] = value
    return bytes(data)


SIZE, PARAMETERS, LOCATOR = ('2FA54224-CD1B-4876-B211-5DBED83BF4B8', 'CAA16737-FA36-4D43-B3B6-33F0AA44E76B',
                             'A8D35F2D-B30B-454D-ABF7-D3D84834AB0C')


def test_vhdx():
    assert inspect(vhdx((SIZE, struct.pack('<Q', 5 * MIB)))).virtual_size == 5 * MIB
    for data in (vhdx((PARAMETERS, struct.pack('<II', 0, 2))), vhdx((LOCATOR, bytes(8)))):
        with pytest.raises(DangerousImage, match='parent'):
            inspect(data)


@pytest.mark.parametrize('size', [-1, 2 ** 64 - 1, 2 ** 63])
def test_a_made_up_size_is_no_size(size):
    assert inspect(qcow2(size=size % 2 ** 64), 'qcow2').virtual_size is None


def iso(blocks=20):
    """The beginning of an ISO 9660 file system."""
    descriptor = b'\x01CD001\x01'.ljust(80, b'\0') + struct.pack('<I', blocks) + bytes(44) + struct.pack('<H', 2048)
    return bytes(32768) + descriptor + bytes(9999)


def test_virtual_sizes():
    assert inspect(iso(), 'iso').virtual_size == 20 * 2048
    assert inspect(bytes(5000), 'raw').virtual_size == 5000
    assert inspect(bytes(5000), 'qcow2').virtual_size is None
    assert inspect(qcow2(size=7 * MIB), 'qcow2').virtual_size == 7 * MIB
    assert inspect(vmdk(description(), capacity=99), 'vmdk').virtual_size == 99 * 512


MATCHES = [('qcow2', qcow2()), ('vmdk', vmdk(description())), ('iso', iso()), ('raw', bytes(9999)), ('ami', bytes(999)),
           ('raw', bytes(510) + b'\x55\xaa' + bytes(999)), ('gpt', bytes(510) + b'\x55\xaaEFI PART' + bytes(999)),
           ('vhdx', vhdx()),
           ('vhd', bytes(2 * MIB) + b'conectix'.ljust(512, b'\0')), ('ploop', b'WithouFreSpacExt' + bytes(999))]


@pytest.mark.parametrize('disk_format,data', MATCHES)
def test_enforced_data_in_its_format_is_taken(disk_format, data):
    inspect(data, disk_format, 'ami' if disk_format == 'ami' else 'bare', enforce=True)


@pytest.mark.parametrize('disk_format,data', [('raw', qcow2()), ('qcow2', bytes(9999)), ('iso', qcow2()),
                                              ('vmdk', bytes(2 * MIB)),
                                              ('vhd', bytes(2 * MIB)), ('ami', iso()), ('gpt', bytes(9999))])
def test_enforced_other_data_is_refused(disk_format, data):
    with pytest.raises(FormatMismatch, match=disk_format):
        inspect(data, disk_format, enforce=True)
    inspect(data, disk_format, enforce=False)
    inspect(data, disk_format, 'ova', enforce=True)


@needs_qemu
@pytest.mark.parametrize('kind,options', [('qcow2', ()), ('qcow2', ('-o', 'compat=0.10')), ('vmdk', ()), ('vhdx', ()),
                                          ('vdi', ()),
                                          ('vmdk', ('-o', 'subformat=streamOptimized')), ('vpc', ()),
                                          ('vpc', ('-o', 'subformat=fixed')),
                                          ('qed', ()), ('parallels', ())])
def test_what_qemu_makes(tmp_path, kind, options):
    path = tmp_path / 'image'
    subprocess.run(['qemu-img', 'create', '-q', '-f', kind, *options, path, '8M'], check=True)
    name = {'vpc': 'vhd', 'parallels': 'ploop'}.get(kind, kind)
    found = inspect(path.read_bytes(), name)
    assert name in found.formats and 8 * MIB <= found.virtual_size < 8.1 * MIB


@needs_qemu
@pytest.mark.parametrize('kind,options', [
    ('qcow2', ('-b', '/etc/passwd', '-F', 'raw')), ('qcow2', ('-o', 'data_file={}/data')),
    ('qed', ('-b', '/etc/passwd', '-F', 'raw')),
    ('vmdk', ('-o', 'subformat=monolithicFlat')), ('vmdk', ('-o', 'subformat=twoGbMaxExtentSparse')),
    ('qcow', ('-b', '/etc/passwd', '-F', 'raw'))])
def test_what_qemu_makes_of_several_files(tmp_path, kind, options):
    path = tmp_path / 'image'
    options = [each.format(tmp_path) for each in options]
    subprocess.run(['qemu-img', 'create', '-q', '-f', kind, *options, path, '8M'], check=True)
    with pytest.raises(DangerousImage):
        inspect(path.read_bytes(), kind)


def test_uploads_are_inspected(cloud, stored, conf):
    # Whether or not formats have to match.
    conf.set('image_format_enforcement', False)
    for name, (data, _) in DANGEROUS.items():
        image = cloud.owner.create(disk_format='qcow2')
        answer = cloud.owner('PUT', f'/v2/images/{image["id"]}/file', data=data)
        assert answer.status_int == 415 and 'The data is refused' in answer.text, name
        assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['status'] == 'queued'
    assert stored() == []


def test_enforcement_is_configured(cloud, conf):
    image = cloud.owner.create(disk_format='qcow2')
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/file', data=b'x' * 9999).status_int == 415
    conf.set('image_format_enforcement', False)
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/file', data=b'x' * 9999).status_int == 204


def test_the_virtual_size_is_recorded(cloud):
    image = cloud.owner.upload(cloud.owner.create(disk_format='qcow2'), qcow2(size=9 * MIB))
    assert image['virtual_size'] == 9 * MIB


def test_constant_memory():
    inspection = Inspection('raw')
    chunk = os.urandom(MIB)
    for _ in range(50):
        inspection.feed(chunk)
    assert len(inspection._view.head) + len(inspection._view.tail) < 2 * MIB
