"""Object storage as a whole: real servers, real devices, the daemons that put right what requests left behind."""
import hashlib
import json
import os

import pytest

from tests.fixtures.processes import wait_for
from tests.fixtures.swift import SwiftCluster


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    """One node of four devices."""
    with SwiftCluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


@pytest.fixture(scope='module')
def owner(cluster):
    """(account URL, token)."""
    return cluster.token()


def names(cluster, url, token):
    answer = cluster.request('GET', f'{url}?format=json', token)
    assert answer.status == 200, answer
    return [row['name'] for row in json.loads(answer.body)]


def test_an_object_comes_back_as_it_was(cluster, owner):
    url, token = owner
    data = os.urandom(300_000)
    assert cluster.request('PUT', f'{url}/c', token).status == 201
    put = cluster.request('PUT', f'{url}/c/dir/o%20%C3%A9', token, {'X-Object-Meta-Colour': 'blue'}, data)
    assert put.status == 201 and put.headers['etag'].strip('"') == hashlib.md5(data).hexdigest()
    got = cluster.request('GET', f'{url}/c/dir/o%20%C3%A9', token)
    assert got.status == 200 and got.body == data and got.headers['x-object-meta-colour'] == 'blue'
    assert names(cluster, f'{url}/c', token) == ['dir/o é']
    part = cluster.request('GET', f'{url}/c/dir/o%20%C3%A9', token, {'Range': 'bytes=10-19'})
    assert part.status == 206 and part.body == data[10:20]
    assert cluster.request('DELETE', f'{url}/c/dir/o%20%C3%A9', token).status == 204
    assert cluster.request('GET', f'{url}/c/dir/o%20%C3%A9', token).status == 404
    assert cluster.request('DELETE', f'{url}/c', token).status == 204


def test_there_are_three_replicas_where_the_ring_says(cluster, owner):
    url, token = owner
    cluster.request('PUT', f'{url}/three', token)
    assert cluster.request('PUT', f'{url}/three/o', token, body=b'x').status == 201
    for place in cluster.primaries('AUTH_test', 'three', 'o'):
        wait_for(lambda place=place: list(cluster.path_of(place, 'AUTH_test', 'three', 'o').glob('*.data')))
    for place in cluster.handoffs('AUTH_test', 'three', 'o'):
        assert not cluster.path_of(place, 'AUTH_test', 'three', 'o').exists()


def test_strangers_get_nothing(cluster, owner):
    url, token = owner
    cluster.request('PUT', f'{url}/mine', token)
    cluster.request('PUT', f'{url}/mine/o', token, body=b'x')
    _, other = cluster.token('test2', 'tester2', 'testing2')
    for who, status in ((None, 401), (other, 403), ('AUTH_tk' + '0' * 32, 401)):
        for path in ('', '/mine', '/mine/o'):
            assert cluster.request('GET', url + path, who).status == status


def test_accounts_hear_how_full_containers_are(cluster, owner):
    url, token = owner
    cluster.request('PUT', f'{url}/full', token)
    cluster.request('PUT', f'{url}/full/o', token, body=b'12345')
    cluster.once('container-updater')
    rows = {row['name']: row for row in json.loads(cluster.request('GET', f'{url}?format=json', token).body)}
    assert (rows['full']['count'], rows['full']['bytes']) == (1, 5)


def test_a_deleted_account_is_emptied(cluster):
    _, admin = cluster.token('admin', 'admin', 'admin')
    url = f'{cluster.url}/v1/AUTH_gone'
    for container in ('a', 'b', 'c'):
        assert cluster.request('PUT', f'{url}/{container}', admin).status == 201
        for obj in ('1', '2'):
            assert cluster.request('PUT', f'{url}/{container}/{obj}', admin, body=b'x').status == 201
    assert cluster.request('DELETE', url, admin).status == 204
    assert cluster.request('GET', f'{url}/a', admin).status in (403, 404, 410)
    for place in cluster.primaries('AUTH_gone', 'a', '1'):
        wait_for(lambda place=place: list(cluster.path_of(place, 'AUTH_gone', 'a', '1').glob('*.data')))
    cluster.once('account-reaper')
    for container in ('a', 'b', 'c'):
        for obj in ('1', '2'):
            for place in cluster.primaries('AUTH_gone', container, obj):
                assert not list(cluster.path_of(place, 'AUTH_gone', container, obj).glob('*.data'))
        part, number = cluster.primaries('AUTH_gone', container)[0][2], 1
        answer = cluster.direct(number, 'container', 'HEAD', f'/d1/{part}/AUTH_gone/{container}')
        assert answer.status == 404


