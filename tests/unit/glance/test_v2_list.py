"""Lists at version 2: filters, order, pages, and what they cost."""
import hashlib
import uuid
from urllib.parse import quote

import pytest

from essex import db


def names(caller, query=''):
    """The names in a list, in order."""
    answer = caller('GET', f'/v2/images{query}')
    assert answer.status_int == 200, answer.text
    return [image['name'] for image in answer.json['images']]


@pytest.fixture
def five(cloud, make, conf):
    """Five images of one project, a (oldest) to e."""
    conf.set('image_format_enforcement', False)
    made = [make(name='a', data=b'', tags=['x', 'y'], properties={'color': 'red'}),
            make(name='b', data=b'bb', disk_format='qcow2', min_ram=512, tags=['x']),
            make(name='c', data=b'cccc', protected=True, properties={'color': 'blue'}),
            make(name='d', os_hidden=True),
            make(name='e,"f', visibility='community', min_disk=3)]
    return {image.name: image for image in made}


def test_newest_first_without_the_hidden(cloud, five):
    assert names(cloud.owner) == ['e,"f', 'c', 'b', 'a']


@pytest.mark.parametrize('query,expected', [
    ('name=a', 'a'), ('name=in:a,b', 'ba'), ('name=nothing', ''), ('name=', ''), ('status=queued', 'e'),
    ('status=in:active,killed', 'cba'), ('disk_format=qcow2', 'b'), ('container_format=in:bare,ovf', 'ecba'),
    ('min_ram=512', 'b'), ('min_disk=3', 'e'), ('size_min=2', 'cb'), ('size_max=2', 'ba'),
    ('size_min=1&size_max=3', 'b'),
    ('size=4', 'c'), ('protected=True', 'c'), ('protected=false', 'eba'), ('os_hidden=true', 'd'), ('tag=x', 'ba'),
    ('tag=x&tag=y', 'a'), ('tag=X', ''), ('color=red', 'a'), ('color=Red', ''), ('color=blue&protected=1', 'c'),
    ('visibility=community', 'e'), ('visibility=shared', 'cba'), ('visibility=private', ''), ('visibility=all', 'ecba'),
    ('owner=alpha', 'ecba'), ('owner=beta', ''), ('checksum=d41d8cd98f00b204e9800998ecf8427e', 'a'),
    ('created_at=gt:2012-01-01T00:00:00Z', 'ecba'), ('created_at=lt:2012-01-01T00:00:00Z', ''),
    ('updated_at=gte:2012-01-01T00:00:00%2B02:00', 'ecba'), ('updated_at=neq:2012-01-01T00:00:00', 'ecba'),
    ('created_at=lte:2012-01-01T00:00:00Z', ''), ('created_at=eq:2012-01-01T00:00:00Z', ''),
    (f'os_hash_value={hashlib.sha512().hexdigest()}', 'a'), ('os_hash_value=x', ''),
    ('created_at=2012-01-01T00:00:00Z', ''), ('sort_key=name&sort_dir=asc', 'abce'), ('sort=name:asc', 'abce'),
    ('sort=size:asc,name', 'eabc'), ('sort=disk_format:desc,name:asc', 'aceb'),
    ('sort_key=size&sort_key=name&sort_dir=asc', 'eabc'),
    ('sort_dir=asc', 'abce'), ('limit=2', 'ec'), ('limit=0', ''), ('limit=2000', 'ecba')])
def test_filters_and_order(cloud, five, query, expected):
    assert ''.join(name[0] for name in names(cloud.owner, '?' + query)) == expected


def test_quoted_values_in_a_list(cloud, five):
    assert names(cloud.owner, '?name=' + quote('in:a,"e,""f"')) == ['e,"f', 'a']


def test_by_ids(cloud, five):
    ids = f'{five["a"].id},{five["c"].id},{uuid.uuid4()}'
    assert names(cloud.owner, '?id=in%3A' + ids) == ['c', 'a']
    assert names(cloud.owner, '?id=' + five['a'].id) == ['a']


