"""/v3/registered_limits, /v3/limits and the enforcement models."""
import pytest

from keystone.limit import models


@pytest.fixture
def service(as_admin):
    return as_admin('POST', '/services', {'service': {'type': 'compute'}}).json['service']['id']


@pytest.fixture
def register(as_admin, service):
    """register(resource_name=..., ...) -> the registered limit."""
    def call(**values):
        values = {'service_id': service, 'resource_name': 'cores', 'default_limit': 10, **values}
        answer = as_admin('POST', '/registered_limits', {'registered_limits': [values]})
        assert answer.status_int == 201, answer.body
        return answer.json['registered_limits'][0]
    return call


@pytest.fixture
def limit(as_admin, service):
    """limit(project_id=..., ...) -> the answer to making one limit."""
    def call(**values):
        values = {'service_id': service, 'resource_name': 'cores', 'resource_limit': 5, **values}
        return as_admin('POST', '/limits', {'limits': [values]})
    return call


def test_life_of_a_registered_limit(as_admin, service, register):
    made = register(description='d', region_id='RegionOne')
    path = f'/registered_limits/{made["id"]}'
    assert made == {'id': made['id'], 'service_id': service, 'region_id': 'RegionOne', 'resource_name': 'cores',
                    'default_limit': 10, 'description': 'd', 'links': {'self': made['links']['self']}}
    assert as_admin('GET', path).json['registered_limit'] == made
    everywhere = register()
    assert everywhere['region_id'] is None and everywhere['description'] is None
    for query, found in (('', 2), ('?resource_name=cores', 2), ('?resource_name=x', 0), ('?region_id=RegionOne', 1),
                         (f'?service_id={service}', 2), ('?service_id=x', 0)):
        assert len(as_admin('GET', f'/registered_limits{query}').json['registered_limits']) == found, query
    changed = as_admin('PATCH', path, {'registered_limit': {'default_limit': -1, 'resource_name': 'ram'}})
    assert changed.json['registered_limit'] == {**made, 'default_limit': -1, 'resource_name': 'ram'}
    assert as_admin('PATCH', path, {'registered_limit': {'resource_name': 'cores', 'region_id': None}}
                    ).status_int == 409
    assert as_admin('DELETE', path).status_int == 204 and as_admin('DELETE', path).status_int == 404
    assert as_admin('GET', path).status_int == 404


@pytest.mark.parametrize('change,status', [
    ({'service_id': 'none'}, 400), ({'region_id': 'none'}, 400), ({'resource_name': ''}, 400),
    ({'resource_name': 'x' * 256}, 400), ({'default_limit': -2}, 400), ({'default_limit': 2 ** 31}, 400),
    ({'default_limit': '10'}, 400), ({'more': 1}, 400), ({'description': 7}, 400), ({}, 409)])
def test_what_cannot_be_registered(as_admin, service, register, change, status):
    register()
    new = {'service_id': service, 'resource_name': 'ram', 'default_limit': 1}
    values = [new, {'service_id': service, 'resource_name': 'cores', 'default_limit': 1, **change}]
    assert as_admin('POST', '/registered_limits', {'registered_limits': values}).status_int == status
    assert len(as_admin('GET', '/registered_limits').json['registered_limits']) == 1
    assert as_admin('POST', '/registered_limits', {'registered_limits': []}).status_int == 400


def test_life_of_a_limit(as_admin, service, cloud, register, limit):
    registered = register()
    answer = limit(project_id=cloud.project['id'], description='d')
    (made,) = answer.json['limits']
    assert answer.status_int == 201 and made == {
        'id': made['id'], 'project_id': cloud.project['id'], 'domain_id': None, 'service_id': service,
        'region_id': None, 'resource_name': 'cores', 'resource_limit': 5, 'description': 'd', 'links': made['links']}
    path = f'/limits/{made["id"]}'
    assert as_admin('GET', path).json['limit'] == made and as_admin('HEAD', path).status_int == 200
    (of_domain,) = limit(domain_id='default').json['limits']
    assert of_domain['domain_id'] == 'default' and of_domain['project_id'] is None
    for query, found in (('', 2), (f'?project_id={cloud.project["id"]}', 1), ('?domain_id=default', 1),
                         ('?project_id=default', 0), (f'?service_id={service}', 2), ('?resource_name=cores', 2),
                         ('?resource_name=ram', 0), ('?region_id=RegionOne', 0)):
        assert len(as_admin('GET', f'/limits{query}').json['limits']) == found, query
    assert limit(project_id=cloud.project['id']).status_int == 409
    changed = as_admin('PATCH', path, {'limit': {'resource_limit': 7}})
    assert changed.json['limit'] == {**made, 'resource_limit': 7}
    assert as_admin('PATCH', path, {'limit': {'resource_name': 'x'}}).status_int == 400
    root = f'/registered_limits/{registered["id"]}'
    assert as_admin('DELETE', root).status_int == 403
    assert as_admin('PATCH', root, {'registered_limit': {'resource_name': 'ram'}}).status_int == 403
    assert as_admin('PATCH', root, {'registered_limit': {'default_limit': 11}}).status_int == 200
    for each in (made, of_domain):
        assert as_admin('DELETE', f'/limits/{each["id"]}').status_int == 204
    assert as_admin('DELETE', path).status_int == 404 and as_admin('DELETE', root).status_int == 204


