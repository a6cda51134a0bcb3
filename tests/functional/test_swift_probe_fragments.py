"""Erasure-coded objects: nothing acknowledged is lost, no half object is seen, every fragment comes to its place."""
import contextlib
import http.client
import json
import os
import shutil

import pytest

from swift.erasure import Code
from tests.functional import swift_kit
from tests.functional.test_swift_probe_corruption import empty, flip, lose_metadata, spoil_metadata, truncate
from tests.functional.test_swift_probe_nodes import changes

CODE = Code('liberasurecode_rs_vand', 4, 2, 16384)


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    # Eight devices for six fragments: two of the four nodes have two of them, and two devices stand in.
    with swift_kit.cluster(tmp_path_factory.mktemp('swift'), policies=(0, 1), codes={1: CODE}) as made:
        yield made


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def test_a_node_that_dies_gets_its_fragments_back(cluster, owner):
    for node in (1, 3):
        container = f'coded {node}'
        owner.make(container, 1)
        changes(owner, container, 'before')
        cluster.kill('object', node)
        changes(owner, container, 'meanwhile')
        owner.is_readable()
        cluster.start('object', node)
        changes(owner, container, 'after')
    swift_kit.settle(cluster)
    owner.is_whole()


def test_dispersion_is_told_of_fragments(cluster, owner, tmp_path):
    conf = tmp_path / 'dispersion.conf'
    conf.write_text(f'[dispersion]\nauth_url = {cluster.auth_url}\nauth_user = test2:tester2\nauth_key = testing2\n'
                    f'swift_dir = {cluster.etc}\ndispersion_coverage = 25\nretries = 0\ncontainer_report = no\n')
    assert 'Created 4 objects' in cluster.command('dispersion-populate', conf, '-P', 'policy-1')
    told = cluster.command('dispersion-report', conf, '-P', 'policy-1')
    assert '100.00% of object copies found (24 of 24)' in told
    container, name = 'dispersion_objects_1', 'dispersion_0'
    place = cluster.primaries('AUTH_test2', container, name, 1)[0]
    for path in cluster.path_of(place, 'AUTH_test2', container, name, 1).glob('*.data'):
        path.unlink()
    told = cluster.command('dispersion-report', conf, '-P', 'policy-1', '-j', check=False)
    figures = json.loads(told.splitlines()[-1])
    assert (figures['object']['copies_found'], figures['object']['missing_one']) == (23, 1)


def test_a_node_that_dies_in_a_put_is_one_that_is_away(cluster, owner):
    owner.make('dying', 1)
    for point in ('object.sync.before', 'object.commit.before', 'object.durable.before', 'object.durable.after'):
        before = owner.put('dying', f'replaced {point}', b'before' * 9000)
        node = cluster.primaries(owner.account, 'dying', f'replaced {point}', 1)[0][0]
        cluster.kill('object', node)
        cluster.start('object', node, env={'ESSEX_FAILPOINTS': f'{point}=kill'})
        body = os.urandom(100_000)
        answer = owner.call('PUT', f'dying/replaced {point}', body)
        assert all(child.wait(10) is not None for child in cluster._of('object', node)), point
        # Up to two of six fragments are missing: enough are there, or it is a failure and nothing has changed.
        assert answer.status in (201, 503), answer
        found = owner.get('dying', f'replaced {point}')
        assert found.status == 200 and found.body in ((body,) if answer.status == 201 else (before, body)), point
        owner.objects['dying', f'replaced {point}'] = found.body
        cluster.start()
    swift_kit.settle(cluster, 2)
    owner.is_readable()


@pytest.mark.parametrize('point, seen', [('proxy.commit.before', False), ('proxy.commit.during', True)])
def test_a_proxy_that_dies_between_data_and_commit(cluster, owner, point, seen):
    container = point.replace('.', '-')
    owner.make(container, 1)
    owner.put(container, 'replaced', b'before' * 9000)
    cluster.kill('proxy')
    cluster.start('proxy', env={'ESSEX_FAILPOINTS': f'{point}=kill'})
    body = os.urandom(100_000)
    for name in ('replaced', 'new'):
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert owner.call('PUT', f'{container}/{name}', body).status >= 499
        cluster.kill('proxy')
        cluster.start('proxy', env={'ESSEX_FAILPOINTS': f'{point}=kill'})
    swift_kit.mend_proxy(cluster)
    owner.objects[container, 'new'] = None
    if seen:
        # One node was told to keep it, and all have it: then it is there, and wholly.
        owner.objects.update({(container, name): body for name in ('replaced', 'new')})
    owner.is_readable()
    swift_kit.settle(cluster, 2 if seen else 1)
    owner.is_readable()
    if seen:
        owner.is_whole()


