"""What a fake and a real cloud have in common, as tests: identity and compute; cloud_api_storage.py has the rest.

Mixed into a class per cloud, which gives the fixture `site` (tests.contract.cloud_calls). Calls whose answer depends on
when they are made are not noted (`quiet`): the shapes of all others are compared between the two.
"""
import pytest

# Who asks for what; {member} and {stranger} are ids of users, {project}, {other} and {nowhere} of projects.
LOOKS = [
    ('admin', 'identity', path, 200) for path in (
        '', '/projects', '/users', '/groups', '/roles', '/domains', '/regions', '/services', '/endpoints',
        '/role_assignments', '/role_assignments?include_names', '/role_assignments?user.id={member}&effective',
        '/projects?name=demo', '/projects?limit=1', '/users?name=demo', '/users/{member}', '/users/{member}/groups',
        '/users/{member}/projects', '/projects/{project}', '/domains/default', '/regions/RegionOne',
        '/projects/{project}/users/{member}/roles', '/auth/projects', '/auth/domains', '/auth/system',
        '/auth/catalog', '/users/{member}/credentials/OS-EC2')
] + [
    ('member', 'identity', path, status) for path, status in (
        ('/users/{member}', 200), ('/users/{member}/projects', 200), ('/users/{member}/groups', 200),
        ('/projects/{project}', 200), ('/domains/default', 200), ('/regions', 200), ('/auth/projects', 200),
        ('/auth/catalog', 200), ('/users/{member}/application_credentials', 200), ('/users/{member}/access_rules', 200),
        ('/projects', 403), ('/users', 403), ('/groups', 403), ('/roles', 403), ('/domains', 403), ('/services', 403),
        ('/endpoints', 403), ('/role_assignments', 403), ('/users/{stranger}', 403), ('/projects/{other}', 403),
        ('/projects/{project}/users/{member}/roles', 403), ('/users/{stranger}/credentials/OS-EC2', 403))
] + [
    ('nobody', 'identity', '/auth/projects', 200), ('nobody', 'identity', '/regions', 200),
    ('nobody', 'identity', '/auth/catalog', 403),
] + [
    ('admin', 'identity', f'/{kind}/nope', 404) for kind in (
        'projects', 'users', 'groups', 'roles', 'domains', 'regions', 'services', 'endpoints')
] + [
    ('admin', 'compute', path, 200) for path in (
        '', '/servers', '/servers/detail?all_tenants=1', '/flavors/detail?is_public=None', '/os-services',
        '/os-services?binary=nova-compute', '/os-hypervisors', '/os-hypervisors/detail', '/os-hypervisors/statistics',
        '/os-aggregates', '/os-availability-zone', '/os-availability-zone/detail', '/os-networks', '/os-hosts',
        '/os-simple-tenant-usage', '/os-quota-sets/{project}', '/os-quota-sets/{project}/detail',
        '/os-quota-sets/nowhere', '/limits?tenant_id={project}', '/os-security-groups?all_tenants=1')
] + [
    ('member', 'compute', path, status) for path, status in (
        ('/servers', 200), ('/servers/detail', 200), ('/servers?limit=0', 200), ('/flavors', 200),
        ('/flavors?limit=2', 200), ('/flavors/detail', 200), ('/flavors/1', 200), ('/flavors/1/os-extra_specs', 200),
        ('/os-keypairs', 200), ('/os-security-groups', 200), ('/os-floating-ips', 200), ('/os-floating-ip-pools', 200),
        ('/limits', 200), ('/os-networks', 200), ('/os-tenant-networks', 200), ('/os-availability-zone', 200),
        ('/os-quota-sets/{project}', 200), ('/os-quota-sets/{project}/detail', 200),
        ('/os-quota-sets/{project}/defaults', 200), ('/os-simple-tenant-usage/{project}', 200),
        ('/servers?limit=x', 400), ('/servers?marker=nope', 400), ('/servers/detail?all_tenants=1', 403),
        ('/os-services', 403), ('/os-hypervisors', 403), ('/os-hypervisors/statistics', 403), ('/os-aggregates', 403),
        ('/os-availability-zone/detail', 403), ('/os-simple-tenant-usage', 403),
        ('/os-simple-tenant-usage/{other}', 403), ('/os-quota-sets/{other}', 403), ('/flavors/1/os-flavor-access', 403),
        ('/os-hosts', 403), ('/servers/nope', 404), ('/servers/00000000-0000-0000-0000-000000000000', 404),
        ('/flavors/99', 404), ('/os-keypairs/nope', 404), ('/os-security-groups/99999', 404),
        ('/os-security-groups/nope', 404), ('/os-floating-ips/99999', 404), ('/os-networks/nope', 404),
        ('/flavors/1/os-extra_specs/nope', 404), ('/nothing', 404))
] + [
    ('admin', 'compute', '/os-hypervisors/99', 404), ('admin', 'compute', '/os-aggregates/99', 404),
    ('admin', 'compute', '/flavors/1/os-flavor-access', 404),
]
# What a member may not do.
REFUSED = [
    ('POST', 'identity', '/projects', {'project': {'name': 'x'}}), ('POST', 'identity', '/users', {'user': {
        'name': 'x'}}), ('POST', 'identity', '/roles', {'role': {'name': 'x'}}),
    ('DELETE', 'identity', '/users/{stranger}', None),
    ('POST', 'compute', '/flavors', {'flavor': {'name': 'x', 'ram': 1, 'vcpus': 1, 'disk': 1}}),
    ('PUT', 'compute', '/os-quota-sets/{project}', {'quota_set': {'cores': 5}}),
    ('POST', 'compute', '/os-aggregates', {'aggregate': {'name': 'x'}}),
    ('POST', 'compute', '/os-networks', {'network': {'label': 'x', 'cidr': '10.9.0.0/24'}}),
]


