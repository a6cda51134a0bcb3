"""OS-EP-FILTER: endpoint groups, associations with projects, and what they do to the catalog."""
import pytest

from essex import db

ROOT = '/OS-EP-FILTER'


@pytest.fixture
def image(as_admin):
    """An image service with a public and an internal endpoint: {service, public, internal}."""
    service = as_admin('POST', '/services', {'service': {'type': 'image', 'name': 'glance'}}).json['service']['id']
    made = {'service': service}
    for interface in ('public', 'internal'):
        made[interface] = as_admin('POST', '/endpoints', {'endpoint': {
            'service_id': service, 'interface': interface, 'url': 'http://g', 'region_id': 'RegionOne'}}
            ).json['endpoint']['id']
    return made


@pytest.fixture
def group(as_admin):
    """group(filters) -> the created endpoint group."""
    def call(**filters):
        answer = as_admin('POST', f'{ROOT}/endpoint_groups', {'endpoint_group': {
            'name': 'g', 'description': 'd', 'filters': filters}})
        assert answer.status_int == 201, answer.body
        return answer.json['endpoint_group']
    return call


@pytest.fixture
def seen(api, cloud):
    """seen() -> ids of the endpoints in the catalog of the owner's project, as the token and the call have it."""
    def call():
        token = cloud.token(cloud.owner, cloud.project)
        catalog = api('GET', '/v3/auth/catalog', token=token).json['catalog']
        of_token = api('GET', '/v3/auth/tokens', token=token, subject=token).json['token']['catalog']
        assert of_token == catalog
        return {endpoint['id'] for entry in catalog for endpoint in entry['endpoints']}
    return call


def test_life_of_an_endpoint_group(as_admin, group, image):
    made = group(service_id=image['service'], interface='public')
    path = f'{ROOT}/endpoint_groups/{made["id"]}'
    assert made['links']['self'].endswith(f'/v3{path}') and made['filters']['interface'] == 'public'
    assert as_admin('GET', path).json['endpoint_group'] == made
    assert as_admin('GET', f'{ROOT}/endpoint_groups?name=g').json['endpoint_groups'] == [made]
    assert as_admin('GET', f'{ROOT}/endpoint_groups?name=x').json['endpoint_groups'] == []
    found = as_admin('GET', f'{path}/endpoints').json['endpoints']
    assert [each['id'] for each in found] == [image['public']] and '/v3/endpoints/' in found[0]['links']['self']
    changed = as_admin('PATCH', path, {'endpoint_group': {'filters': {'service_id': image['service']}}})
    assert changed.json['endpoint_group']['filters'] == {'service_id': image['service']}
    assert len(as_admin('GET', f'{path}/endpoints').json['endpoints']) == 2
    assert as_admin('HEAD', path).status_int == 200
    assert as_admin('DELETE', path).status_int == 204 and as_admin('DELETE', path).status_int == 404
    assert as_admin('GET', path).status_int == 404


@pytest.mark.parametrize('values', [{}, {'name': 'x'}, {'name': '', 'filters': {}}, {'name': 'x', 'filters': 'y'},
                                    {'name': 'x', 'filters': {'unknown': 'y'}}, {'name': 'x', 'more': 1},
                                    {'name': 'x', 'filters': {'interface': 'other'}}])
def test_bad_groups_are_400(as_admin, values):
    assert as_admin('POST', f'{ROOT}/endpoint_groups', {'endpoint_group': values}).status_int == 400


