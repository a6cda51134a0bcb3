"""Storage policies: a container that was made twice, by halves of a cluster that did not see each other, is one."""
import pytest

from swift.timestamp import Timestamp
from tests.functional import swift_kit


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with swift_kit.cluster(tmp_path_factory.mktemp('swift'), policies=(0, 1)) as made:
        yield made


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def test_each_policy_loses_nothing_with_a_node(cluster, owner):
    for policy in (0, 1):
        container = f'policy {policy}'
        owner.make(container, policy)
        owner.put(container, 'before')
        owner.put(container, 'deleted')
    cluster.kill('storage', 2)
    for policy in (0, 1):
        container = f'policy {policy}'
        owner.put(container, 'meanwhile')
        owner.delete(container, 'deleted')
    owner.is_readable()
    cluster.start()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_halves_that_made_a_container_with_different_policies_agree(cluster, owner):
    halves = {0: (1, 2), 1: (3, 4)}
    written = {}
    for policy, nodes in halves.items():
        # This half sees its own container servers alone; the proxies of the halves know nothing of each other.
        for node in range(1, 5):
            (cluster.start if node in nodes else lambda kind, node: cluster.kill(kind, node))('container', node)
        swift_kit.mend_proxy(cluster)
        owner.make('split', policy)
        for name in ('same name', f'only {policy}', f'deleted {policy}'):
            written['split', name] = owner.put('split', name, f'{name} of {policy}'.encode())
        owner.delete('split', f'deleted {policy}')
        written['split', f'deleted {policy}'] = None
    owner.objects = {key: body for key, body in written.items() if body is not None}
    swift_kit.mend(cluster)
    swift_kit.settle(cluster)
    swift_kit.settle(cluster)
    found = {owner.direct(place, 'container', 'HEAD', 'split').headers['x-backend-storage-policy-index']
             for place in cluster.primaries(owner.account, 'split')}
    assert len(found) == 1, found
    owner.policies['split'] = int(found.pop())
    swift_kit.mend_proxy(cluster)
    owner.objects |= written
    owner.is_whole()


def test_misplaced_data_is_moved_over_older_data_that_heard_of_metadata_since(cluster, owner):
    owner.make('misplaced', 0)
    owner.put('misplaced', 'o', b'older')
    when = Timestamp.now()
    for index in range(3):
        owner.change_one('misplaced', 'o', when, b'newer', index, policy=1)
    assert owner.call('POST', 'misplaced/o', headers={'X-Object-Meta-Colour': 'blue'}).status == 202
    assert owner.get('misplaced', 'o').body == b'older'
    swift_kit.settle(cluster)
    owner.objects['misplaced', 'o'] = b'newer'
    owner.is_whole()
