"""What was deleted, has expired or belonged to a deleted account stays away, whoever comes back with it."""
import time

import pytest

from tests.fixtures.processes import wait_for
from tests.functional import swift_kit


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    conf = {'proxy': {'filter:tempauth': {'user_gone_owner': 'pass .admin'}}}
    with swift_kit.cluster(tmp_path_factory.mktemp('swift'), conf=conf) as made:
        yield made


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def test_nodes_that_missed_a_deletion_do_not_bring_objects_and_containers_back(cluster, owner):
    for container in ('kept', 'removed'):
        owner.make(container)
        for number in range(6):
            owner.put(container, f'{number}')
        owner.put(container, 'large', bytes(200_000))
    cluster.kill('storage', 1)
    for number in range(3):
        owner.delete('kept', f'{number}')
    for name in [*map(str, range(6)), 'large']:
        owner.delete('removed', name)
    assert owner.call('DELETE', 'removed').status == 204
    cluster.start()
    swift_kit.settle(cluster)
    removed = [key for key in owner.objects if key[0] == 'removed']
    for key in removed:
        owner._nowhere(*key)
        del owner.objects[key]
    owner.is_whole()
    assert owner.call('GET', 'removed').status == 404
    for place in cluster.primaries(owner.account, 'removed'):
        assert owner.direct(place, 'container', 'HEAD', 'removed').status == 404
    assert 'removed' not in owner.call('GET').body.decode().split()


def test_a_container_that_got_objects_at_a_node_that_was_away_is_not_lost_with_its_deletion(cluster, owner):
    owner.make('again')
    owner.put('again', 'old')
    owner.delete('again', 'old')
    cluster.kill('container', cluster.primaries(owner.account, 'again')[0][0])
    assert owner.call('DELETE', 'again').status == 204
    owner.make('again')
    owner.put('again', 'new')
    cluster.start()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_a_deleted_account_is_reaped_though_a_node_was_away(cluster, owner):
    gone = swift_kit.Owner(cluster, 'gone', 'owner', 'pass')
    _, admin = cluster.token('admin', 'admin', 'admin')
    for container in ('a', 'b'):
        gone.make(container)
        for number in range(4):
            gone.put(container, f'{number}')
    cluster.pass_of('container-updater')
    away = cluster.primaries(gone.account)[0][0]
    cluster.kill('storage', away)
    assert cluster.request('DELETE', gone.url, admin).status == 204
    cluster.start()
    swift_kit.settle(cluster)
    for container, name in gone.objects:
        gone._nowhere(container, name)
    for container in ('a', 'b'):
        for place in cluster.primaries(gone.account, container):
            assert gone.direct(place, 'container', 'HEAD', container).status == 404
    for place in cluster.primaries(gone.account):
        answer = gone.direct(place, 'account', 'HEAD')
        assert (answer.status, answer.headers.get('x-account-status')) == (404, 'Deleted')
    gone._nothing_left()


def test_expired_objects_are_removed_though_a_node_was_away(cluster, owner):
    owner.make('expiring')
    owner.put('expiring', 'stays')
    due = int(time.time()) + 2
    for number in range(3):
        owner.put('expiring', f'{number}', headers={'X-Delete-At': str(due)})
    owner.put('expiring', 'changed its mind', headers={'X-Delete-At': str(due)})
    away = cluster.primaries(owner.account, 'expiring', '0')[0][0]
    cluster.kill('storage', away)
    assert owner.call('POST', 'expiring/changed its mind', headers={'X-Remove-Delete-At': 'yes'}).status == 202
    owner.put('expiring', 'missed', headers={'X-Delete-At': str(due)})
    cluster.start()
    wait_for(lambda: time.time() >= due, what='the objects to expire')
    for name in ('0', '1', '2', 'missed'):
        owner.objects['expiring', name] = None
    owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()
    for node in cluster.nodes:
        assert not list(node.devices.glob('*/tmp/*'))
