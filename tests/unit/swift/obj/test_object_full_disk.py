"""Disks that are full, read-only or broken: 507, and nothing by half."""
import contextlib
import errno
import os
import subprocess

import pytest

from swift.exceptions import DriveFull, DriveNotMounted
from tests.unit.swift.obj.node import Node, write

pytestmark = pytest.mark.servers

root = pytest.mark.skipif(os.geteuid() != 0, reason='mounting needs root')


@contextlib.contextmanager
def mounted(path, options):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path], check=True)
    try:
        yield
    finally:
        subprocess.run(['umount', '-l', path], check=True)


@pytest.fixture
def small(node):
    """A node whose sda is a disk of 1 MB."""
    with mounted(f'{node.devices}/sda', 'size=1m'):
        yield node


@root
@pytest.mark.parametrize('size', [60000, 200000])
def test_a_full_disk_is_507_and_what_was_acknowledged_stays(small, size):
    kept = []
    for number in range(30):
        answer = small.put(str(number), os.urandom(1) * size)
        if answer.status_int == 507:
            break
        assert answer.status_int == 201
        kept.append(str(number))
    assert answer.status_int == 507
    assert kept
    assert small.get(str(number)).status_int == 404
    assert small.files(below='tmp') == []
    assert all(len(small.get(name).body) == size for name in kept)
    assert small.put('large', b'x' * (2 << 20)).status_int == 507


@root
def test_an_upload_of_unknown_length_that_fills_the_disk_leaves_nothing(small):
    writer = small.file().create()
    with pytest.raises(DriveFull):
        for _ in range(100):
            writer.write(b'x' * 50000)
    writer.discard()
    assert small.files(below='tmp') == []
    assert small.put(body=b'x').status_int == 201


@root
def test_the_reserve_is_left_alone(tmp_path):
    node = Node(tmp_path, fallocate_reserve='50%')
    with mounted(f'{node.devices}/sda', 'size=1m'):
        assert node.put(body=b'x' * 400000).status_int == 201
        node.server.manager.doubt('sda')
        assert node.put('other', b'x' * 300000).status_int == 507
        node.server.manager.doubt('sda')
        assert node.get().status_int == 200


@root
def test_a_disk_that_turns_read_only_is_507_but_still_read(small):
    small.put(body=b'x')
    subprocess.run(['mount', '-o', 'remount,ro', f'{small.devices}/sda'], check=True)
    assert small.put(body=b'y').status_int == 507
    assert small.delete().status_int == 507
    assert small.post().status_int == 507
    small.server.manager.doubt('sda')
    assert small.put(body=b'y').status_int == 507
    assert small.get().body == b'x'


@pytest.mark.parametrize(('number', 'error'), [
    (errno.ENOSPC, DriveFull), (errno.EDQUOT, DriveFull), (errno.EIO, DriveNotMounted), (errno.EROFS, DriveNotMounted)])
@pytest.mark.parametrize('call', ['fsync', 'link', 'write'])
def test_a_disk_that_fails_in_the_middle_leaves_what_was_there(node, monkeypatch, call, number, error):
    write(node.file(), b'before', '1700000001.00000')

    def fail(*arguments):
        raise OSError(number, os.strerror(number))
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(error):
        write(node.file(), b'after', '1700000002.00000')
    assert node.put().status_int == 507
    monkeypatch.undo()
    assert node.get().body == b'before'
    assert node.files(below='tmp') == []


def test_a_disk_without_extended_attributes_is_507(node, monkeypatch):
    def fail(*arguments):
        raise OSError(errno.ENOTSUP, 'no')
    monkeypatch.setattr(os, 'setxattr', fail)
    assert node.put().status_int == 507
    assert node.files() == []


def test_a_disk_that_cannot_be_read_is_507(node, monkeypatch):
    node.put()

    def fail(*arguments):
        raise OSError(errno.EIO, 'no')
    monkeypatch.setattr(os, 'getxattr', fail)
    assert node.get().status_int == 507
    monkeypatch.undo()
    assert node.get().status_int == 200
