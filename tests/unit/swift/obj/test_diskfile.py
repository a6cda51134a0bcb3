import os
import time

import pytest

from swift.exceptions import DriveNotMounted
from swift.obj import metadata
from swift.obj.errors import Deleted, Expired, NotExist, Quarantined
from swift.timestamp import Timestamp
from tests.unit.swift.obj.node import Node, write

FIRST, SECOND, THIRD = '1700000001.00000', '1700000002.00000', '1700000003.00000'


def read(file):
    with file.open() as opened:
        return b''.join(iter(lambda: opened.read(3), b''))


def damage(node, change):
    """Apply `change` to the one .data file of the node's first device."""
    (name,) = [name for name in node.files() if name.endswith('.data')]
    path = f'{node.devices}/sda/objects/{name}'
    with open(path, 'r+b') as file:
        change(file)
    return path


def test_an_object_reads_back(node):
    write(node.file(), b'some bytes', FIRST, **{'X-Object-Meta-A': 'b'})
    assert read(node.file()) == b'some bytes'
    with node.file().open() as opened:
        assert opened.size == 10
        assert opened.metadata['X-Object-Meta-A'] == 'b'
        assert opened.timestamp == opened.data_timestamp == opened.content_type_timestamp == FIRST


def test_it_is_where_the_layout_says(node):
    write(node.file(), b'', FIRST)
    name_hash = node.cluster.hash_path('a', 'c', 'o')
    assert node.files() == [f'{node.part()}/{name_hash[-3:]}/{name_hash}/{FIRST}.data']


def test_other_policies_have_directories_of_their_own(tmp_path):
    node = Node(tmp_path, policies=(0, 1))
    write(node.file(policy=node.cluster.policies.by_index(1)), b'one')
    assert node.files() == []
    assert len(node.files(below='objects-1')) == 1
    with pytest.raises(NotExist):
        node.file().open()


def test_nothing_is_left_in_tmp(node):
    write(node.file())
    node.file().delete(Timestamp(SECOND))
    node.file().create().discard()
    assert node.files(below='tmp') == []


def test_what_is_not_committed_cannot_be_read(node):
    writer = node.file().create()
    writer.write(b'half')
    with pytest.raises(NotExist):
        node.file().open()
    writer.discard()
    writer.discard()


def test_newer_data_replaces_older(node):
    write(node.file(), b'new', SECOND)
    write(node.file(), b'old', FIRST)
    assert read(node.file()) == b'new'
    assert len(node.files()) == 1


def test_a_tombstone_hides_older_data_and_is_hidden_by_newer(node):
    write(node.file(), b'x', FIRST)
    node.file().delete(Timestamp(SECOND))
    with pytest.raises(Deleted) as caught:
        node.file().open()
    assert caught.value.timestamp == SECOND
    write(node.file(), b'y', THIRD)
    assert read(node.file()) == b'y'
    assert [name.rpartition('.')[2] for name in node.files()] == ['data']


def test_metadata_of_a_post_replaces_all_but_what_is_of_the_data(node):
    write(node.file(), b'x', FIRST, **{'X-Object-Meta-Old': '1', 'X-Object-Sysmeta-Kept': '2'})
    node.file().write_metadata({'X-Timestamp': SECOND, 'X-Object-Meta-New': '3'})
    with node.file().open() as opened:
        assert opened.metadata.get('X-Object-Meta-Old') is None
        assert opened.metadata['X-Object-Meta-New'] == '3'
        assert opened.metadata['X-Object-Sysmeta-Kept'] == '2'
        assert opened.metadata['Content-Type'] == 'text/plain'
        assert (opened.timestamp, opened.data_timestamp) == (SECOND, FIRST)


def test_a_newer_content_type_of_an_older_post_counts(node):
    write(node.file(), b'x', FIRST)
    typed = {'Content-Type': 'text/new', 'Content-Type-Timestamp': SECOND}
    node.file().write_metadata({'X-Timestamp': SECOND, **typed}, Timestamp(SECOND))
    node.file().write_metadata({'X-Timestamp': THIRD, 'X-Object-Meta-A': 'b'})
    with node.file().open() as opened:
        assert opened.metadata['Content-Type'] == 'text/new'
        assert opened.content_type_timestamp == SECOND
        assert opened.metadata['X-Object-Meta-A'] == 'b'


def test_an_expired_object_is_found_only_on_request(node):
    write(node.file(), b'x', FIRST, **{'X-Delete-At': str(int(time.time()) - 10)})
    with pytest.raises(Expired):
        node.file().open()
    node.file().open(expired=True).close()
    node.file().open(now=time.time() - 100).close()


