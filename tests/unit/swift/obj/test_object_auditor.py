import os

import pytest

from swift import recon_cache
from swift.obj.auditor import ObjectAuditor
from tests.unit.swift.obj.node import write


@pytest.fixture
def auditor(node):
    return ObjectAuditor({**node.conf, 'files_per_second': '0', 'bytes_per_second': '0',
                          'zero_byte_files_per_second': '10000'})


def damage(node, what, device='sda'):
    (name,) = node.files(device)
    with open(f'{node.devices}/{device}/objects/{name}', 'r+b') as file:
        what(file)


def test_sound_objects_stay(node, auditor):
    for device in ('sda', 'sdb'):
        write(node.file(device=device), b'12345')
    found = auditor.run_once()
    assert (found['ALL']['audited'], found['ALL']['quarantined'], found['ALL']['bytes_processed']) == (2, 0, 10)
    assert found['ZBF']['audited'] == 2


def test_a_flipped_bit_is_found_by_the_pass_that_reads_everything(node, auditor):
    write(node.file(), b'12345')
    before = node.manager.hashes('sda', node.part(), [], node.policy)
    damage(node, lambda file: file.write(b'X'))
    found = auditor.run_once()
    assert (found['ZBF']['quarantined'], found['ALL']['quarantined']) == (0, 1)
    assert node.files() == []
    assert len(node.files(below='quarantined/objects')) == 1
    assert node.manager.hashes('sda', node.part(), [], node.policy) != before


@pytest.mark.parametrize('size', [0, 2])
def test_truncation_is_found_by_the_fast_pass(node, auditor, size):
    write(node.file(), b'12345')
    damage(node, lambda file: file.truncate(size))
    assert auditor.run_once()['ZBF']['quarantined'] == 1


def test_lost_metadata_is_found(node, auditor):
    write(node.file(), b'12345')
    damage(node, lambda file: os.removexattr(file.fileno(), 'user.swift.metadata'))
    assert auditor.run_once()['ZBF']['quarantined'] == 1


def test_an_object_in_the_directory_of_another_is_found(node, auditor):
    write(node.file(), b'12345')
    path = node.file().path
    os.rename(path, os.path.join(os.path.dirname(path), '0' * 29 + path[-3:]))
    assert auditor.run_once()['ZBF']['quarantined'] == 1


def test_deleted_and_strange_things_are_left_alone(node, auditor):
    node.file('deleted').delete(node.file().timestamp_of({'X-Timestamp': '1700000001.00000'}))
    os.makedirs(f'{node.devices}/sda/objects/strange/things')
    os.makedirs(f'{node.devices}/sda/objects/1/xyz')
    found = auditor.run_once()
    assert found['ALL'].items() >= {'audited': 0, 'quarantined': 0, 'errors': 0}.items()


def test_a_disk_that_cannot_be_read_does_not_end_the_pass(node, auditor, monkeypatch):
    for device in ('sda', 'sdb'):
        write(node.file(device=device), b'12345')
    real = auditor.manager.from_hash

    def fail(device, *arguments):
        if device == 'sda':
            raise OSError(5, 'no')
        return real(device, *arguments)
    monkeypatch.setattr(auditor.manager, 'from_hash', fail)
    found = auditor.run_once()['ALL']
    assert (found['audited'], found['errors']) == (1, 1)


def test_what_died_in_tmp_is_cleared_away(node, auditor):
    os.makedirs(f'{node.devices}/sda/tmp')
    path = f'{node.devices}/sda/tmp/old'
    with open(path, 'w') as file:
        file.write('x')
    os.utime(path, (1, 1))
    auditor.run_once()
    assert not os.path.exists(path)


def test_figures_are_left_for_recon(node, auditor):
    write(node.file(), b'12345')
    auditor.run_once()
    found = recon_cache.read(node.conf['recon_cache_path'], 'object')
    assert found['object_auditor_stats_ALL']['passes'] == 1
    assert found['object_auditor_stats_ZBF']['bytes_processed'] == 0


def test_only_the_fast_pass_on_request(node):
    auditor = ObjectAuditor({**node.conf, 'zero_byte_fps': '1000'})
    assert list(auditor.run_once()) == ['ZBF']


def test_only_some_devices_on_request(node):
    for device in ('sda', 'sdb'):
        write(node.file(device=device), b'12345')
    auditor = ObjectAuditor({**node.conf, 'zero_byte_fps': '1000', 'override_devices': 'sdb'})
    assert auditor.run_once()['ZBF']['audited'] == 1


def test_sizes_are_counted(node, auditor, caplog):
    auditor.sizes = [2, 5]
    for name, body in (('empty', b''), ('few', b'12345'), ('many', b'1' * 6), ('more', b'1' * 7)):
        write(node.file(name), body)
    caplog.set_level('INFO')
    auditor.run_once()
    assert "Object audit (ALL): sizes up to: {2: 1, 5: 1, 'OVER': 2}" in caplog.text
