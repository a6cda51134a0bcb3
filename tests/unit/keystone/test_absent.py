"""What is not there: who learns so (404), and who only that he may not ask (403). As the original answers."""
import pytest

# Callers: an administrator and a reader on the system, a manager of a domain, a member of a project elsewhere.
_CALLERS = ('admin', 'system', 'manager', 'stranger')
_ACTORS = ('users/{owner}', 'groups/{group}')
_TARGETS = ('projects/{project}', 'domains/default')
_GRANTS = [f'{target}/{actor}/roles' for target in _TARGETS for actor in _ACTORS]
_TOLD = [
    *[(method, f'{path}/none') for path in ('domains', 'roles', 'limits') for method in ('PATCH', 'DELETE')],
    ('GET', 'roles/none'), ('DELETE', 'groups/none'), ('GET', 'roles/none/implies'),
    *[(method, path) for path in ('roles/none/implies/{member}', 'roles/{reader}/implies/none')
      for method in ('GET', 'HEAD', 'PUT', 'DELETE')],
    *[(method, f'{path}/none') for path in _GRANTS for method in ('GET', 'HEAD', 'PUT', 'DELETE')],
    *[('GET', f'{target}/{actor}/roles') for target in ('projects/none', 'domains/none') for actor in _ACTORS],
    *[('GET', f'{target}/{actor}/none/roles') for target in _TARGETS for actor in ('users', 'groups')],
    *[('PUT', f'{target}/{actor}/none/roles/{{member}}') for target in _TARGETS for actor in ('users', 'groups')],
    *[('GET', f'system/{actor}/none/roles') for actor in ('users', 'groups')],
]
_UNTOLD = [
    ('GET', 'domains/none'), ('GET', 'limits/none'), ('GET', 'users/none'), ('PATCH', 'users/none'),
    ('DELETE', 'users/none'), ('GET', 'groups/none'), ('PATCH', 'groups/none'), ('GET', 'projects/none'),
    ('DELETE', 'projects/none'), ('GET', 'credentials/none'), ('DELETE', 'services/none'),
    ('DELETE', 'projects/{project}/users/none/roles/{member}'), ('PUT', 'groups/{group}/users/none'),
    ('PUT', 'groups/none/users/{owner}')]
_BODIES = {f'{kind}s': {kind: {'description': 'x'}} for kind in ('user', 'group', 'domain', 'role', 'limit')}


@pytest.fixture
def ask(api, cloud):
    """(method, path, who) -> status"""
    manager = cloud.new_user('manager')
    domain_id = cloud.managers.domains.create_domain({'name': 'far'})['id']
    cloud.grant(manager, 'manager', domain_id=domain_id)
    cloud.grant(cloud.owner, 'reader')
    tokens = {'admin': cloud.admin_token, 'system': cloud.token(cloud.owner, system=True),
              'manager': cloud.token(manager, domain_id=domain_id),
              'stranger': cloud.token(cloud.stranger, cloud.elsewhere)}
    names = {**cloud.roles, 'owner': cloud.member['id'], 'project': cloud.project['id'],
             'group': cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})['id']}

    def ask(method, path, who):
        body = _BODIES.get(path.partition('/')[0]) if method == 'PATCH' else None
        return api(method, f'/v3/{path.format(**names)}', body, token=tokens[who]).status_int
    return ask


def test_most_of_what_is_not_there_is_told_to_be_missing(ask):
    wrong = [(*each, who, status) for each in _TOLD for who in _CALLERS if (status := ask(*each, who)) != 404]
    assert wrong == []


def test_of_people_and_projects_strangers_are_not_told_whether_they_are_there(ask):
    wrong = [(*each, who, status) for each in _UNTOLD for who in ('manager', 'stranger')
             if (status := ask(*each, who)) != 403]
    wrong += [(*each, status) for each in _UNTOLD if (status := ask(*each, 'admin')) != 404]
    assert wrong == []


class TestSecrets:
    """Keys for EC2 and application credentials, by their id below the path of a user."""

    @pytest.fixture
    def cast(self, cloud):
        return cloud.cast()

    @pytest.fixture
    def kept(self, api, cloud, cast):
        """{kind: path below a user} of what the owner of the project has."""
        home = f'/v3/users/{cloud.owner["id"]}'
        pair = api('POST', f'{home}/credentials/OS-EC2', {'tenant_id': cloud.project['id']}, token=cast['owner'])
        cred = api('POST', f'{home}/application_credentials', {'application_credential': {'name': 'job'}},
                   token=cast['owner'])
        return {'pair': f'credentials/OS-EC2/{pair.json["credential"]["access"]}',
                'cred': f'application_credentials/{cred.json["application_credential"]["id"]}'}

    @pytest.fixture
    def status(self, api, cloud, cast):
        users = {'owner': cloud.owner['id'], 'member': cloud.member['id'], 'nobody': 'none'}

        def status(method, user, path, who):
            return api(method, f'/v3/users/{users[user]}/{path}', token=cast[who]).status_int
        return status

    @pytest.mark.parametrize('method', ['GET', 'DELETE'])
    def test_of_another_one_is_refused_wherever_it_is_asked_for(self, kept, status, method):
        for path in kept.values():
            assert [status(method, user, path, 'member') for user in ('owner', 'member')] == [403, 403]

    @pytest.mark.parametrize('method', ['GET', 'DELETE'])
    def test_they_are_found_below_their_own_user_alone(self, kept, status, method):
        for path in kept.values():
            assert status(method, 'member', path, 'admin') == 404
            assert status(method, 'owner', path, 'owner') in (200, 204)

    def test_a_key_that_is_not_there_is_told_to_be_missing(self, status):
        path = 'credentials/OS-EC2/none'
        assert {status(method, user, path, who) for method in ('GET', 'DELETE') for user in ('owner', 'nobody')
                for who in ('admin', 'owner', 'member', 'stranger')} == {404}

    def test_an_application_credential_that_is_not_there_is_told_to_its_user(self, status):
        path = 'application_credentials/none'
        assert [status('GET', 'owner', path, who) for who in ('admin', 'owner', 'member')] == [404, 404, 403]