def test_truncated_data_is_quarantined(node):
    write(node.file(), b'data', FIRST)
    damage(node, lambda file: file.truncate(2))
    with pytest.raises(Quarantined):
        node.file().open()
    assert node.files() == []
    assert len(node.files(below='quarantined/objects')) == 1


def test_a_flipped_bit_is_found_before_the_last_bytes_are_given(node):
    write(node.file(), b'0123456789', FIRST)
    damage(node, lambda file: file.write(b'X'))
    given = []
    with pytest.raises(Quarantined), node.file().open() as opened:
        while True:
            given.append(opened.read(4))
    assert b''.join(given) == b'X1234567'
    with pytest.raises(NotExist):
        node.file().open()


def test_data_that_loses_its_end_while_it_is_read_is_quarantined(node):
    write(node.file(), b'0123456789', FIRST)
    with node.file().open() as opened:
        opened.read(4)
        damage(node, lambda file: file.truncate(4))
        with pytest.raises(Quarantined):
            opened.read(4)


def test_an_object_under_the_name_of_another_is_quarantined(node):
    write(node.file('o'), b'x', FIRST)
    other = node.manager.get('sda', node.part('o'), 'a', 'c', 'other', node.policy)
    other.path = node.file('o').path
    with pytest.raises(Quarantined):
        other.open()


def test_lost_metadata_is_quarantined(node):
    write(node.file(), b'x', FIRST)
    damage(node, lambda file: os.removexattr(file.fileno(), 'user.swift.metadata'))
    with pytest.raises(Quarantined):
        node.file().open()


def test_two_bad_copies_find_room_in_quarantine(node):
    for moment in (FIRST, SECOND):
        write(node.file(), b'data', moment)
        damage(node, lambda file: file.truncate(1))
        with pytest.raises(Quarantined):
            node.file().open()
    assert len(node.files(below='quarantined/objects')) == 2


def test_a_quarantined_object_changes_the_hash_of_its_suffix(node):
    write(node.file('o'), b'data', FIRST)
    before = node.manager.hashes('sda', node.part(), [], node.policy)
    damage(node, lambda file: file.truncate(1))
    with pytest.raises(Quarantined):
        node.file('o').open()
    assert before
    assert node.manager.hashes('sda', node.part(), [], node.policy) == {}


def test_an_object_is_found_by_its_hash_and_tells_its_name(node):
    write(node.file('ö'), b'x', FIRST)
    file = node.manager.from_hash('sda', node.part('ö'), node.cluster.hash_path('a', 'c', 'ö'), node.policy)
    file.open().close()
    assert file.name == '/a/c/ö'


def test_metadata_beyond_what_a_file_system_keeps_reads_back_and_goes_with_its_object(node):
    much = {f'X-Object-Meta-{number}': 'v' * 250 for number in range(30)}
    write(node.file(), b'x', FIRST, **much)
    with node.file().open() as opened:
        assert much.items() <= opened.metadata.items()
    node.file().delete(Timestamp(SECOND))
    assert [os.path.basename(name) for name in node.files()] == [f'{SECOND}.ts']


def test_a_sidecar_without_its_file_is_rubbish_that_older_data_does_not_mind(node):
    write(node.file(), b'x', SECOND)
    path = metadata.sidecar(f'{node.file().path}/{FIRST}.data')
    with open(path, 'w') as file:
        file.write('left by a crash')
    assert read(node.file()) == b'x'
    node.file().clean_up()
    assert not os.path.exists(path)


def test_the_same_change_twice_is_one(node):
    write(node.file(), b'x', FIRST)
    write(node.file(), b'x', FIRST)
    assert len(node.files()) == 1


def test_a_missing_device_does_not_come_into_being(node):
    file = node.file()
    os.rename(f'{node.devices}/sda', f'{node.devices}/away')
    with pytest.raises(DriveNotMounted):
        file.create()
    assert not os.path.exists(f'{node.devices}/sda')


@pytest.mark.parametrize('device', ['', '.', '..', 'a/b', '../sda', 'no', 'sda\0'])
def test_no_name_of_a_device_leads_out_of_the_devices(node, device):
    with pytest.raises(DriveNotMounted):
        node.file(device=device)


def test_large_files_are_synced_and_leave_the_cache_as_they_come(tmp_path):
    node = Node(tmp_path, mb_per_sync='1')
    body = os.urandom(1 << 20)
    writer = node.file().create(3 << 20)
    for _ in range(3):
        writer.write(body)
    writer.commit({'X-Timestamp': FIRST, 'Content-Length': str(3 << 20), 'ETag': writer.etag})
    with node.file().open() as opened:
        assert b''.join(iter(lambda: opened.read(1 << 20), b'')) == body * 3
