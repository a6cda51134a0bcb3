"""object-replicator with sync_method = rsync, against a real rsync daemon."""
import getpass
import os
import shutil
import time

import pytest

from swift import backend
from swift.exceptions import ConfigurationError
from swift.obj.replicator import ObjectReplicator
from swift.obj.rsync import Rsync
from tests.fixtures.object_nodes import Nodes
from tests.fixtures.processes import Process, free_port, listening
from tests.unit.swift.obj.replication_kit import Kit, etag

pytestmark = pytest.mark.servers

NOW = round(time.time()) - 1000.0


@pytest.fixture(scope='module')
def kit(tmp_path_factory):
    root = tmp_path_factory.mktemp('rsync')
    port = free_port()
    with Nodes(root, count=4, more={'sync_method': 'rsync'}) as nodes:
        modules = ''.join(f'[object_d{number}]\npath = {root}/n{number}/node\nread only = false\n'
                          for number in range(4))
        user = f'uid = {getpass.getuser()}\ngid = root\n' if os.getuid() == 0 else ''
        (root / 'rsyncd.conf').write_text(f'use chroot = no\naddress = 127.0.0.1\n{user}{modules}')
        nodes.more['rsync_module'] = f'rsync://{{replication_ip}}:{port}/object_{{device}}'
        nodes.start()
        with Process(['rsync', '--daemon', '--no-detach', f'--config={root}/rsyncd.conf', f'--port={port}'],
                     root / 'rsyncd.log').start(ready=lambda: listening(port)):
            yield Kit(nodes)
    backend.forget()


def _pass(kit, number):
    daemon = ObjectReplicator(kit.nodes.conf(number))
    daemon.run_once()
    return daemon.stats


def test_nodes_that_differ_agree_after_a_pass(kit):
    _, (first, second, third), _ = kit.place('o')
    body = os.urandom(100_000)
    kit.send(first, 'PUT', 'o', NOW, b'old')
    kit.send(second, 'PUT', 'o', NOW + 1, body, ETag=etag(body), X_Object_Meta_A='1')
    kit.send(third, 'PUT', 'gone', NOW, b'x')
    for number in range(4):
        _pass(kit, number)
    kit.agree('o', [first, second, third])
    assert kit.read(third, 'o')[0] == body
    assert kit.read(third, 'o')[1]['X-Object-Meta-A'] == '1'
    for number in range(4):
        assert _pass(kit, number)['rsync'] == 0


def test_metadata_larger_than_attributes_hold_travels(kit):
    many = {f'X_Object_Meta_{number}': 'v' * 200 for number in range(60)}
    _, primaries, _ = kit.place('large')
    kit.send(primaries[0], 'PUT', 'large', NOW, b'x', **many)
    _pass(kit, primaries[0])
    assert kit.read(primaries[1], 'large') == kit.read(primaries[0], 'large')


def test_a_handoff_is_given_away_and_removed(kit):
    part, primaries, (handoff, *_) = kit.place('handoff')
    kit.send(handoff, 'PUT', 'handoff', NOW, b'only here')
    assert _pass(kit, handoff)['remove'] == 1
    kit.agree('handoff', primaries)
    assert kit.read(primaries[0], 'handoff')[0] == b'only here'
    assert not os.path.exists(f'{kit.nodes.device(handoff)}/objects/{part}')


def test_a_handoff_stays_while_a_primary_does_not_take_it(kit):
    _, (first, *_), (handoff, *_) = kit.place('stays')
    kit.send(handoff, 'PUT', 'stays', NOW, b'only here')
    hidden = kit.nodes.device(first)
    os.rename(hidden, hidden + '.away')
    try:
        assert _pass(kit, handoff)['failure'] >= 1
        assert kit.holds(handoff, 'stays')
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
        os.rename(hidden + '.away', hidden)
    assert _pass(kit, handoff)['remove'] == 1
    assert not kit.holds(handoff, 'stays')


def _node(**more):
    return {'ip': '10.0.0.1', 'port': 6200, 'replication_ip': '10.1.0.1', 'replication_port': 6300, 'device': 'sdb1',
            **more}


@pytest.mark.parametrize('conf, node, destination', [
    ({}, _node(), '10.1.0.1::object/sdb1/'),
    ({'vm_test_mode': 'yes'}, _node(), '10.1.0.1::object6300/sdb1/'),
    ({'rsync_module': '{replication_ip}::object_{device}'}, _node(), '10.1.0.1::object_sdb1/sdb1/'),
    ({}, _node(replication_ip='fd00::1'), '[fd00::1]::object/sdb1/'),
])
def test_where_a_module_is(conf, node, destination):
    command = Rsync(conf).arguments(node, ['objects/1/abc'])
    assert command[0] == 'rsync'
    assert command[-3:] == ['--', 'objects/1/abc', destination]


def test_a_module_that_names_what_no_node_has_is_a_clear_error():
    with pytest.raises(ConfigurationError):
        Rsync({'rsync_module': '{nothing}::object'}).arguments(_node(), ['objects'])
