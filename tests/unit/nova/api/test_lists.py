"""Lists: pages that continue, filters, links that lead back the way one came, and how many statements they take."""
import datetime
import time
import types
from urllib.parse import parse_qs, urlsplit

import pytest

from essex import db
from nova import exception
from nova.compute import zones
from nova.db import faults, instances, security_groups
from tests.unit.nova import rows
from tests.unit.nova.api.fakes import IMAGE

FACES = ('/v1.1/alpha', '/v2/alpha', '/v2.1', '/v2.1/alpha')


def ids(found, name='servers'):
    return [each['id'] for each in found[name]]


@pytest.fixture
def seven(stage):
    """Seven servers called web, the newest first."""
    return [stage.server, *(stage.make_server(f'web-{number}') for number in range(6))][::-1]


def follow(client, path, name):
    """Pages from `path` on, by their own links."""
    while path:
        page = client.ok('GET', path)
        yield page
        more = page.get(f'{name}_links')
        if more:
            assert [link['rel'] for link in more] == ['next']
        path = more[0]['href'].removeprefix('http://cloud:8774') if more else None


@pytest.mark.parametrize('face', FACES)
@pytest.mark.parametrize('path', ['/servers', '/servers/detail'])
def test_pages_of_servers(stage, seven, face, path):
    stage.make_server('db')
    pages = list(follow(stage.owner, f'{face}{path}?limit=3&name=web&sort_key=created_at&sort_dir=desc', 'servers'))
    assert [each for page in pages for each in ids(page)] == seven
    assert [len(page['servers']) for page in pages] == [3, 3, 1]
    assert all(('status' in page['servers'][0]) is path.endswith('detail') for page in pages)
    link = urlsplit(pages[0]['servers_links'][0]['href'])
    assert link.path == face + path
    assert parse_qs(link.query) == {'limit': ['3'], 'marker': [seven[2]], 'name': ['web'], 'sort_key': ['created_at'],
                                    'sort_dir': ['desc']}


def test_pages_of_flavors_and_images(stage):
    for number in range(3, 6):
        rows.flavor(str(number), f'm{number}')
    for path in ('/flavors', '/flavors/detail'):
        pages = list(follow(stage.owner, f'/v2.1{path}?limit=2&minRam=1', 'flavors'))
        assert [each for page in pages for each in ids(page, 'flavors')] == ['1', '2', '3', '4', '5']
    for path in ('/images', '/images/detail'):
        pages = list(follow(stage.owner, f'/v2/alpha{path}?limit=1', 'images'))
        assert [each for page in pages for each in ids(page, 'images')] == [stage.image, IMAGE]


def test_limits_of_pages(stage, seven, conf):
    for path in ('/servers', '/servers/detail', '/flavors', '/images'):
        name = path.split('/')[1]
        assert stage.owner.ok('GET', f'/v2.1{path}?limit=0') == {name: []}
    conf.set('osapi_max_limit', 2)
    page = stage.owner.ok('GET', '/v2.1/servers?limit=100')
    assert ids(page) == seven[:2] and 'limit=2' in page['servers_links'][0]['href']
    assert ids(stage.owner.ok('GET', '/v2.1/servers')) == seven[:2]


def test_filters(stage, seven):
    own = stage.make_server('db', vm_state='stopped', key_name='laptop', access_ip_v4='192.0.2.77')
    other = stage.make_server('theirs', 'beta', 'mallory', host='node2')
    for query, found in (
            ('name=%5Edb$', [own]), ('name=nothing', []), ('status=SHUTOFF', [own]), ('status=shutoff', [own]),
            ('image=00000000-0000-0000-0000-000000000000', []), ('flavor=77', []), ('ip=10.0.0.2', [stage.server]),
            (f'image=http://cloud/images/{IMAGE}&name=db', [own]), (f'uuid={own}', [own]), ('key_name=laptop', [own]),
            ('host=node2&name=db', [own]), ('unknown=x&name=db', [own]), ('tenant_id=beta&name=db', [own])):
        assert ids(stage.owner.ok('GET', f'/v2.1/servers?{query}')) == found, query
    for query, found in (
            ('', []), ('tenant_id=beta', []), ('project_id=beta', []), ('all_tenants=1&host=node2', [other]),
            ('all_tenants=True&tenant_id=beta', [other]),
            ('all_tenants=1&project_id=beta', [other]), ('all_tenants&name=theirs', [other])):
        assert ids(stage.admin.ok('GET', f'/v2.1/servers?{query}')) == found, query
    assert stage.owner.ok('GET', '/v2.1/servers?status=nonsense') == {'servers': []}
    assert stage.owner('GET', '/v2/alpha/servers?status=nonsense').status_int == 400