def test_broken_fragments_are_never_shown_and_are_rebuilt(cluster, owner):
    owner.make('broken', 1)
    for damage in (flip, truncate, empty, lose_metadata, spoil_metadata):
        name = damage.__name__
        body = owner.put('broken', name, os.urandom(100_000))
        for place in cluster.primaries(owner.account, 'broken', name, 1)[:2]:
            damage(owner.data_file(place, 'broken', name, 1))
        answer = owner.call('GET', f'broken/{name}')
        assert (answer.status, answer.body) == (200, body), name
    # These nobody reads before the auditor does.
    owner.put('broken', 'rotting', os.urandom(100_000))
    for place in cluster.primaries(owner.account, 'broken', 'rotting', 1)[2:4]:
        flip(owner.data_file(place, 'broken', 'rotting', 1))
    swift_kit.settle(cluster)
    owner.is_whole()


def test_an_empty_disk_is_filled_again(cluster, owner):
    owner.make('disks', 1)
    for number in range(8):
        owner.put('disks', f'o{number}', os.urandom(20_000 * number))
    for device in (1, 2):
        path = cluster.storage_dir(4, device) / 'objects-1'
        shutil.rmtree(path)
    owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_features_of_proxies_work_on_fragments(cluster, owner):
    owner.make('features', 1)
    parts = [os.urandom(70_000), os.urandom(30_000)]
    for number, part in enumerate(parts):
        owner.put('features', f'part/{number}', part)
    whole = b''.join(parts)
    manifest = json.dumps([{'path': f'/features/part/{number}'} for number in range(2)]).encode()
    assert owner.call('PUT', 'features/static', manifest, query='multipart-manifest=put').status == 201
    assert owner.call('PUT', 'features/dynamic', b'', {'X-Object-Manifest': 'features/part/'}).status == 201
    assert owner.call('COPY', 'features/static', headers={'Destination': 'features/copied'}).status == 201
    for name in ('static', 'dynamic', 'copied'):
        assert owner.call('GET', f'features/{name}').body == whole, name
        answer = owner.call('GET', f'features/{name}', headers={'Range': 'bytes=69990-70009'})
        assert (answer.status, answer.body) == (206, whole[69990:70010]), name
    assert owner.call('POST', 'features/copied', headers={'X-Object-Meta-Colour': 'red'}).status == 202
    answer = owner.call('HEAD', 'features/copied')
    assert (answer.headers['x-object-meta-colour'], answer.headers['content-length']) == ('red', '100000')
    assert owner.call('GET', 'features/static', query='multipart-manifest=get').body != whole
    rows = {row['name']: row['bytes'] for row in json.loads(owner.call('GET', 'features', query='format=json').body)}
    assert (rows['static'], rows['copied'], rows['part/0']) == (100_000, 100_000, 70_000)


def test_a_download_goes_on_when_a_node_dies_in_the_middle(cluster, owner):
    owner.make('download', 1)
    body = owner.put('download', 'o', os.urandom(24 << 20))
    for asked, wanted in ((None, body), ('bytes=1000000-', body[1_000_000:])):
        connection = http.client.HTTPConnection('127.0.0.1', cluster.proxy_ports[0], timeout=30)
        connection.request('GET', f'/v1/{owner.account}/download/o', headers={
            'X-Auth-Token': owner.token, **({'Range': asked} if asked else {})})
        answer = connection.getresponse()
        begun = answer.read(100_000)
        # The proxy waits for us, and nodes for it: there are not so many buffers.
        node = cluster.primaries(owner.account, 'download', 'o', 1)[1][0]
        cluster.kill('object', node)
        assert begun + answer.read() == wanted
        connection.close()
        cluster.start()