def filled(site, path):
    """A path with the ids of the cast in it."""
    return path.format(member=site.member.user_id, stranger=site.stranger.user_id, project=site.member.project_id,
                       other=site.stranger.project_id)


def image_of(site):
    """The id of the image every cloud has."""
    return site.member.quiet('GET', 'image', '/v2/images?name=blank').json()['images'][0]['id']


def booted(site, **values):
    """The id of a new server of the member that is ACTIVE."""
    body = {'name': site.name('server'), 'imageRef': image_of(site), 'flavorRef': '42', **values}
    answer = site.member.quiet('POST', 'compute', '/servers', {'server': body})
    assert answer.status_code == 202, answer.text
    return settled(site, answer.json()['server']['id'], 'ACTIVE')


def settled(site, server, status):
    """The server's id, once it has that status and nothing goes on."""
    def look():
        shown = site.member.quiet('GET', 'compute', f'/servers/{server}').json()['server']
        assert shown['status'] != 'ERROR' or status == 'ERROR', shown
        return shown['status'] == status and shown['OS-EXT-STS:task_state'] is None
    site.until(look)
    return server


def gone(site, server):
    """Delete a server and wait until it is gone."""
    site.member.quiet('DELETE', 'compute', f'/servers/{server}')
    site.until(lambda: site.member.quiet('GET', 'compute', f'/servers/{server}').status_code == 404)


