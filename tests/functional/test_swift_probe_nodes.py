"""Object storage loses nothing when nodes and servers die, and holds what it acknowledged when they are back."""
import contextlib
import http.client
import os
import time

import pytest

from tests.fixtures.processes import wait_for
from tests.functional import swift_kit


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with swift_kit.cluster(tmp_path_factory.mktemp('swift'), namespaces=os.geteuid() == 0) as made:
        yield made


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def changes(owner, container, marker):
    """Some of everything a client can do: new, overwritten, deleted, made again."""
    for number in range(3):
        owner.put(container, f'new {marker} {number}')
    owner.put(container, f'large {marker}', os.urandom(300_000))
    for name in ('overwritten', 'again'):
        owner.put(container, name, f'{name} {marker}'.encode() * 9)
    owner.put(container, f'short-lived {marker}')
    owner.delete(container, f'short-lived {marker}')
    owner.delete(container, 'again')
    owner.put(container, 'again', f'again {marker}'.encode())


def test_each_node_gets_what_it_missed_while_it_was_away(cluster, owner):
    for node in (1, 2, 3, 4):
        container = f'node {node}'
        owner.make(container)
        owner.put(container, 'deleted while it was away')
        changes(owner, container, 'before')
        (cluster.kill if node % 2 else cluster.stop)('storage', node)
        changes(owner, container, 'meanwhile')
        owner.delete(container, 'deleted while it was away')
        owner.is_readable()
        cluster.start('storage', node)
        changes(owner, container, 'after')
    swift_kit.settle(cluster)
    owner.is_whole()


def test_two_handoffs_stand_in_for_two_nodes(cluster, owner):
    owner.make('two')
    changes(owner, 'two', 'before')
    for node in (2, 3):
        cluster.kill('storage', node)
    owner.make('made by handoffs')
    for container in ('two', 'made by handoffs'):
        changes(owner, container, 'meanwhile')
    owner.is_readable()
    cluster.start()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_listings_learn_of_what_was_put_while_no_container_server_ran(cluster, owner):
    owner.make('unheard')
    changes(owner, 'unheard', 'before')
    part = {node for node, _, _, _ in cluster.primaries(owner.account, 'unheard')}
    for gone in (list(part)[:1], part):
        for node in gone:
            cluster.kill('container', node)
        changes(owner, 'unheard', f'without {len(gone)}')
    cluster.start()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_what_a_stand_in_knows_of_a_container_does_not_replace_what_its_primaries_told(cluster, owner):
    primaries = {node for node, _, _, _ in cluster.primaries(owner.account, 'told')}
    cluster.kill('container', min(primaries))
    owner.make('told')
    cluster.start()
    owner.put('told', 'o')
    cluster.pass_of('object-updater')
    cluster.pass_of('container-updater', nodes={'container-updater': primaries})
    cluster.pass_of('container-updater')
    owner._accounts({'told'})


def _half_upload(cluster, owner, path, body, length):
    """A connection on which `body` of an upload of `length` bytes was sent, more than the storage nodes have buffers
    for."""
    connection = http.client.HTTPConnection('127.0.0.1', cluster.proxy_ports[0], timeout=30)
    connection.putrequest('PUT', f'/v1/{owner.account}/{path}')
    for name, value in (('X-Auth-Token', owner.token), ('Content-Length', str(length))):
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection


@pytest.mark.parametrize('victim', ('proxy', 'object'))
def test_half_an_upload_is_never_seen(cluster, owner, victim):
    container = f'half {victim}'.replace(' ', '-')
    owner.make(container)
    owner.put(container, 'replaced', b'as it was')
    body = os.urandom(3 << 20)
    connections = [_half_upload(cluster, owner, f'{container}/{name}', body, 2 * len(body))
                   for name in ('new', 'replaced')]
    wait_for(lambda: _unfinished(cluster) > 2 << 20, what='the halves to be on disk')
    cluster.kill(victim)
    cluster.start()
    for connection in connections:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.send(body)
            assert connection.getresponse().status >= 499
        connection.close()
    owner.objects[container, 'new'] = None
    owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()


def _unfinished(cluster):
    return sum(path.stat().st_size for node in cluster.nodes for path in node.devices.glob('*/tmp/*'))


POINTS = ('object.sync.before', 'object.link.before', 'object.link.after', 'object.update.before')


def _start_failing(cluster, nodes, point):
    for node in nodes:
        cluster.stop('object', node)
        cluster.start('object', node, env={'ESSEX_FAILPOINTS': f'{point}=kill'})


@pytest.mark.parametrize('count', (1, 3))
def test_an_object_server_that_dies_while_it_writes_leaves_all_or_nothing(cluster, owner, count):
    container = f'dies {count}'
    owner.make(container)
    doubtful = {}
    for number, point in enumerate(POINTS):
        old, new = f'old {number}', f'new {number}'
        owner.put(container, old, b'first')
        owner.put(container, f'deleted {number}')
        for name in (old, new):
            holders = [node for node, _, _, _ in cluster.primaries(owner.account, container, name)]
            _start_failing(cluster, holders[:count], point)
            answer = owner.call('PUT', f'{container}/{name}', b'second')
            assert answer.status in ((201,) if count == 1 else (201, 503)), (point, name, answer)
            if answer.status == 201:
                owner.objects[container, name] = b'second'
            else:
                doubtful[container, name] = (owner.objects.get((container, name)), b'second')
            cluster.start()
    swift_kit.settle(cluster)
    _decide(owner, doubtful)
    owner.is_whole()


def _decide(owner, doubtful):
    """What was answered 503 may or may not have happened: from now on it is as it is read."""
    for (container, name), allowed in doubtful.items():
        answer = owner.get(container, name)
        assert answer.status in (200, 404), answer
        found = answer.body if answer.status == 200 else None
        assert found in allowed, (container, name, found)
        owner.objects[container, name] = found


def test_replicators_and_auditors_that_are_killed_do_no_harm(cluster, owner):
    owner.make('killed')
    cluster.kill('storage', 1)
    for number in range(24):
        owner.put('killed', f'{number}', os.urandom(20_000))
    for number in range(0, 24, 4):
        owner.delete('killed', f'{number}')
    cluster.start()
    for seconds in (0.2, 0.5):
        running = [cluster.begin(daemon, node) for node in (2, 3, 4)
                   for daemon in ('object-replicator', 'container-replicator', 'object-auditor', 'object-updater')]
        time.sleep(seconds)
        for child in running:
            child.kill()
        owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_what_was_deleted_is_not_found_though_most_of_its_nodes_are_away(cluster, owner):
    owner.make('gone')
    owner.put('gone', 'o')
    owner.delete('gone', 'o')
    for node in [node for node, _, _, _ in cluster.primaries(owner.account, 'gone', 'o')][:2]:
        cluster.kill('object', node)
    for _ in range(3):
        assert owner.get('gone', 'o').status == 404
