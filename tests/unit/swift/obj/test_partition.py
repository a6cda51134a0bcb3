"""A partition given away: what was written meanwhile stays; who waits for it starts over."""
import os
import threading

import pytest

from swift import cluster
from swift.exceptions import LockTimeout
from swift.obj import diskfile, hashes, partition
from swift.timestamp import Timestamp
from tests.fixtures import rings


@pytest.fixture
def manager(tmp_path):
    rings.make_rings(str(tmp_path / 'etc'), [{'device': 'd0', 'port': 1}], replicas=1)
    (tmp_path / 'node' / 'd0').mkdir(parents=True)
    conf = {'devices': str(tmp_path / 'node'), 'mount_check': 'no', 'fallocate_reserve': '0', 'threads_per_disk': '0'}
    return diskfile.Manager(conf, cluster.load(str(tmp_path / 'etc')))


def _file(manager, name='o'):
    return manager.get('d0', '1', 'a', 'c', name, manager.cluster.policies.default)


def _put(manager, when, name='o', body=b'x'):
    writer = _file(manager, name).create(len(body))
    writer.write(body)
    writer.commit({'X-Timestamp': Timestamp(when).internal, 'Content-Length': str(len(body)), 'ETag': writer.etag})


def _held(manager):
    return {found.hash: found.names for found in partition.walk(_file(manager).partition_path)}


def test_a_partition_goes_with_the_last_object(manager):
    for name in 'abc':
        _put(manager, 10, name)
    path = _file(manager).partition_path
    hashes.partition_hashes(path)
    with partition.replicating(path, 0):
        assert partition.remove(path, _held(manager))
    assert not os.path.exists(path)


def test_what_was_written_since_stays(manager):
    _put(manager, 10, 'old')
    _put(manager, 10, 'changed')
    held = _held(manager)
    _put(manager, 20, 'changed')
    _put(manager, 20, 'new')
    path = _file(manager).partition_path
    assert not partition.remove(path, held)
    left = {found.hash for found in partition.walk(path)}
    assert left == {_file(manager, 'changed').hash, _file(manager, 'new').hash}


def test_removing_again_goes_on_where_a_crash_ended_it(manager):
    _put(manager, 10)
    file, held = _file(manager), _held(manager)
    os.unlink(f'{file.path}/{next(iter(held[file.hash]))}')
    assert not partition.remove(file.partition_path, held)
    assert partition.remove(file.partition_path, _held(manager))
    assert partition.remove(file.partition_path, {})


def test_writers_and_removal_at_once_lose_nothing(manager):
    path, problems = _file(manager).partition_path, []
    done = threading.Event()

    def write():
        try:
            for number in range(60):
                _put(manager, 1000 + number, f'o{number}')
        except Exception as error:
            problems.append(repr(error))
        finally:
            done.set()

    given = set()
    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        held = _held(manager)
        partition.remove(path, held)
        given |= held.keys()
    thread.join()
    left = {found.hash for found in partition.walk(path)}
    assert problems == []
    assert given | left == {_file(manager, f'o{number}').hash for number in range(60)}


def test_only_one_replicates_a_partition(manager):
    path = _file(manager).partition_path
    with partition.replicating(path, 0):
        with pytest.raises(LockTimeout):
            with partition.replicating(path, 0.05):
                pass
    with partition.replicating(path, 0):
        pass