def test_misplaced_objects_move_to_the_policy_of_their_container(tmp_path):
    # Without gatekeeper, which would keep a client from saying where an object goes.
    with SwiftCluster(tmp_path / 'swift', policies=(0, 1), pipeline='catch_errors cache tempauth proxy-server') as made:
        url, token = made.token()
        assert made.request('PUT', f'{url}/c', token).status == 201
        wrong = {'X-Backend-Storage-Policy-Index': '1', 'X-Object-Meta-Colour': 'red'}
        assert made.request('PUT', f'{url}/c/o', token, wrong, b'moved').status == 201
        assert made.request('PUT', f'{url}/c/d', token, wrong, b'later deleted').status == 201
        assert made.request('DELETE', f'{url}/c/d', token, wrong).status == 204
        assert made.request('GET', f'{url}/c/o', token).status == 404
        made.once('container-replicator')
        made.once('container-reconciler')
        got = made.request('GET', f'{url}/c/o', token)
        assert (got.status, got.body, got.headers.get('x-object-meta-colour')) == (200, b'moved', 'red'), made.logs()
        assert made.request('GET', f'{url}/c/o', token, wrong).status == 404
        assert made.request('GET', f'{url}/c/d', token).status == 404
        assert names(made, f'{url}/c', token) == ['o']
        queue = 'container-reconciler: nothing to do'
        made.once('container-reconciler')
        assert 'nothing to do' in made.logs(), queue


@pytest.mark.skipif(os.geteuid() != 0, reason='network namespaces need root')
def test_nodes_with_addresses_of_their_own(tmp_path):
    with SwiftCluster(tmp_path / 'swift', nodes=4, devices=1, namespaces=True, separate=True) as made:
        url, token = made.token()
        assert made.request('PUT', f'{url}/c', token).status == 201
        assert made.request('PUT', f'{url}/c/o', token, body=b'x').status == 201
        node = made.primaries('AUTH_test', 'c', 'o')[0][0]
        made.kill('object', node)
        assert made.request('GET', f'{url}/c/o', token).body == b'x'
        assert made.request('PUT', f'{url}/c/o', token, body=b'y').status == 201
        made.start('object', node)
        made.once('object-replicator')
        place = next(each for each in made.primaries('AUTH_test', 'c', 'o') if each[0] == node)
        data = list(made.path_of(place, 'AUTH_test', 'c', 'o').glob('*.data'))
        assert [path.read_bytes() for path in data] == [b'y']


def test_dispersion_finds_what_is_missing(cluster, tmp_path):
    conf = tmp_path / 'dispersion.conf'
    conf.write_text(f'[dispersion]\nauth_url = {cluster.auth_url}\nauth_user = test2:tester2\nauth_key = testing2\n'
                    f'swift_dir = {cluster.etc}\ndispersion_coverage = 50\nretries = 0\n')
    told = cluster.command('dispersion-populate', conf)
    assert 'Created 8 containers for dispersion reporting' in told and 'Created 8 objects' in told
    told = cluster.command('dispersion-report', conf)
    assert '100.00% of container copies found (24 of 24)' in told and '100.00% of object copies found' in told
    place = cluster.primaries('AUTH_test2', 'dispersion_objects', 'dispersion_0')[0]
    for path in cluster.path_of(place, 'AUTH_test2', 'dispersion_objects', 'dispersion_0').glob('*.data'):
        path.unlink()
    figures = json.loads(cluster.command('dispersion-report', conf, '-j', check=False).splitlines()[-1])
    assert (figures['object']['copies_found'], figures['object']['missing_one']) == (23, 1)
    assert figures['container']['pct_found'] == 100.0
