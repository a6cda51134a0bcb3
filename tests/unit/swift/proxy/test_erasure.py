"""Erasure-coded objects through the proxy and real storage servers."""
import glob
import hashlib
import json
import os

import pytest

from swift import backend, cluster
from swift.exceptions import BackendError, SwiftError
from swift.middleware import copy
from tests.unit.swift.proxy import storage
from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers

SIZES = (0, 1, 4095, 4096, 4097, 40000, 300000)


@pytest.fixture
def box(client, request):
    """The path of a new container of the erasure-coded policy."""
    path = f'AUTH_test/ec {request.node.name[:100]}'
    assert client('PUT', path, x_storage_policy='policy-2').status_int == 201
    return path


def archives(directory, path):
    """{index: path} of the archives of an object."""
    known = cluster.Cluster(directory)
    digest = known.hash_path(*path.split('/', 2))
    found = glob.glob(f'{directory}/devices/*/objects-2/*/*/{digest}/*.data')
    return {int(each.split('#')[1].split('.')[0]): each for each in found}


@pytest.mark.parametrize('size', SIZES)
def test_what_was_put_is_read(client, box, size):
    body = os.urandom(size)
    answer = client('PUT', f'{box}/o', body)
    assert (answer.status_int, answer.headers['Etag']) == (201, hashlib.md5(body).hexdigest())
    found = client('GET', f'{box}/o')
    assert (found.status_int, found.body, found.content_length) == (200, body, size)
    assert found.headers['Etag'] == answer.headers['Etag']
    head = client('HEAD', f'{box}/o')
    assert (head.status_int, head.content_length, head.headers['Etag']) == (200, size, answer.headers['Etag'])
    assert not [name for name in {**found.headers, **head.headers} if 'Ec-' in name]
    listed = json.loads(client('GET', box, query='format=json').body)
    assert [(row['bytes'], row['hash']) for row in listed] == [(size, answer.headers['Etag'])]


def test_every_device_has_another_durable_fragment(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 10000)
    found = archives(storage_dir, f'{box}/o')
    assert sorted(found) == [0, 1, 2]
    assert all(each.endswith('#d.data') for each in found.values())
    assert {os.path.getsize(each) for each in found.values()} == {storage.CODE.archive_size(10000)}


@pytest.mark.parametrize('lost', range(3))
def test_any_fragment_may_be_lost(client, box, storage_dir, lost):
    body = os.urandom(50000)
    client('PUT', f'{box}/o', body)
    os.unlink(archives(storage_dir, f'{box}/o')[lost])
    assert client('GET', f'{box}/o').body == body
    assert client('GET', f'{box}/o', x_newest='true').body == body
    assert client('GET', f'{box}/o', range='bytes=5000-20000').body == body[5000:20001]


def test_too_few_fragments_are_no_object_and_not_a_404(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 10000)
    found = archives(storage_dir, f'{box}/o')
    os.unlink(found[0])
    os.unlink(found[2])
    assert client('GET', f'{box}/o').status_int == 503


def test_fragments_that_are_not_durable_help_one_that_is(client, box, storage_dir):
    body = os.urandom(30000)
    client('PUT', f'{box}/o', body)
    found = archives(storage_dir, f'{box}/o')
    for index in (0, 2):
        os.rename(found[index], found[index].replace('#d', ''))
    assert client('GET', f'{box}/o').body == body
    assert client('GET', f'{box}/o', range='bytes=-100').body == body[-100:]


def test_what_the_original_marked_with_a_file_of_its_own_before_2016_is_durable(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 10000)
    for path in archives(storage_dir, f'{box}/o').values():
        os.rename(path, path.replace('#d', ''))
        with open(path.partition('#')[0] + '.durable', 'wb'):
            pass
    assert client('GET', f'{box}/o').body == b'x' * 10000
    assert client('POST', f'{box}/o', x_object_meta_color='blue').status_int == 202
    assert client('HEAD', f'{box}/o').headers['X-Object-Meta-Color'] == 'blue'
    client('PUT', f'{box}/o', b'again')
    assert client('GET', f'{box}/o').body == b'again'
    for path in archives(storage_dir, f'{box}/o').values():
        assert len(os.listdir(os.path.dirname(path))) == 1


def test_what_never_became_durable_is_not_there(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 10000)
    for path in archives(storage_dir, f'{box}/o').values():
        os.rename(path, path.replace('#d', ''))
    for method in ('GET', 'HEAD'):
        assert client(method, f'{box}/o').status_int == 404


RANGES = ('0-0', '0-4095', '4096-4096', '4095-4096', '1000-', '-1', '-5000', '8000-30000', '39999-50000')


@pytest.mark.parametrize('asked', RANGES)
def test_a_range(client, box, asked):
    body = os.urandom(40000)
    client('PUT', f'{box}/o', body)
    first, _, last = asked.partition('-')
    start = int(first) if first else 40000 - int(last)
    stop = min(40000, int(last) + 1) if first and last else 40000
    answer = client('GET', f'{box}/o', range=f'bytes={asked}')
    assert (answer.status_int, answer.body) == (206, body[start:stop])
    assert answer.headers['Content-Range'] == f'bytes {start}-{stop - 1}/40000'


def test_several_ranges(client, box):
    body = os.urandom(40000)
    client('PUT', f'{box}/o', body, content_type='text/plain')
    answer = client('GET', f'{box}/o', range='bytes=30000-30009,5-14,-3')
    assert answer.status_int == 206 and answer.content_length == len(answer.body)
    boundary = answer.headers['Content-Type'].partition('boundary=')[2].encode()
    parts = [each.partition(b'\r\n\r\n')[2][:-2] for each in answer.body.split(b'--' + boundary)[1:-1]]
    assert parts == [body[30000:30010], body[5:15], body[-3:]]


