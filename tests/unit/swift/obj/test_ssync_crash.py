"""kill -9 of either end in the middle of SSYNC: nothing half is readable, and the next pass completes it."""
import os
import threading
import time

import pytest

from swift import backend
from swift.exceptions import SwiftError
from swift.obj import diskfile
from swift.obj.ssync_sender import Sender, SyncFailed
from tests.fixtures.object_nodes import Nodes
from tests.fixtures.processes import wait_for
from tests.unit.swift.obj.replication_kit import Kit, etag

pytestmark = pytest.mark.servers

NOW = round(time.time()) - 1000.0
BODY = os.urandom(300_000)


@pytest.fixture
def kit(tmp_path):
    with Nodes(tmp_path, count=2, replicas=2, part_power=0) as nodes:
        for number in range(2):
            nodes.start([number], f'node{number}')
        yield Kit(nodes)
    backend.forget()


def _fill(kit):
    names = [f'object{number}' for number in range(6)]
    for name in names:
        assert kit.send(0, 'PUT', name, NOW, BODY, ETag=etag(BODY)).status == 201
    return names


def _sender(kit, progress=lambda: None):
    manager = diskfile.Manager(kit.nodes.conf(0), kit.cluster)
    return Sender(manager, 'd0', kit.node(1), '0', kit.policy, timeout=10, progress=progress)


def _complete(kit, names):
    def again():
        try:
            return len(_sender(kit).run()) == len(names)
        except SyncFailed as error:
            # The receiver may not have noticed yet that its former peer is gone.
            assert '503' not in str(error)
            raise

    wait_for(again)


def _whole_or_absent(kit, names):
    """How many of `names` the second node has, each with all its bytes."""
    count = 0
    for name in names:
        if kit.holds(1, name):
            assert kit.read(1, name)[0] == BODY
            count += 1
    return count


def test_the_receiver_dies_within_an_object(kit):
    names = _fill(kit)
    sent = []

    def progress():
        sent.append(1)
        if len(sent) == 12:
            kit.nodes.processes['node1'].kill()

    with pytest.raises(SwiftError):
        _sender(kit, progress).run()
    assert _whole_or_absent(kit, names) < len(names)
    kit.nodes.start([1], 'node1')
    _complete(kit, names)
    assert _whole_or_absent(kit, names) == len(names)


def test_the_sender_dies_within_an_object(kit):
    names = _fill(kit)

    class Dead(Exception):
        pass

    sent = []

    def progress():
        sent.append(1)
        if len(sent) == 12:
            raise Dead

    with pytest.raises(Dead):
        _sender(kit, progress).run()
    assert _whole_or_absent(kit, names) < len(names)
    _complete(kit, names)
    assert _whole_or_absent(kit, names) == len(names)


def test_two_senders_at_once_do_not_meet_in_a_partition(kit):
    names = _fill(kit)
    outcomes = []

    def run():
        try:
            outcomes.append(len(_sender(kit).run()))
        except SwiftError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == [len(names)] * 2
    assert _whole_or_absent(kit, names) == len(names)
