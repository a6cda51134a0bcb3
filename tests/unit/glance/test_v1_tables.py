"""Version 1's tables: ways to write a flag, each filter and order of lists, what each failing store leaves."""
import uuid

import pytest

from essex.exception import Forbidden
from glance.exception import StoreFull, StoreUnavailable
from glance.store.filesystem import FilesystemStore

META = {'x-image-meta-name': 'one', 'x-image-meta-disk_format': 'raw', 'x-image-meta-container_format': 'bare'}


def post(caller, data=None, **headers):
    return caller('POST', '/v1/images', data=data, headers={**META, **headers})


@pytest.mark.parametrize('text,value', [(text, True) for text in ('true', 'True', 'TRUE', 'on', '1', 'yes', 'Y', 'y')]
                         + [(text, False) for text in ('false', 'False', 'off', '0', 'no', 'n')])
def test_flags(cloud, text, value):
    image = post(cloud.admin, **{'x-image-meta-is_public': text, 'x-image-meta-protected': text}).json['image']
    assert image['is_public'] is image['protected'] is value


@pytest.fixture
def three(make):
    """Images that differ in everything a list can be ordered or filtered by; returns their names by age."""
    for number, (disk, container, data) in enumerate((('raw', 'bare', b'333'), ('qcow2', 'ovf', None),
                                                      ('aki', 'aki', b'1'))):
        make(name='cab'[number], disk_format=disk, container_format=container, data=data, min_ram=number,
             min_disk=number * 2, protected=number == 1, properties={'kind': str(number)},
             id=f'{9 - number}' + str(uuid.uuid4())[1:])
    return 'cab'


def names(caller, query):
    answer = caller('GET', f'/v1/images/detail?{query}')
    assert answer.status_int == 200, answer.text
    return ''.join(image['name'] for image in answer.json['images'])


@pytest.mark.parametrize('query,expected', [
    ('name=a', 'a'), ('status=active', 'bc'), ('status=queued', 'a'), ('container_format=ovf', 'a'),
    ('disk_format=aki', 'b'), ('min_ram=2', 'b'), ('min_disk=2', 'a'), ('size_min=2', 'c'), ('size_max=1', 'b'),
    ('protected=True', 'a'), ('protected=false', 'bc'), ('property-kind=0', 'c'), ('property-kind=0&name=a', ''),
    ('sort_key=name&sort_dir=asc', 'abc'), ('sort_key=name', 'cba'), ('sort_key=status&sort_dir=asc', 'cba'),
    ('sort_key=container_format&sort_dir=asc', 'bca'), ('sort_key=disk_format&sort_dir=asc', 'bac'),
    ('sort_key=size&sort_dir=desc', 'cba'), ('sort_key=id&sort_dir=asc', 'bac'),
    ('sort_key=created_at&sort_dir=asc', 'cab'), ('sort_key=created_at', 'bac'), ('limit=2', 'ba'), ('limit=0', ''),
    ('sort_key=updated_at&limit=1&name=a', 'a')])
def test_filters_and_orders(cloud, three, query, expected):
    found = names(cloud.owner, query)
    if query == 'sort_key=status&sort_dir=asc':
        assert found[-1] == 'a'   # queued; the others are both active
    else:
        assert found == expected


def test_more_than_the_most_is_the_most(cloud, conf, three):
    conf.set('api_limit_max', 2)
    assert names(cloud.owner, 'limit=1000') == 'ba'
    conf.set('limit_param_default', 1)
    assert names(cloud.owner, '') == 'b'


@pytest.mark.parametrize('error,code', [(StoreFull(store='file'), 413), (Forbidden('No.'), 403),
                                        (StoreUnavailable(store='file', problem='it is read-only'), 503)])
def test_what_a_failing_store_leaves(cloud, stored, monkeypatch, error, code):
    def add(self, image_id, upload_id, chunks, size=None):
        raise error
    monkeypatch.setattr(FilesystemStore, 'add', add)
    assert post(cloud.owner, b'data').status_int == code
    image, = cloud.owner('GET', '/v2/images').json['images']
    assert image['status'] == 'killed' and stored() == []
    assert cloud.owner('GET', '/v1/images').json['images'] == []


@pytest.mark.parametrize('header', ['status', 'created_at', 'updated_at', 'deleted', 'deleted_at'])
def test_what_clients_do_not_say(cloud, header):
    before = post(cloud.owner).json['image']
    answer = cloud.owner('PUT', f'/v1/images/{before["id"]}', headers={
        f'x-image-meta-{header}': 'active' if header == 'status' else '2012-01-01T00:00:00',
        'x-glance-registry-purge-props': 'false'})
    assert answer.status_int == 200, answer.text
    now = answer.json['image']
    assert now['status'] == 'queued' and now['created_at'] == before['created_at'] and not now['deleted']


def test_an_empty_property_is_none(cloud):
    image = post(cloud.owner, **{'x-image-meta-property-a': ''}).json['image']
    assert image['properties'] == {'a': None}
