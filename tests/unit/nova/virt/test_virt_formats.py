"""Images from outside, harmless and not."""
import json
import struct
import subprocess

import pytest

from nova.virt import formats

MB = 1 << 20


def make(tmp_path, disk_format, *options):
    path = str(tmp_path / f'image.{disk_format}')
    subprocess.run(['qemu-img', 'create', '-q', '-f', disk_format, *options, path, '8M'], check=True)
    return path


def write(tmp_path, content):
    path = tmp_path / 'image'
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize(('name', 'qemu_name', 'options'), [
    ('raw', 'raw', ()), ('qcow2', 'qcow2', ()), ('qcow2', 'qcow2', ('-o', 'compat=0.10')), ('vdi', 'vdi', ()),
    ('vmdk', 'vmdk', ('-o', 'subformat=monolithicSparse')), ('vmdk', 'vmdk', ('-o', 'subformat=streamOptimized')),
    ('vhd', 'vpc', ()), ('vhd', 'vpc', ('-o', 'subformat=fixed')), ('vhdx', 'vhdx', ())])
def test_what_qemu_makes_is_known(tmp_path, name, qemu_name, options):
    found = formats.inspect(make(tmp_path, qemu_name, *options), name)
    assert (found.name, found.qemu_name) == (name, qemu_name)
    if name != 'vhdx':
        assert 8 * MB <= found.virtual_size < 9 * MB


def test_iso_and_partition_images(tmp_path):
    iso = write(tmp_path, b'\0' * 0x8001 + b'CD001' + b'\0' * 4096)
    assert formats.inspect(iso, 'iso').name == 'iso'
    assert formats.inspect(iso, 'raw').qemu_name == 'raw'
    assert formats.inspect(write(tmp_path, b'kernel' * 100), 'aki').name == 'raw'


@pytest.mark.parametrize(('declared', 'actual'),
                         [('raw', 'qcow2'), ('qcow2', 'raw'), ('ami', 'vmdk'), ('iso', 'qcow2')])
def test_content_must_be_what_was_declared(tmp_path, declared, actual):
    with pytest.raises(formats.Unsafe, match=f'registered with disk format {declared}, but its content is {actual}'):
        formats.inspect(make(tmp_path, actual), declared)


def test_qcow2_with_a_backing_file(tmp_path):
    base = make(tmp_path, 'raw')
    path = str(tmp_path / 'overlay')
    subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', base, path], check=True)
    with pytest.raises(formats.Unsafe, match='backing file'):
        formats.inspect(path)


def test_qcow2_with_a_data_file(tmp_path):
    data = str(tmp_path / 'data')
    path = make(tmp_path, 'qcow2', '-o', f'data_file={data},data_file_raw=on')
    with pytest.raises(formats.Unsafe, match='external data file'):
        formats.inspect(path)
    # Also when the feature bit is hidden and only the header extension is left.
    with open(path, 'r+b') as file:
        file.seek(72)
        file.write(struct.pack('>Q', 0))
    with pytest.raises(formats.Unsafe, match='external data file'):
        formats.inspect(path)


def test_encrypted_qcow2(tmp_path):
    path = write(tmp_path, struct.pack('>4sIQIIQI', b'QFI\xfb', 2, 0, 0, 16, MB, 1).ljust(512, b'\0'))
    with pytest.raises(formats.Unsafe, match='encrypted'):
        formats.inspect(path)


@pytest.mark.parametrize('subformat', ['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat'])
def test_vmdk_in_several_files(tmp_path, subformat):
    with pytest.raises(formats.Unsafe, match='other files'):
        formats.inspect(make(tmp_path, 'vmdk', '-o', f'subformat={subformat}'))


@pytest.mark.parametrize(('old', 'new', 'why'), [
    (b'createType="monolithicSparse"', b'createType="monolithicFlat"  ', 'VMDK type is monolithicFlat'),
    (b'createType="monolithicSparse"', b'xreateType="monolithicSparse"', 'not given'),
    (b'RW 16384 SPARSE "image.vmdk"', b'RW 16384 FLAT "/etc/passwd"0', 'extents'),
    (b'RW 16384 SPARSE "image.vmdk"', b'RW 16384 SPARSE "/etc/shado"', 'extents'),
    (b'parentCID=ffffffff', b'parentCID=12345678', 'parent'),
])
def test_vmdk_with_a_hostile_descriptor(tmp_path, old, new, why):
    path = make(tmp_path, 'vmdk')
    with open(path, 'rb') as file:
        content = file.read()
    assert old in content
    with open(path, 'wb') as file:
        file.write(content.replace(old, new))
    with pytest.raises(formats.Unsafe, match=why):
        formats.inspect(path)


@pytest.mark.parametrize(('content', 'why'), [
    (b'QED\0' + b'\0' * 600, 'QED'), (b'LUKS\xba\xbe' + b'\0' * 600, 'LUKS'), (b'COWD' + b'\0' * 600, 'COWD'),
    (b'QFI\xfb\0\0\0\x03', 'damaged'), (b'KDMV\x01', 'damaged'),
    (struct.pack('>4sI', b'QFI\xfb', 9).ljust(600, b'\0'), 'version 9')])
def test_what_is_not_supported_says_so(tmp_path, content, why):
    with pytest.raises(formats.Unsafe, match=why):
        formats.inspect(write(tmp_path, content))


def test_sizes_agree_with_qemu(tmp_path):
    for disk_format in ('qcow2', 'vmdk', 'vdi'):
        path = make(tmp_path, disk_format)
        out = subprocess.run(['qemu-img', 'info', '--output=json', path], check=True, capture_output=True).stdout
        assert formats.inspect(path).virtual_size == json.loads(out)['virtual-size']