def test_deleted_ones(stage):
    gone = stage.make_server('gone')
    instances.mark_deleted(gone)
    assert gone not in ids(stage.owner.ok('GET', '/v2.1/servers'))
    assert gone not in ids(stage.owner.ok('GET', '/v2.1/servers?deleted=True'))
    assert ids(stage.admin.ok('GET', '/v2.1/servers/detail?all_tenants=1&deleted=True')) == [gone]
    before = (db.utcnow() - datetime.timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%SZ')
    after = (db.utcnow() + datetime.timedelta(minutes=5)).strftime('%Y-%m-%dT%H:%M:%S%%2B00:00')
    changed = stage.owner.ok('GET', f'/v2.1/servers/detail?changes-since={before}')['servers']
    assert {each['id']: each['status'] for each in changed} == {stage.server: 'ACTIVE', gone: 'DELETED'}
    assert stage.owner.ok('GET', f'/v2.1/servers?changes-since={after}') == {'servers': []}
    assert stage.owner('GET', f'/v2.1/servers/{gone}').status_int == 404


@pytest.mark.parametrize('face', FACES)
def test_links(stage, face):
    shown = stage.owner.ok('GET', f'{face}/servers/{stage.server}')['server']
    bare = '' if face == '/v2.1' else '/alpha'
    assert shown['links'] == [{'rel': 'self', 'href': f'http://cloud:8774{face}/servers/{stage.server}'},
                              {'rel': 'bookmark', 'href': f'http://cloud:8774{bare}/servers/{stage.server}'}]
    assert shown['flavor']['links'] == [{'rel': 'bookmark', 'href': f'http://cloud:8774{bare}/flavors/1'}]
    assert shown['image']['links'] == [{'rel': 'bookmark', 'href': f'http://cloud:8774{bare}/images/{IMAGE}'}]


def test_links_with_a_public_address(stage, conf):
    conf.set('osapi_compute_link_prefix', 'https://api.example.org/compute')
    shown = stage.owner.ok('GET', f'/v2/alpha/servers/{stage.server}')['server']
    assert [link['href'] for link in shown['links']] == [
        f'https://api.example.org/compute/v2/alpha/servers/{stage.server}',
        f'https://api.example.org/compute/alpha/servers/{stage.server}']


def test_head_is_get_without_a_body(stage):
    for path in ('/v2.1/servers', f'/v2.1/servers/{stage.server}', '/v1.1/alpha/flavors/1'):
        answer = stage.owner('HEAD', path)
        assert answer.status_int == 200 and answer.body == b''


@pytest.fixture
def steady(monkeypatch):
    """What is remembered for seconds is asked for once, however long a test takes."""
    later = time.monotonic() + zones.OfServers.LIFE + 1
    monkeypatch.setattr(zones, 'time', types.SimpleNamespace(monotonic=lambda: later))


def test_a_thousand_servers_take_a_handful_of_statements(stage, steady):
    group = security_groups.ensure_default('alpha', 'alice')
    made = instances.create_all([rows.server_values(vm_state='error' if number % 10 == 0 else 'active', host='node1')
                                 for number in range(999)], [group.id])
    with db.writer():
        for row in made[::10]:
            faults.add(row.uuid, exception.NoValidHost(reason='RamFilter left 0 of 3 hosts.'))
    # The zones of hosts are remembered for seconds: the first list asks for them.
    stage.owner.ok('GET', '/v2.1/servers/detail?limit=1')
    with db.count_statements() as counter:
        shown = stage.owner.ok('GET', '/v2.1/servers/detail')['servers']
    assert len(shown) == 1000 and counter.total == 4, counter.statements
    assert sum('fault' in each for each in shown) == 100


def test_statements_of_single_requests(stage, steady):
    new = {'server': {'name': 'n', 'imageRef': IMAGE, 'flavorRef': '1', 'networks': [], 'key_name': 'laptop'}}
    for method, path, body, most in (
            ('GET', f'/servers/{stage.server}', None, 3), ('GET', '/servers', None, 1),
            ('GET', '/flavors/detail', None, 1),
            ('POST', '/servers', new, 11), ('POST', f'/servers/{stage.server}/action', {'os-stop': None}, 6),
            ('GET', '/os-security-groups', None, 3), ('GET', '/os-hypervisors/detail', None, 4),
            ('GET', '/limits', None, 2), ('GET', '/os-floating-ips', None, 1)):
        with db.count_statements() as counter:
            answer = stage.owner(method, f'/v2.1{path}', *((body,) if body else ()))
        assert answer.status_int in (200, 202, 403), answer.text
        assert counter.total <= most, (path, counter.statements)
