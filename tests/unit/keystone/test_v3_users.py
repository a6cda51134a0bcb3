"""/v3/users and /v3/groups."""
import pytest

from tests.unit.keystone.conftest import PASSWORD


def test_a_list_of_many_users_costs_two_statements(as_admin, cloud):
    from essex import db
    from keystone.db.models import User
    with cloud.managers.changes.writer() as session:
        session.add_all(User(id=f'u{n}', name=f'u{n}', domain_id='default', extra={'email': 'e'}) for n in range(200))
    as_admin('GET', '/users')
    with db.count_statements() as counter:
        assert len(as_admin('GET', '/users').json['users']) > 200
    assert counter.total <= 2, counter.statements


class TestUsers:

    def test_life_of_a_user(self, as_admin, cloud):
        answer = as_admin('POST', '/users', {'user': {'name': 'u', 'password': 'p', 'email': 'u@x', 'enabled': True,
                                                      'default_project_id': cloud.project['id']}})
        user = answer.json['user']
        assert answer.status_int == 201 and user['email'] == 'u@x' and user['domain_id'] == 'default'
        assert set(user) == {'id', 'name', 'domain_id', 'enabled', 'default_project_id', 'options', 'email',
                             'password_expires_at', 'links'}
        path = f'/users/{user["id"]}'
        assert as_admin('GET', path).json['user'] == user
        changed = as_admin('PATCH', path, {'user': {'description': 'd', 'default_project_id': None}}).json['user']
        assert changed['description'] == 'd' and 'default_project_id' not in changed
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404

    def test_nothing_inner_is_shown_or_taken(self, as_admin, cloud):
        tricky = {'name': 'u', 'id': 'mine', 'failed_auth_count': 'x', 'created_at': 'y', 'password_hash': 'z',
                  'extra': 'e', 'original_password': 'secret',
                  'links': 'l', 'last_active_at': 1, 'domain_enabled': 0, 'password_expires_at': 'never'}
        user = as_admin('POST', '/users', {'user': tricky}).json['user']
        assert user['id'] != 'mine' and user['password_expires_at'] is None
        assert not {'failed_auth_count', 'created_at', 'password_hash', 'last_active_at', 'password',
                    'extra', 'original_password'} & set(user)
        changed = as_admin('PATCH', f'/users/{user["id"]}', {'user': {'original_password': 'secret', 'mine': 1}}).json
        assert changed['user']['mine'] == 1 and 'secret' not in str(changed)

    @pytest.mark.parametrize('values,status', [
        ({}, 400), ({'name': ''}, 400), ({'name': 'x' * 256}, 400), ({'name': 'x' * 255}, 201),
        ({'name': 'x', 'enabled': 1}, 400),
        ({'name': 'x', 'password': 7}, 400), ({'name': 'x', 'password': None}, 201),
        ({'name': 'x', 'domain_id': 'none'}, 404),
        ({'name': 'owner'}, 409), ({'name': 'x', 'default_project_id': 'default'}, 400),
        ({'name': 'x', 'domain_id': None}, 400),
        ({'name': 'x', 'options': {'lock_password': 'yes'}}, 400), ({'name': 'x', 'options': {'nothing': True}}, 400),
        ({'name': 'x', 'options': {'lock_password': True}}, 201), ({'name': 'x', 'password': 'x' * 5000}, 201),
        ({'name': 'x', 'password': 'ü' * 100}, 201)])
    def test_values(self, as_admin, values, status):
        assert as_admin('POST', '/users', {'user': values}).status_int == status

    def test_unknown_top_level_keys_and_wrong_shapes_are_400(self, as_admin):
        for body in ({'user': {'name': 'x'}, 'more': 1}, {'users': {'name': 'x'}}, {'user': []}, {'user': None}, [],
                     'x', 7):
            assert as_admin('POST', '/users', body).status_int == 400

    def test_filters(self, named, cloud):
        assert named('/users?name=owner') == ['owner'] and named('/users?domain_id=none') == []
        cloud.managers.identity.update_user(cloud.member['id'], {'enabled': False})
        assert named('/users?enabled=False') == ['fellow'] and 'owner' in named('/users?enabled=1')

    def test_order_and_pages(self, as_admin):
        def names(query):
            body = as_admin('GET', f'/users?{query}').json
            return [each['name'] for each in body['users']], body['links']['next']
        assert names('sort_key=name')[0] == ['admin', 'fellow', 'owner', 'stranger']
        for direction, expected in (('asc', ['admin', 'fellow', 'owner', 'stranger']),
                                    ('desc', ['stranger', 'owner', 'fellow', 'admin'])):
            found, more = names(f'sort_key=name&sort_dir={direction}&limit=3')
            assert found == expected[:3]
            assert names(more.partition('?')[2]) == (expected[3:], None)
        # Many of one value: the id decides.
        found, more = names('sort_key=domain_id&limit=2&sort_dir=desc')
        assert len({*found, *names(more.partition('?')[2])[0]}) == 4
        for query in ('sort_key=password_hash', 'sort_key=options', 'sort_key=enabled',
                      'sort_key=name&sort_dir=up', 'sort_key='):
            assert as_admin('GET', f'/users?{query}').status_int == 400, query

    def test_own_change_of_password(self, api, cloud):
        path = f'/v3/users/{cloud.owner["id"]}/password'
        token = cloud.token(cloud.owner)
        assert api('POST', path, {'user': {'original_password': 'wrong', 'password': 'n'}}).status_int == 401
        assert api('POST', path, {'user': {'original_password': PASSWORD}}).status_int == 400
        assert api('POST', '/v3/users/none/password', {'user': {'original_password': 'x',
                                                                'password': 'n'}}).status_int == 401
        assert api('POST', path, {'user': {'original_password': PASSWORD, 'password': 'n'}}).status_int == 204
        assert api('GET', '/v3/auth/tokens', token=token, subject=token).status_int == 401
        assert cloud.issue(cloud.owner, password='n')

    def test_a_locked_password_stays(self, api, as_admin, cloud):
        as_admin('PATCH', f'/users/{cloud.owner["id"]}', {'user': {'options': {'lock_password': True}}})
        body = {'user': {'original_password': PASSWORD, 'password': 'n'}}
        assert api('POST', f'/v3/users/{cloud.owner["id"]}/password', body).status_int == 400

    def test_projects_and_groups_of_a_user(self, as_admin, cloud):
        path = f'/users/{cloud.owner["id"]}'
        assert [each['id'] for each in as_admin('GET', f'{path}/projects').json['projects']] == [cloud.project['id']]
        assert as_admin('GET', f'{path}/projects?name=none').json['projects'] == []
        assert as_admin('GET', f'{path}/groups').json['groups'] == []
        assert as_admin('GET', '/users/none/projects').status_int == 404

    def test_a_deleted_user_leaves_nothing(self, as_admin, cloud):
        cloud.managers.ec2.create(cloud.owner['id'], cloud.project['id'])
        as_admin('DELETE', f'/users/{cloud.owner["id"]}')
        found = as_admin('GET', f'/role_assignments?user.id={cloud.owner["id"]}').json['role_assignments']
        assert found == []
        from essex import db
        from keystone.db import credentials
        with db.reader() as session:
            assert credentials.of_user(session, cloud.owner['id'], 'ec2') == []


