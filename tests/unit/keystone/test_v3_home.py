"""JSON Home, the version documents, and what is gone."""
import pytest

REL = 'https://docs.openstack.org/api/openstack-identity/3'


@pytest.mark.parametrize('path,prefix', [('/', '/v3'), ('/v3', ''), ('/v3/', '')])
def test_json_home(api, path, prefix):
    answer = api('GET', path, headers={'Accept': 'application/json-home'})
    assert answer.status_int == 200 and answer.content_type == 'application/json-home'
    found = answer.json['resources']
    assert found[f'{REL}/rel/users'] == {'href': f'{prefix}/users'}
    assert found[f'{REL}/rel/project_user_role'] == {
        'href-template': f'{prefix}/projects/{{project_id}}/users/{{user_id}}/roles/{{role_id}}',
        'href-vars': {name: f'{REL}/param/{name}' for name in ('project_id', 'user_id', 'role_id')}}
    group = found[f'{REL}/ext/OS-EP-FILTER/1.0/rel/endpoint_group']
    assert group['href-vars'] == {'endpoint_group_id': f'{REL}/ext/OS-EP-FILTER/1.0/param/endpoint_group_id'}
    for name in ('domain_config_default', 'limit_model', 'implied_role', 'system_group_roles', 'domain_group_role'):
        assert f'{REL}/rel/{name}' in found, name
    assert f'{REL}/ext/OS-INHERIT/1.0/rel/domain_user_roles_inherited_to_projects' in found
    assert f'{REL}/ext/OS-SIMPLE-CERT/1.0/rel/ca_certificate' in found


def test_every_link_of_json_home_leads_somewhere(as_admin, api):
    found = api('GET', '/', headers={'Accept': 'application/json-home'}).json['resources']
    for name, place in found.items():
        path = place.get('href') or place['href-template'].replace('{', '').replace('}', '')
        answer = api('GET', path)
        # Nobody is logged in; what has no route is 404.
        assert answer.status_int in (200, 400, 401, 405, 410) or 'OS-FEDERATION' in path, (name, path, answer.status)


def test_version_documents(api):
    for accept in ({}, {'Accept': 'application/json'}, {'Accept': '*/*'}):
        answer = api('GET', '/', headers=accept)
        assert answer.status_int == 300 and answer.headers['Location'] == 'http://keystone.test:5000/v3/'
        v3, v2 = answer.json['versions']['values']
        assert v3 == {'id': 'v3.14', 'status': 'stable', 'updated': '2020-04-07T00:00:00Z',
                      'links': [{'rel': 'self', 'href': 'http://keystone.test:5000/v3/'}],
                      'media-types': [{'base': 'application/json',
                                       'type': 'application/vnd.openstack.identity-v3+json'}]}
        assert v2['id'] == 'v2.0' and v2['status'] == 'deprecated'
    for path in ('/v3', '/v3/'):
        answer = api('GET', path)
        assert answer.status_int == 200 and answer.json == {'version': v3}
        assert api('HEAD', path).status_int == 200


def test_certificates_are_gone(api):
    for path in ('ca', 'certificates'):
        answer = api('GET', f'/v3/OS-SIMPLE-CERT/{path}')
        assert answer.status_int == 410 and answer.json['error']['title'] == 'Gone'


def test_head_answers_as_get_without_a_body(as_admin, api, cloud):
    """Every GET of v3 that needs nothing but ids, tried with those there are."""
    from keystone.db.records import Hints
    group = cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    service = cloud.managers.catalog.list_services(Hints())[0]['id']
    ids = {'user_id': cloud.owner['id'], 'project_id': cloud.project['id'], 'domain_id': 'default',
           'group_id': group['id'], 'role_id': cloud.roles['member'], 'region_id': 'RegionOne', 'service_id': service,
           'prior_role_id': cloud.roles['admin'], 'implied_role_id': cloud.roles['manager']}
    found = api('GET', '/', headers={'Accept': 'application/json-home'}).json['resources']
    tried = 0
    for name, place in found.items():
        path = (place.get('href') or place['href-template']).removeprefix('/v3')
        if '/ext/OS-FEDERATION' in name or '{' in path.format_map(_Kept(ids)):
            continue
        path = path.format_map(_Kept(ids))
        get, head = as_admin('GET', path), as_admin('HEAD', path)
        # An implied role is told by GET, and only checked by HEAD.
        expected = 204 if '/implies/' in path else get.status_int
        assert (head.status_int, head.body) == (expected, b''), path
        tried += get.status_int < 300
    assert tried > 30


class _Kept(dict):
    """Leaves in place what it does not know."""

    def __missing__(self, key):
        return f'{{{key}}}'