def test_a_project_sees_the_endpoints_it_was_given(as_admin, cloud, image, seen):
    path = f'{ROOT}/projects/{cloud.project["id"]}/endpoints'
    assert len(seen()) == 5
    one = f'{path}/{image["public"]}'
    assert as_admin('GET', one).status_int == 404 and as_admin('DELETE', one).status_int == 404
    assert as_admin('PUT', one).status_int == 204 and as_admin('PUT', one).status_int == 409
    assert as_admin('GET', one).status_int == as_admin('HEAD', one).status_int == 204
    assert seen() == {image['public']}
    assert [each['id'] for each in as_admin('GET', path).json['endpoints']] == [image['public']]
    found = as_admin('GET', f'{ROOT}/endpoints/{image["public"]}/projects').json['projects']
    assert [each['name'] for each in found] == ['demo'] and '/v3/projects/' in found[0]['links']['self']
    assert as_admin('DELETE', one).status_int == 204 and len(seen()) == 5
    for missing in (f'{path}/none', f'{ROOT}/projects/none/endpoints/{image["public"]}'):
        assert as_admin('PUT', missing).status_int == 404
    assert as_admin('GET', f'{ROOT}/projects/none/endpoints').status_int == 404
    assert as_admin('GET', f'{ROOT}/endpoints/none/projects').status_int == 404


def test_a_project_sees_the_groups_it_was_given(as_admin, cloud, image, group, seen, conf):
    made = group(service_id=image['service'])
    path = f'{ROOT}/endpoint_groups/{made["id"]}/projects'
    one = f'{path}/{cloud.project["id"]}'
    assert as_admin('GET', one).status_int == 404
    assert as_admin('PUT', one).status_int == 204 and as_admin('PUT', one).status_int == 409
    link = as_admin('GET', one).json['project_endpoint_group']
    assert (link['endpoint_group_id'], link['project_id']) == (made['id'], cloud.project['id'])
    assert link['links']['self'].endswith(one) and as_admin('HEAD', one).status_int == 200
    empty = {'endpoint_group': {'name': 'all', 'filters': {}}}
    assert as_admin('POST', f'{ROOT}/endpoint_groups', empty).status_int == 400
    assert [each['id'] for each in as_admin('GET', path).json['projects']] == [cloud.project['id']]
    mine = as_admin('GET', f'{ROOT}/projects/{cloud.project["id"]}/endpoint_groups').json['endpoint_groups']
    assert mine == [made]
    assert seen() == {image['public'], image['internal']}
    listed = as_admin('GET', f'{ROOT}/projects/{cloud.project["id"]}/endpoints').json['endpoints']
    assert {each['id'] for each in listed} == seen()
    as_admin('PATCH', f'{ROOT}/endpoint_groups/{made["id"]}', {'endpoint_group': {'filters': {
        'service_id': image['service'], 'interface': 'internal'}}})
    assert seen() == {image['internal']}
    assert as_admin('DELETE', one).status_int == 204 and as_admin('DELETE', one).status_int == 404
    assert len(seen()) == 5
    conf.set('return_all_endpoints_if_no_filter', False, 'endpoint_filter')
    as_admin('PUT', one)
    assert seen() == {image['internal']}
    as_admin('DELETE', f'{ROOT}/endpoint_groups/{made["id"]}')
    assert seen() == set()


def test_associations_go_with_what_they_join(as_admin, cloud, image, group):
    made, spare = group(service_id=image['service']), cloud.new_project('spare')
    as_admin('PUT', f'{ROOT}/endpoint_groups/{made["id"]}/projects/{spare["id"]}')
    for interface in ('public', 'internal'):
        as_admin('PUT', f'{ROOT}/projects/{spare["id"]}/endpoints/{image[interface]}')
    as_admin('DELETE', f'/endpoints/{image["internal"]}')
    left = as_admin('GET', f'{ROOT}/projects/{spare["id"]}/endpoints').json['endpoints']
    assert [each['id'] for each in left] == [image['public']]
    assert as_admin('DELETE', f'/projects/{spare["id"]}').status_int == 204
    assert as_admin('GET', f'{ROOT}/endpoint_groups/{made["id"]}/projects').json['projects'] == []
    assert as_admin('GET', f'{ROOT}/endpoints/{image["public"]}/projects').json['projects'] == []


def test_what_is_seen_is_remembered(as_admin, cloud, image):
    as_admin('PUT', f'{ROOT}/projects/{cloud.project["id"]}/endpoints/{image["public"]}')
    catalog = cloud.managers.catalog
    catalog.catalog('u', 'other')
    with db.count_statements() as counter:
        catalog.catalog('u', 'other')
    assert counter.total == 0