def test_ranges_that_cannot_be(client, box):
    client('PUT', f'{box}/o', b'x' * 100, content_type='text/x')
    answer = client('GET', f'{box}/o', range='bytes=100-')
    assert (answer.status_int, answer.headers['Content-Range']) == (416, 'bytes */100')
    assert answer.headers.getall('Content-Type') == ['text/x']


def test_conditions(client, box):
    etag = client('PUT', f'{box}/o', b'x' * 100).headers['Etag']
    assert client('GET', f'{box}/o', if_none_match=etag).status_int == 304
    assert client('GET', f'{box}/o', if_match='other').status_int == 412
    assert client('GET', f'{box}/o', if_match=etag).status_int == 200
    assert client('GET', f'{box}/o', range='bytes=0-9', if_range=etag).status_int == 206
    assert client('GET', f'{box}/o', range='bytes=0-9', if_range='"other"').status_int == 200
    assert client('PUT', f'{box}/o', b'y', if_none_match='*').status_int == 412


def test_a_wrong_etag_leaves_what_was_there(client, box):
    client('PUT', f'{box}/o', b'before')
    assert client('PUT', f'{box}/o', b'after', etag='0' * 32).status_int == 422
    assert client('GET', f'{box}/o').body == b'before'


def test_metadata_and_deletion(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 9000, x_object_meta_color='red')
    assert client('POST', f'{box}/o', x_object_meta_color='blue').status_int == 202
    answer = client('GET', f'{box}/o')
    assert (answer.headers['X-Object-Meta-Color'], answer.body) == ('blue', b'x' * 9000)
    assert json.loads(client('GET', box, query='format=json').body)[0]['bytes'] == 9000
    client('PUT', f'{box}/o', b'again')
    assert client('GET', f'{box}/o').body == b'again' and len(archives(storage_dir, f'{box}/o')) == 3
    assert client('DELETE', f'{box}/o').status_int == 204
    assert client('GET', f'{box}/o').status_int == client('DELETE', f'{box}/o').status_int == 404
    assert archives(storage_dir, f'{box}/o') == {}


@pytest.mark.parametrize('asked', [None, 'bytes=3000-250000', 'bytes=5-6,100000-200000'])
def test_another_node_goes_on_where_one_breaks_off(client, box, monkeypatch, asked):
    body, real, read = os.urandom(300000), backend.Response.read_exactly, []
    client('PUT', f'{box}/o', body)

    def break_off(answer, size):
        read.append(answer)
        if len(read) == 21:
            answer.close()
            raise BackendError(answer.node, 'reading', 'the connection was closed')
        return real(answer, size)
    monkeypatch.setattr(backend.Response, 'read_exactly', break_off)
    answer = client('GET', f'{box}/o', **({'range': asked} if asked else {}))
    if asked and ',' in asked:
        assert body[100000:200001] in answer.body and answer.content_length == len(answer.body)
    else:
        assert answer.body == (body[3000:250001] if asked else body)
    assert len(read) > 21


def test_a_full_device_is_stood_in_for(client, box, storage_dir):
    known = cluster.Cluster(storage_dir)
    node = known.ring('object', 2).get_nodes(*f'{box}/o'.split('/', 2))[1][1]['device']
    hidden = f'{storage_dir}/devices/{node}'
    os.rename(hidden, f'{hidden}-away')
    try:
        body = os.urandom(20000)
        assert client('PUT', f'{box}/o', body).status_int == 201
        assert client('GET', f'{box}/o').body == body
    finally:
        os.rename(f'{hidden}-away', hidden)
    assert sorted(archives(storage_dir, f'{box}/o')) == [0, 1, 2]
    assert client('GET', f'{box}/o', x_newest='true').body == body


def test_a_damaged_fragment_never_passes_for_the_object(client, box, storage_dir):
    body = os.urandom(1300000)
    client('PUT', f'{box}/o', body)
    path = archives(storage_dir, f'{box}/o')[0]
    with open(path, 'r+b') as file:
        file.seek(6000)
        file.write(b'rotten')
    # The node finds out at the archive's end; what went out before may be wrong, but it is never whole.
    with pytest.raises(SwiftError, match='MD5'):
        assert client('GET', f'{box}/o').body == body
    assert client('GET', f'{box}/o').body == body


def test_a_copy_from_one_policy_to_another(make_app, container, box, storage_dir):
    client, body = Client(copy.filter_factory({}, swift_dir=storage_dir)(make_app())), os.urandom(30000)
    client('PUT', f'{box}/o', body)
    for source, target in ((box, container), (container, box)):
        place = target.partition('/')[2]
        assert client('COPY', f'{source}/o', destination=f'{place}/o').status_int == 201
        assert client('GET', f'{target}/o').body == body
        assert json.loads(client('GET', target, query='format=json').body)[0]['bytes'] == 30000
        assert not [name for name in client('GET', f'{container}/o').headers if 'Ec-' in name]


def test_metadata_is_the_newest_that_any_fragment_has(client, box, storage_dir):
    client('PUT', f'{box}/o', b'x' * 9000, x_object_meta_color='red')
    client('POST', f'{box}/o', x_object_meta_color='blue')
    found = archives(storage_dir, f'{box}/o')
    # These were away, all but one.
    for index in (0, 2):
        for path in glob.glob(f'{os.path.dirname(found[index])}/*.meta'):
            os.unlink(path)
    for asked in ({}, {'range': 'bytes=0-5'}):
        assert client('GET', f'{box}/o', **asked).headers['X-Object-Meta-Color'] == 'blue'
    assert client('HEAD', f'{box}/o', x_newest='true').headers['X-Object-Meta-Color'] == 'blue'
