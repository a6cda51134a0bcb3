"""/v3/services, /v3/endpoints, /v3/regions."""
import pytest


@pytest.fixture
def service(as_admin):
    return as_admin('POST', '/services', {'service': {'type': 'image', 'name': 'glance',
                                                      'description': 'd'}}).json['service']


def test_life_of_a_service(as_admin, service):
    assert service['enabled'] is True
    assert as_admin('POST', '/services', {'service': {'type': 'x'}}).json['service']['name'] == ''
    path = f'/services/{service["id"]}'
    assert as_admin('GET', '/services?type=image').json['services'] == [service]
    assert as_admin('GET', '/services?name=none').json['services'] == []
    assert as_admin('PATCH', path, {'service': {'enabled': False, 'more': 1}}).json['service']['more'] == 1
    assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404
    assert as_admin('DELETE', path).status_int == 404


def test_life_of_an_endpoint(as_admin, service):
    answer = as_admin('POST', '/endpoints', {'endpoint': {'service_id': service['id'], 'interface': 'public',
                                                          'url': 'http://g', 'region': 'new'}})
    endpoint = answer.json['endpoint']
    assert answer.status_int == 201 and endpoint['region'] == endpoint['region_id'] == 'new'
    assert as_admin('GET', '/regions/new').status_int == 200
    path = f'/endpoints/{endpoint["id"]}'
    assert as_admin('PATCH', path, {'endpoint': {'url': 'http://h'}}).json['endpoint']['url'] == 'http://h'
    found = as_admin('GET', f'/endpoints?interface=public&service_id={service["id"]}&region_id=new').json['endpoints']
    assert [each['id'] for each in found] == [endpoint['id']]
    assert as_admin('DELETE', '/regions/new').status_int == 403
    assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404
    assert as_admin('DELETE', '/regions/new').status_int == 204


@pytest.mark.parametrize('url,shown', [
    ('http://g/$(tenant_id)s', 'http://g/P'), ('http://g/%(project_id)s/%(user_id)s', 'http://g/P/U'),
    ('http://g/a%20b', 'http://g/a%20b'),
    # Stored by hand or by an older release.
    ('http://g/$(unknown)s', None), ('http://g/%(tenant_id)', None), ('http://g/$(admin_endpoint)s', None)])
def test_what_the_catalog_makes_of_a_url(cloud, service, url, shown, conf):
    from essex import db
    from keystone.db.models import Endpoint
    with cloud.managers.changes.writer() as session:
        session.add(Endpoint(id='e', service_id=service['id'], interface='public', url=url))
    found = [endpoint['url'] for entry in cloud.managers.catalog.catalog('U', 'P') if entry['id'] == service['id']
             for endpoint in entry['endpoints']]
    assert found == ([shown] if shown else [])
    with db.count_statements() as counter:
        cloud.managers.catalog.catalog('U', None)
    assert counter.total == 0


def test_endpoints_go_with_their_service(as_admin, service):
    endpoint = as_admin('POST', '/endpoints', {'endpoint': {'service_id': service['id'], 'interface': 'public',
                                                            'url': 'http://g'}}).json['endpoint']
    as_admin('DELETE', f'/services/{service["id"]}')
    assert as_admin('GET', f'/endpoints/{endpoint["id"]}').status_int == 404


@pytest.mark.parametrize('change', [{'interface': 'other'}, {'url': ''}, {'url': None}, {'service_id': 'none'},
                                    {'region_id': 'none'}, {'enabled': 'True'}, {'url': 'x' * 2001},
                                    {'interface': None}, {'url': 'http://g/$(unknown)s'}, {'url': 'http://g/%(tenant_id)'},
                                    {'url': 'http://g/$(tenant_id'}])
def test_bad_endpoints_are_400(as_admin, service, change):
    values = {'service_id': service['id'], 'interface': 'public', 'url': 'http://g', **change}
    assert as_admin('POST', '/endpoints', {'endpoint': values}).status_int == 400


@pytest.mark.parametrize('values', [{}, {'type': ''}, {'type': 'x' * 256}, {'type': 'x', 'name': 'n' * 256},
                                    {'type': 'x', 'enabled': 'no'}])
def test_bad_services_are_400(as_admin, values):
    assert as_admin('POST', '/services', {'service': values}).status_int == 400


def test_regions(as_admin, service):
    assert as_admin('PUT', '/regions/r1', {'region': {'description': 'd'}}).status_int == 201
    assert as_admin('PUT', '/regions/r1', {'region': {}}).status_int == 409
    assert as_admin('PUT', '/regions/r2', {'region': {'id': 'other'}}).status_int == 400
    child = as_admin('POST', '/regions', {'region': {'id': 'r2', 'parent_region_id': 'r1'}}).json['region']
    assert child['parent_region_id'] == 'r1' and child['description'] == ''
    assert len(as_admin('POST', '/regions', {'region': {}}).json['region']['id']) == 32
    found = as_admin('GET', '/regions?parent_region_id=r1').json['regions']
    assert [each['id'] for each in found] == ['r2']
    assert as_admin('PATCH', '/regions/r1', {'region': {'parent_region_id': 'r2'}}).status_int == 400
    assert as_admin('PATCH', '/regions/r2', {'region': {'parent_region_id': 'none'}}).status_int == 404
    endpoint = as_admin('POST', '/endpoints', {'endpoint': {'service_id': service['id'], 'interface': 'public',
                                                            'url': 'http://g', 'region_id': 'r2'}}).json['endpoint']
    assert as_admin('DELETE', '/regions/r1').status_int == 403
    as_admin('DELETE', f'/endpoints/{endpoint["id"]}')
    assert as_admin('DELETE', '/regions/r1').status_int == 204 and as_admin('GET', '/regions/r2').status_int == 404
    for values in ({'id': 'x' * 256}, {'id': 7}, {'description': 'x' * 256}, None):
        assert as_admin('POST', '/regions', {'region': values}).status_int == 400