def test_what_cannot_be_a_limit(cloud, register, limit):
    project = cloud.project['id']
    register()
    for change, status in (({'resource_name': 'ram'}, 403), ({'region_id': 'RegionOne'}, 403),
                           ({'region_id': 'x'}, 400),
                           ({'service_id': 'x'}, 400), ({'project_id': 'x'}, 400), ({'resource_limit': -2}, 400),
                           ({'domain_id': 'default'}, 400), ({'project_id': None}, 400),
                           ({'project_id': None, 'domain_id': project}, 400), ({'more': 1}, 400)):
        assert limit(**{'project_id': project, **change}).status_int == status, change


def test_limits_go_with_project_and_service(as_admin, cloud, service, register, limit):
    register()
    spare = cloud.new_project('spare')['id']
    made = limit(project_id=spare).json['limits'][0]
    as_admin('DELETE', f'/projects/{spare}')
    assert as_admin('GET', f'/limits/{made["id"]}').status_int == 404
    limit(project_id=cloud.project['id'])
    assert as_admin('DELETE', f'/services/{service}').status_int == 204
    assert as_admin('GET', '/limits').json['limits'] == as_admin('GET', '/registered_limits').json[
        'registered_limits'] == []


def test_everybody_sees_his_own(api, cloud, register, limit):
    register()
    mine = limit(project_id=cloud.project['id']).json['limits'][0]['id']
    other = limit(project_id=cloud.elsewhere['id']).json['limits'][0]['id']
    domain = limit(domain_id='default').json['limits'][0]['id']
    token = cloud.token(cloud.owner, cloud.project)
    assert [each['id'] for each in api('GET', '/v3/limits', token=token).json['limits']] == [mine]
    assert api('GET', f'/v3/limits/{mine}', token=token).json['limit']['project_id'] == cloud.project['id']
    for hidden in (other, domain, 'none'):
        assert api('GET', f'/v3/limits/{hidden}', token=token).status_int == 403
    assert api('GET', '/v3/limits', token=cloud.token(cloud.owner)).json['limits'] == []
    assert len(api('GET', '/v3/registered_limits', token=token).json['registered_limits']) == 1
    cloud.grant(cloud.owner, 'reader', domain_id='default')
    token = cloud.token(cloud.owner, domain_id='default')
    assert len(api('GET', '/v3/limits', token=token).json['limits']) == 3
    assert api('GET', f'/v3/limits/{other}', token=token).json['limit']['domain_id'] is None


class TestModels:

    def test_flat_is_the_default(self, as_admin, cloud):
        model = as_admin('GET', '/limits/model').json['model']
        assert model['name'] == 'flat' and 'hierarchy' in model['description']
        assert as_admin('HEAD', '/limits/model').status_int == 200

    @pytest.fixture
    def strict(self, conf, cloud):
        conf.set('enforcement_model', 'strict_two_level', 'unified_limit')
        cloud.managers.limits.model = models.chosen()

    def test_no_project_has_more_than_its_domain(self, as_admin, cloud, register, limit, strict):
        assert as_admin('GET', '/limits/model').json['model']['name'] == 'strict_two_level'
        register()
        project = cloud.project['id']
        assert limit(project_id=project, resource_limit=11).status_int == 403
        assert limit(project_id=project, resource_limit=-1).status_int == 403
        made = limit(project_id=project, resource_limit=10).json['limits'][0]['id']
        assert limit(domain_id='default', resource_limit=9).status_int == 403
        domain = limit(domain_id='default', resource_limit=20).json['limits'][0]['id']
        assert as_admin('PATCH', f'/limits/{made}', {'limit': {'resource_limit': 21}}).status_int == 403
        assert as_admin('PATCH', f'/limits/{made}', {'limit': {'resource_limit': 20}}).status_int == 200
        assert as_admin('PATCH', f'/limits/{domain}', {'limit': {'resource_limit': 19}}).status_int == 403
        assert as_admin('PATCH', f'/limits/{domain}', {'limit': {'resource_limit': -1}}).status_int == 200
        assert as_admin('PATCH', f'/limits/{made}', {'limit': {'resource_limit': -1}}).status_int == 200

    def test_projects_do_not_nest(self, as_admin, cloud, strict):
        nested = {'project': {'name': 'x', 'parent_id': cloud.project['id']}}
        assert as_admin('POST', '/projects', nested).status_int == 403
        assert as_admin('POST', '/projects', {'project': {'name': 'x'}}).status_int == 201
