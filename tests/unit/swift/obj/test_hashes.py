import os
import pickle
import threading
import time

import pytest

from swift.exceptions import LockTimeout
from swift.obj import hashes
from swift.timestamp import Timestamp
from tests.unit.swift.obj.node import write

FIRST, SECOND = '1700000001.00000', f'{time.time() - 5:.5f}'


@pytest.fixture
def ask(node):
    """The hashes of the partition of `o`, and how many suffixes had to be read for them."""
    def asked(*suffixes, **more):
        return node.manager.count_hashes('sda', node.part(), suffixes, node.policy, **more)
    return asked


@pytest.fixture
def partition(node):
    return node.manager.partition_path('sda', node.part(), node.policy)


def test_a_partition_that_is_not_there_has_none(ask):
    assert ask() == (0, {})


def test_the_hash_of_a_suffix_is_that_of_its_files(node, ask):
    write(node.file(), b'x', FIRST)
    suffix = node.file().hash[-3:]
    assert ask() == (1, {suffix: hashes.hashlib.md5(f'{FIRST}.data'.encode()).hexdigest()})


def test_meta_tombstone_and_content_type_are_part_of_it(node, ask):
    write(node.file(), b'x', FIRST)
    node.file().write_metadata({'X-Timestamp': SECOND, 'Content-Type': 'a/b', 'Content-Type-Timestamp': SECOND},
                               Timestamp(SECOND))
    text = f'{SECOND}.meta{SECOND}_ctype{FIRST}.data'
    assert set(ask()[1].values()) == {hashes.hashlib.md5(text.encode()).hexdigest()}


def test_what_did_not_change_is_not_read_again(node, ask):
    write(node.file(), b'x', FIRST)
    first = ask()
    assert ask() == (0, first[1])


def test_a_change_is_noticed(node, ask):
    write(node.file(), b'x', FIRST)
    before = ask()[1]
    node.file().delete(Timestamp(SECOND))
    read, after = ask()
    assert read == 1
    assert after.keys() == before.keys()
    assert after != before


def test_suffixes_are_read_again_on_request(node, ask):
    write(node.file(), b'x', FIRST)
    suffix = node.file().hash[-3:]
    before = ask()[1]
    # As rsync does: without a word to anybody.
    os.rename(f'{node.file().path}/{FIRST}.data', f'{node.file().path}/{SECOND}.data')
    assert ask()[1] == before
    assert ask(suffix)[1] != before


def test_reading_everything_again_finds_what_nobody_told(node, ask, partition):
    write(node.file(), b'x', FIRST)
    ask()
    os.rename(f'{node.file().path}/{FIRST}.data', f'{node.file().path}/{SECOND}.data')
    assert ask(rehash=True)[0] == 1


def test_a_suffix_that_is_gone_is_gone_from_the_hashes(node, ask):
    node.file().delete(Timestamp(FIRST))
    assert ask() == (1, {})
    assert not os.path.exists(os.path.dirname(node.file().path))
    assert ask() == (0, {})


def test_old_tombstones_are_reclaimed_and_young_ones_kept(node, ask):
    node.file().delete(Timestamp(SECOND))
    assert len(ask()[1]) == 1
    assert len(node.files()) == 1


@pytest.mark.parametrize('content', [b'', b'junk', pickle.dumps([]), b"cos\nsystem\n(S'true'\ntR."])
def test_a_broken_file_of_hashes_is_made_again(node, ask, partition, content):
    write(node.file(), b'x', FIRST)
    good = ask()[1]
    with open(f'{partition}/hashes.pkl', 'wb') as file:
        file.write(content)
    assert ask() == (1, good)


def test_the_file_is_a_plain_pickle_others_can_read(node, ask, partition):
    write(node.file(), b'x', FIRST)
    found = ask()[1]
    with open(f'{partition}/hashes.pkl', 'rb') as file:
        kept = pickle.load(file)
    assert kept.pop('valid') is True
    assert kept.pop('updated') <= time.time()
    assert kept == found


def test_a_change_while_its_suffix_is_read_is_not_missed(node, ask, monkeypatch):
    write(node.file(), b'x', FIRST)
    ask()
    real = hashes.hash_suffix

    def slow(path, reclaim_age, by_index):
        value = real(path, reclaim_age, by_index)
        node.file().delete(Timestamp(SECOND))
        return value
    monkeypatch.setattr(hashes, 'hash_suffix', slow)
    ask(node.file().hash[-3:])
    monkeypatch.undo()
    assert ask()[0] == 1


def test_writers_share_the_lock_and_readers_of_hashes_do_not(tmp_path):
    path = str(tmp_path)
    with hashes.locked(path, shared=True):
        with hashes.locked(path, shared=True):
            pass
        with pytest.raises(LockTimeout):
            with hashes.locked(path, timeout=0.02):
                pass


def test_a_lock_waits_for_its_turn(tmp_path):
    taken, done = threading.Event(), threading.Event()

    def hold():
        with hashes.locked(str(tmp_path)):
            taken.set()
            done.wait(5)
    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(5)
    threading.Timer(0.02, done.set).start()
    with hashes.locked(str(tmp_path), timeout=5):
        assert done.is_set()
    thread.join()


def test_objects_of_a_partition_are_told_by_their_times(node):
    write(node.file(), b'x', FIRST)
    found = dict(node.manager.yield_hashes('sda', node.part(), node.policy))
    assert found == {node.file().hash: (FIRST, FIRST, FIRST, False)}
    node.file().delete(Timestamp(SECOND))
    assert node.manager.timestamps('sda', node.part(), node.file().hash, node.policy) == (SECOND, SECOND, SECOND, True)
    assert node.manager.timestamps('sda', node.part(), '0' * 32, node.policy) is None