@pytest.mark.parametrize('query', [
    'limit=-1', 'limit=x', 'limit=1.5', 'limit=', 'marker=nope', 'marker=6f1c7a52-8a3e-4c0e-9a59-0d0f5a3b7c11',
    'visibility=x',
    'member_status=x', 'sort_key=x', 'sort_key=owner', 'sort_dir=up', 'sort=name:up', 'sort=name&sort_key=name',
    'sort_key=name&sort_key=size&sort_key=id&sort_dir=asc&sort_dir=asc', 'sort=name,name', 'size_min=x', 'size_max=-5',
    'size_min=99999999999999999999', 'min_ram=x', 'min_ram=99999999999', 'protected=maybe', 'os_hidden=x',
    'changes-since=2012-01-01',
    'created_at=x', 'created_at=foo:2012-01-01T00:00:00Z', 'created_at=gt:', 'name=in:', 'name=in:"a', 'name=a%00',
    '%00=a', 'name=%ff',
    'created_at=0001-01-01T00:00:00%2B14:00'])
def test_bad_queries_are_400(cloud, query):
    answer = cloud.owner('GET', f'/v2/images?{query}')
    assert answer.status_int == 400, answer.text


@pytest.mark.parametrize('order', ['', 'sort=name:asc', 'sort=size:desc,name:asc', 'sort=disk_format:asc',
                                   'sort=status'])
def test_pages_follow_each_other(cloud, five, order):
    whole = names(cloud.owner, f'?{order}')
    found, path = [], f'/v2/images?limit=1&{order}&tag='.replace('&tag=', '')
    while path:
        page = cloud.owner('GET', path).json
        assert 'marker' not in page['first'] and page['first'].startswith('/v2/images?')
        found += [image['name'] for image in page['images']]
        path = page.get('next')
    assert found == whole


def test_pages_of_equal_images(cloud, make, monkeypatch):
    moment = db.utcnow()
    monkeypatch.setattr(db, 'utcnow', lambda: moment)
    for _ in range(7):
        make(name='same')
    found, path = [], '/v2/images?limit=3&name=same'
    while path:
        page = cloud.owner('GET', path).json
        found += [image['id'] for image in page['images']]
        path = page.get('next')
    assert len(found) == len(set(found)) == 7
    assert page['schema'] == '/v2/schemas/images'


def test_the_default_limit(cloud, make, conf):
    conf.set('limit_param_default', 2)
    for _ in range(3):
        make(name='n')
    page = cloud.owner('GET', '/v2/images').json
    assert len(page['images']) == 2 and 'limit=2' in page['next']


def test_a_marker_of_an_unseen_image_is_unknown(cloud, make):
    secret = make(owner='beta', visibility='private')
    hidden, unknown = (cloud.owner('GET', f'/v2/images?marker={each}') for each in (secret.id, uuid.uuid4()))
    assert hidden.status_int == unknown.status_int == 400


def test_a_list_takes_four_statements_however_long(cloud, make):
    for number in range(12):
        make(name=f'n{number}', data=b'x', tags=['a', 'b'], properties={'p': '1', 'q': '2'})
    for query in ('', '?limit=3', '?tag=a&p=1&sort=name'):
        with db.count_statements() as counter:
            names(cloud.owner, query)
        assert counter.total == 4, counter.statements
    image = cloud.owner('GET', '/v2/images?limit=1').json['images'][0]
    with db.count_statements() as counter:
        cloud.owner('GET', f'/v2/images/{image["id"]}')
    assert counter.total == 4


def test_what_each_of_the_cast_lists(cloud, make):
    for owner in ('alpha', 'beta'):
        for visibility in ('public', 'private', 'shared', 'community'):
            make(name=f'{owner}-{visibility}', owner=owner, visibility=visibility)
    own = ['alpha-community', 'alpha-private', 'alpha-public', 'alpha-shared']
    for name in ('owner', 'member', 'reader'):
        assert sorted(names(getattr(cloud, name))) == [*own, 'beta-public']
    assert cloud.unscoped('GET', '/v2/images').status_int == 403
    assert len(names(cloud.admin)) == 8
    assert sorted(names(cloud.owner, '?visibility=community')) == ['alpha-community', 'beta-community']
    assert sorted(names(cloud.owner, '?visibility=all')) == [*own, 'beta-community', 'beta-public']
    assert names(cloud.owner, '?visibility=private') == ['alpha-private']
    assert names(cloud.owner, '?visibility=shared') == ['alpha-shared']
    assert names(cloud.owner, '?owner=beta') == ['beta-public']
    assert cloud.nobody('GET', '/v2/images').status_int == 401


def test_a_filter_of_version_1_hides_nothing(cloud):
    image = cloud.owner.create()
    for value in ('false', 'true'):
        found = cloud.owner('GET', f'/v2/images?deleted={value}').json['images']
        assert [each['id'] for each in found] == [image['id']]