class TestGroups:

    def test_life_of_a_group_and_its_members(self, as_admin, cloud):
        group = as_admin('POST', '/groups', {'group': {'name': 'g', 'description': 'd', 'floor': 3}}).json['group']
        assert group['domain_id'] == 'default' and group['floor'] == 3
        path, user = f'/groups/{group["id"]}', cloud.owner['id']
        member = f'{path}/users/{user}'
        assert as_admin('GET', member).status_int == 404
        assert as_admin('PUT', member).status_int == 204 and as_admin('PUT', member).status_int == 204
        assert as_admin('GET', member).status_int == 204 and as_admin('HEAD', member).status_int == 204
        assert [each['id'] for each in as_admin('GET', f'{path}/users').json['users']] == [user]
        assert [each['id'] for each in as_admin('GET', f'/users/{user}/groups').json['groups']] == [group['id']]
        assert as_admin('DELETE', member).status_int == 204 and as_admin('DELETE', member).status_int == 404
        assert as_admin('PATCH', path, {'group': {'name': 'h'}}).json['group']['name'] == 'h'
        assert as_admin('GET', '/groups?name=h').json['groups'][0]['id'] == group['id']
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404
        assert as_admin('PUT', f'/groups/none/users/{user}').status_int == 404

    @pytest.mark.parametrize('values', [{}, {'name': ''}, {'name': 'x' * 65}, {'name': 1}, {'name': 'x',
                                                                                            'description': []}])
    def test_bad_values_are_400(self, as_admin, values):
        assert as_admin('POST', '/groups', {'group': values}).status_int == 400

    def test_names_are_unique_in_a_domain(self, as_admin):
        assert as_admin('POST', '/groups', {'group': {'name': 'g'}}).status_int == 201
        assert as_admin('POST', '/groups', {'group': {'name': 'g'}}).status_int == 409


class TestEc2:

    def test_life_of_a_key_pair(self, api, cloud):
        token, path = cloud.token(cloud.owner, cloud.project), f'/v3/users/{cloud.owner["id"]}/credentials/OS-EC2'
        answer = api('POST', path, {'tenant_id': cloud.project['id']}, token=token)
        made = answer.json['credential']
        assert answer.status_int == 201
        assert (made['tenant_id'], made['user_id']) == (cloud.project['id'], cloud.owner['id'])
        assert set(made) == {'user_id', 'tenant_id', 'access', 'secret', 'trust_id', 'links'}
        assert api('GET', path, token=token).json['credentials'] == [made]
        assert api('GET', f'{path}/{made["access"]}', token=token).json['credential'] == made
        stranger = cloud.token(cloud.stranger, cloud.elsewhere)
        assert api('GET', f'{path}/{made["access"]}', token=stranger).status_int == 403
        theirs = f'/v3/users/{cloud.stranger["id"]}/credentials/OS-EC2/{made["access"]}'
        assert api('GET', theirs, token=stranger).status_int == 403
        assert api('DELETE', theirs, token=stranger).status_int == 403
        assert api('POST', path, {'tenant_id': cloud.elsewhere['id']}, token=token).status_int == 403
        assert api('DELETE', f'{path}/{made["access"]}', token=token).status_int == 204
        assert api('GET', f'{path}/{made["access"]}', token=token).status_int == 404

    def test_secrets_are_encrypted_at_rest(self, cloud):
        from sqlalchemy import text

        from essex import db
        made = cloud.managers.ec2.create(cloud.owner['id'], cloud.project['id'])
        with db.reader() as session:
            rows = session.execute(text('SELECT * FROM credential')).all()
        assert made['secret'] not in str(rows) and made['access'] not in str(rows)