class CloudApiContract:
    """Identity and compute."""

    @pytest.mark.parametrize('role, service, path, status', LOOKS)
    def test_looks(self, site, role, service, path, status):
        answer = site.cast[role]('GET', service, filled(site, path), status=status)
        if status >= 400:
            error = next(iter(answer.json().values()))
            assert error['code'] == status and error['message']

    @pytest.mark.parametrize('method, service, path, body', REFUSED)
    def test_a_member_may_not(self, site, method, service, path, body):
        site.member(method, service, filled(site, path), body, status=403)

    @pytest.mark.parametrize('service, path', [('identity', '/users'), ('compute', '/servers')])
    def test_without_a_good_token(self, site, service, path):
        for token in (None, 'no token of this cloud'):
            answer = site.member('GET', service, path, status=401, X_Auth_Token=token)
            assert 'Keystone uri=' in answer.headers['WWW-Authenticate']

    # Identity

    def test_log_in(self, site):
        for person in (site.member, site.admin, site.nobody):
            answer = person('POST', 'identity', '/auth/tokens', person.identity(**person.scope()), status=201,
                            X_Auth_Token=None)
            assert answer.headers['X-Subject-Token']
        unscoped = site.member('POST', 'identity', '/auth/tokens', site.member.identity(scope='unscoped'), status=201,
                               X_Auth_Token=None)
        assert set(unscoped.json()['token']) >= {'user', 'expires_at'} and 'project' not in unscoped.json()['token']
        # Without a scope it is for the user's own project.
        own = site.stranger('POST', 'identity', '/auth/tokens', site.stranger.identity(), status=201)
        assert own.json()['token']['project']['id'] == site.stranger.project_id
        for scope in ({'domain': {'id': 'default'}}, {'project': {'name': 'other', 'domain': {'id': 'default'}}}):
            site.member('POST', 'identity', '/auth/tokens', site.member.identity(scope=scope), status=401)
        system = site.admin('POST', 'identity', '/auth/tokens', site.admin.identity(scope={'system': {'all': True}}),
                            status=201)
        assert system.json()['token']['system'] == {'all': True}

    def test_a_wrong_password(self, site):
        body = site.member.identity(**site.member.scope())
        body['auth']['identity']['password']['user']['password'] = 'wrong'
        site.member('POST', 'identity', '/auth/tokens', body, status=401)
        site.member('POST', 'identity', '/auth/tokens', {}, status=400)
        site.member('POST', 'identity', '/auth/tokens', {'auth': {}}, status=400)

    def test_a_token_for_a_token_and_its_end(self, site):
        first = site.member('POST', 'identity', '/auth/tokens', site.member.identity(scope='unscoped'), status=201)
        answer = site.member('POST', 'identity', '/auth/tokens', {'auth': {
            'identity': {'methods': ['token'], 'token': {'id': first.headers['X-Subject-Token']}},
            **site.member.scope()}}, status=201)
        token = answer.headers['X-Subject-Token']
        assert answer.json()['token']['expires_at'] == first.json()['token']['expires_at']
        site.member('GET', 'identity', '/auth/tokens', status=200, X_Subject_Token=token)
        site.member('GET', 'compute', '/servers', status=200, X_Auth_Token=token)
        site.member('DELETE', 'identity', '/auth/tokens', status=204, X_Auth_Token=token, X_Subject_Token=token)
        site.member('GET', 'identity', '/auth/tokens', status=404, X_Subject_Token=token)
        site.member('GET', 'identity', '/auth/projects', status=401, X_Auth_Token=token)

    def test_version_2(self, site):
        root = site.auth_url.removesuffix('/v3')

        def ask(body, status):
            answer = site.session.post(f'{root}/v2.0/tokens', json={'auth': body}, timeout=30)
            assert answer.status_code == status
            site.note(f'POST /v2.0/tokens {list(body)}', answer)
            return answer.json()
        password = {'passwordCredentials': {'username': site.member.name, 'password': site.member.password}}
        unscoped = ask(password, 200)['access']['token']['id']
        tenants = site.session.get(f'{root}/v2.0/tenants', headers={'X-Auth-Token': unscoped}, timeout=30)
        site.note('GET /v2.0/tenants', tenants)
        assert [each['name'] for each in tenants.json()['tenants']] == ['demo']
        access = ask({'token': {'id': unscoped}, 'tenantName': 'demo'}, 200)['access']
        assert access['token']['tenant']['name'] == 'demo' and access['serviceCatalog']
        ask({**password, 'tenantName': 'nope'}, 401)
        ask({'passwordCredentials': {'username': site.member.name, 'password': 'wrong'}}, 401)
        for path in ('/', '/v2.0'):
            site.note(path, site.session.get(root + path, timeout=30))

    def test_an_administrator_makes_a_project_with_people(self, site):
        admin, name = site.admin, site.name('project')
        project = admin('POST', 'identity', '/projects', {'project': {'name': name}}, status=201).json()['project']
        admin('POST', 'identity', '/projects', {'project': {'name': name}}, status=409)
        admin('POST', 'identity', '/projects', {'project': {}}, status=400)
        user = admin('POST', 'identity', '/users', {'user': {
            'name': site.name('user'), 'password': 'pass word', 'email': 'a@b.test',
            'default_project_id': project['id']}}, status=201).json()['user']
        group = admin('POST', 'identity', '/groups', {'group': {'name': site.name('group')}},
                      status=201).json()['group']
        role = admin.quiet('GET', 'identity', '/roles?name=member').json()['roles'][0]['id']
        assert 'password' not in user
        place = f'/projects/{project["id"]}'
        for path in (f'/groups/{group["id"]}/users/{user["id"]}', f'{place}/users/{user["id"]}/roles/{role}',
                     f'{place}/groups/{group["id"]}/roles/{role}'):
            admin('PUT', 'identity', path, status=204)
            admin('HEAD', 'identity', path, status=204)
        for path in (f'/groups/{group["id"]}/users', f'/users/{user["id"]}/groups', f'{place}/users/{user["id"]}/roles',
                     f'/role_assignments?scope.project.id={project["id"]}&include_names=True',
                     f'/role_assignments?scope.project.id={project["id"]}&effective'):
            admin('GET', 'identity', path, status=200)
        admin('PUT', 'identity', f'{place}/users/{user["id"]}/roles/nope', status=404)
        admin('DELETE', 'identity', f'{place}/users/{user["id"]}/roles/{role}', status=204)
        admin('DELETE', 'identity', f'{place}/users/{user["id"]}/roles/{role}', status=404)
        for path, body in ((place, {'project': {'description': 'new'}}),
                           (f'/users/{user["id"]}', {'user': {'enabled': False}}),
                           (f'/groups/{group["id"]}', {'group': {'description': 'new'}})):
            admin('PATCH', 'identity', path, body, status=200)
        disabled = {'auth': {'identity': {'methods': ['password'], 'password': {
            'user': {'id': user['id'], 'password': 'pass word'}}}}}
        admin('POST', 'identity', '/auth/tokens', disabled, status=401)
        for path in (f'/users/{user["id"]}', f'/groups/{group["id"]}', place):
            admin('DELETE', 'identity', path, status=204)
            admin('GET', 'identity', path, status=404)

    def test_domains_regions_services_and_roles(self, site):
        admin = site.admin
        domain = admin('POST', 'identity', '/domains', {'domain': {'name': site.name('domain')}},
                       status=201).json()['domain']['id']
        admin('DELETE', 'identity', f'/domains/{domain}', status=403)
        admin('PATCH', 'identity', f'/domains/{domain}', {'domain': {'enabled': False}}, status=200)
        admin('DELETE', 'identity', f'/domains/{domain}', status=204)
        region = site.name('region')
        admin('POST', 'identity', '/regions', {'region': {'id': region}}, status=201)
        service = admin('POST', 'identity', '/services', {'service': {'type': 'weather', 'name': 'rain'}},
                        status=201).json()['service']['id']
        endpoint = admin('POST', 'identity', '/endpoints', {'endpoint': {
            'service_id': service, 'interface': 'public', 'url': 'http://rain.test/', 'region_id': region}},
            status=201).json()['endpoint']['id']
        admin('GET', 'identity', f'/endpoints/{endpoint}', status=200)
        admin('POST', 'identity', '/endpoints', {'endpoint': {'service_id': 'nope', 'interface': 'public',
                                                              'url': 'http://x/'}}, status=400)
        role = admin('POST', 'identity', '/roles', {'role': {'name': site.name('role')}}, status=201).json()['role']
        immutable = admin.quiet('GET', 'identity', '/roles?name=admin').json()['roles'][0]['id']
        admin('DELETE', 'identity', f'/roles/{immutable}', status=403)
        for path in (f'/endpoints/{endpoint}', f'/services/{service}', f'/regions/{region}', f'/roles/{role["id"]}'):
            admin('DELETE', 'identity', path, status=204)

    def test_keys_of_one_s_own(self, site):
        member = site.member
        below = f'/users/{member.user_id}'
        made = member('POST', 'identity', f'{below}/credentials/OS-EC2', {'tenant_id': member.project_id}, status=201)
        ec2 = f'{below}/credentials/OS-EC2/{made.json()["credential"]["access"]}'
        member('GET', 'identity', f'{below}/credentials/OS-EC2', status=200)
        member('GET', 'identity', ec2, status=200)
        member('POST', 'identity', f'{below}/credentials/OS-EC2', {'tenant_id': 'nope'}, status=403)
        member('DELETE', 'identity', ec2, status=204)
        member('GET', 'identity', ec2, status=404)
        name = site.name('key')
        asked = {'application_credential': {'name': name, 'roles': [{'name': 'reader'}],
                                            'expires_at': '2040-01-01T00:00:00'}}
        key = member('POST', 'identity', f'{below}/application_credentials', asked,
                     status=201).json()['application_credential']
        member('POST', 'identity', f'{below}/application_credentials', asked, status=409)
        path = f'{below}/application_credentials/{key["id"]}'
        assert 'secret' not in member('GET', 'identity', path, status=200).json()['application_credential']
        member('POST', 'identity', '/auth/tokens', {'auth': {'identity': {
            'methods': ['application_credential'], 'application_credential': {
                'id': key['id'], 'secret': key['secret']}}}}, status=201)
        member('DELETE', 'identity', path, status=204)
        member('GET', 'identity', path, status=404)

    def test_a_password_is_changed_by_who_knows_it(self, site):
        name, admin = site.name('user'), site.admin
        user = admin.quiet('POST', 'identity', '/users', {'user': {'name': name, 'password': 'old'}}).json()['user']
        path, body = f'/users/{user["id"]}/password', {'user': {'original_password': 'wrong', 'password': 'new'}}
        admin('POST', 'identity', path, body, status=401)
        body['user']['original_password'] = 'old'
        admin('POST', 'identity', path, body, status=204)
        admin('POST', 'identity', path, body, status=401)
        admin.quiet('DELETE', 'identity', f'/users/{user["id"]}')
