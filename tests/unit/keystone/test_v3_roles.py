"""/v3/roles, implied roles, grants of every kind, role assignments."""
import pytest


class TestRoles:

    def test_life_of_a_role(self, as_admin):
        answer = as_admin('POST', '/roles', {'role': {'name': 'r', 'description': 'd'}})
        role = answer.json['role']
        assert answer.status_int == 201 and role['domain_id'] is None and role['options'] == {}
        path = f'/roles/{role["id"]}'
        assert as_admin('PATCH', path, {'role': {'name': 's'}}).json['role']['name'] == 's'
        assert [each['name'] for each in as_admin('GET', '/roles?name=s').json['roles']] == ['s']
        assert as_admin('POST', '/roles', {'role': {'name': 's'}}).status_int == 409
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404

    def test_the_roles_of_bootstrap_are_immutable(self, as_admin, cloud):
        assert as_admin('DELETE', f'/roles/{cloud.roles["admin"]}').status_int == 403
        assert as_admin('PATCH', f'/roles/{cloud.roles["admin"]}', {'role': {'name': 'x'}}).status_int == 403

    def test_domain_roles_are_listed_by_domain(self, as_admin):
        role = as_admin('POST', '/roles', {'role': {'name': 'admin', 'domain_id': 'default'}}).json['role']
        assert role['domain_id'] == 'default'
        assert [each['id'] for each in as_admin('GET', '/roles?domain_id=default').json['roles']] == [role['id']]
        assert role['id'] not in [each['id'] for each in as_admin('GET', '/roles').json['roles']]
        assert as_admin('POST', '/roles', {'role': {'name': 'x', 'domain_id': 'none'}}).status_int == 404

    @pytest.mark.parametrize('values', [{}, {'name': ''}, {'name': 'x' * 256}, {'name': 'x', 'description': 'd' * 256},
                                        {'name': 'x', 'options': {'other': True}}])
    def test_bad_values_are_400(self, as_admin, values):
        assert as_admin('POST', '/roles', {'role': values}).status_int == 400

    def test_a_role_of_a_domain_implies_roles_of_any_domain_and_global_ones(self, as_admin, cloud):
        domain = as_admin('POST', '/domains', {'domain': {'name': 'other'}}).json['domain']['id']
        one, other = [as_admin('POST', '/roles', {'role': {'name': 'r', 'domain_id': each}}).json['role']['id']
                      for each in ('default', domain)]
        assert as_admin('PUT', f'/roles/{one}/implies/{other}').status_int == 201
        assert as_admin('PUT', f'/roles/{one}/implies/{cloud.roles["reader"]}').status_int == 201
        refused = as_admin('PUT', f'/roles/{cloud.roles["reader"]}/implies/{one}')
        assert refused.status_int == 403 and 'role of a domain' in refused.json['error']['message']

    def test_implied_roles(self, as_admin, cloud):
        role = as_admin('POST', '/roles', {'role': {'name': 'r'}}).json['role']
        path = f'/roles/{role["id"]}/implies'
        one = f'{path}/{cloud.roles["reader"]}'
        assert as_admin('GET', one).status_int == 404
        answer = as_admin('PUT', one)
        assert answer.status_int == 201 and answer.json['role_inference']['implies']['name'] == 'reader'
        assert as_admin('GET', one).status_int == 200 and as_admin('HEAD', one).status_int == 204
        listed = as_admin('GET', path).json['role_inference']
        assert listed['prior_role']['name'] == 'r' and [each['name'] for each in listed['implies']] == ['reader']
        found = {each['prior_role']['name'] for each in as_admin('GET', '/role_inferences').json['role_inferences']}
        assert found == {'admin', 'manager', 'member', 'r'}
        assert as_admin('PUT', f'{path}/{cloud.roles["admin"]}').status_int == 403
        assert as_admin('DELETE', one).status_int == 204 and as_admin('DELETE', one).status_int == 404


@pytest.fixture
def group(cloud):
    made = cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    cloud.managers.groups.add_member(cloud.stranger['id'], made['id'])
    return made


class TestGrants:

    @pytest.mark.parametrize('where', ['/projects/{project}/users/{user}', '/projects/{project}/groups/{group}',
                                       '/domains/default/users/{user}', '/domains/default/groups/{group}',
                                       '/system/users/{user}', '/system/groups/{group}'])
    def test_give_check_list_take(self, as_admin, cloud, group, where):
        path = where.format(project=cloud.project['id'], user=cloud.stranger['id'], group=group['id']) + '/roles'
        role = f'{path}/{cloud.roles["reader"]}'
        assert as_admin('GET', role).status_int == 404 and as_admin('GET', path).json['roles'] == []
        assert as_admin('PUT', role).status_int == 204 and as_admin('PUT', role).status_int == 204
        assert as_admin('GET', role).status_int == 204 and as_admin('HEAD', role).status_int == 204
        assert [each['name'] for each in as_admin('GET', path).json['roles']] == ['reader']
        assert as_admin('DELETE', role).status_int == 204 and as_admin('DELETE', role).status_int == 404

    @pytest.mark.parametrize('where', ['projects/{project}', 'domains/default'])
    def test_inherited(self, as_admin, cloud, where):
        path = f'/OS-INHERIT/{where.format(project=cloud.project["id"])}/users/{cloud.stranger["id"]}/roles'
        one = f'{path}/{cloud.roles["reader"]}/inherited_to_projects'
        assert as_admin('GET', one).status_int == 404
        assert as_admin('PUT', one).status_int == 204 and as_admin('HEAD', one).status_int == 204
        assert [each['name'] for each in as_admin('GET', f'{path}/inherited_to_projects').json['roles']] == ['reader']
        plain = one.replace('/OS-INHERIT', '').replace('/inherited_to_projects', '')
        assert as_admin('GET', plain).status_int == 404
        assert as_admin('DELETE', one).status_int == 204 and as_admin('DELETE', one).status_int == 404

    def test_what_does_not_exist_is_404(self, as_admin, cloud):
        project, user, role = cloud.project['id'], cloud.stranger['id'], cloud.roles['reader']
        for path in (f'/projects/none/users/{user}/roles/{role}', f'/projects/{project}/users/none/roles/{role}',
                     f'/projects/{project}/users/{user}/roles/none', f'/servers/{project}/users/{user}/roles/{role}',
                     f'/domains/{project}/users/{user}/roles/{role}'):
            for method in ('PUT', 'GET', 'DELETE'):
                assert as_admin(method, path).status_int == 404


@pytest.fixture
def assignments(as_admin):
    """assignments(query) -> [(role, actor, target)] by name."""
    def call(query, status=200):
        answer = as_admin('GET', f'/role_assignments?include_names&{query}')
        assert answer.status_int == status, answer.body
        if status != 200:
            return None
        found = []
        for item in answer.json['role_assignments']:
            actor = item.get('user') or item['group']
            scope = dict(item['scope'])
            scope.pop('OS-INHERIT:inherited_to', None)
            ((_, target),) = scope.items()
            found.append((item['role']['name'], actor['name'], target.get('name', 'system')))
        return sorted(found)
    return call


class TestAssignments:

    def test_stored(self, assignments, cloud):
        assert assignments(f'user.id={cloud.owner["id"]}') == [('member', 'owner', 'demo')]
        assert assignments('scope.system=all') == [('admin', 'admin', 'system')]
        assert assignments(f'scope.project.id={cloud.project["id"]}') == [
            ('member', 'fellow', 'demo'), ('member', 'owner', 'demo')]
        assert assignments(f'role.id={cloud.roles["reader"]}') == []

    def test_effective_expands_groups_inheritance_and_implied_roles(self, assignments, cloud, group, as_admin):
        child = cloud.managers.resource.create_project({'name': 'child', 'parent_id': cloud.project['id']})
        as_admin('PUT', f'/OS-INHERIT/projects/{cloud.project["id"]}/groups/{group["id"]}/roles/{cloud.roles["member"]}'
                        '/inherited_to_projects')
        where = f'scope.project.id={child["id"]}'
        assert assignments(where) == []
        expected = [('member', 'stranger', 'child'), ('reader', 'stranger', 'child')]
        assert assignments(f'{where}&effective') == expected
        assert assignments(f'{where}&effective&user.id={cloud.stranger["id"]}') == expected
        assert assignments(f'{where}&effective&role.id={cloud.roles["reader"]}') == expected[1:]
        assert assignments(f'{where}&effective&user.id={cloud.owner["id"]}') == []
        assert assignments(f'scope.project.id={cloud.project["id"]}&include_subtree&effective') == sorted(expected + [
            (role, user, 'demo') for role in ('member', 'reader') for user in ('owner', 'fellow')])
        inherited = 'scope.OS-INHERIT:inherited_to=projects'
        assert assignments(inherited) == [('member', 'g', 'demo')]
        assert assignments(f'{inherited}&effective') == expected
        # Each way to a role is listed; grants on the system when they are asked for.
        cloud.grant(cloud.stranger, 'member', project=child)
        assert assignments(f'{where}&effective') == sorted(2 * expected)
        assert ('admin', 'admin', 'system') not in assignments('effective')
        assert ('admin', 'admin', 'system') in assignments('effective&scope.system=all')
        assignments('effective&user.id=none', 404)
        assignments('effective&scope.project.id=none', 404)

    def test_links_lead_to_what_is_stored(self, as_admin, cloud, group):
        as_admin('PUT', f'/projects/{cloud.project["id"]}/groups/{group["id"]}/roles/{cloud.roles["member"]}')
        query = f'/role_assignments?effective&user.id={cloud.stranger["id"]}&scope.project.id={cloud.project["id"]}'
        items = as_admin('GET', query).json['role_assignments']
        assert len(items) == 2
        for item in items:
            for link in item['links'].values():
                assert as_admin('HEAD', link.split('/v3')[1]).status_int == 204

    @pytest.mark.parametrize('query', [
        'scope.project.id=a&scope.domain.id=b', 'scope.system=all&scope.domain.id=b',
        'scope.system=all&scope.project.id=b',
        'user.id=a&group.id=b', 'effective&group.id=a', 'include_subtree',
        'effective&scope.domain.id=a&scope.OS-INHERIT:inherited_to=projects', 'scope.OS-INHERIT:inherited_to=domains'])
    def test_contradictions_are_400(self, assignments, query):
        assignments(query, status=400)

    def test_a_long_list_costs_few_statements(self, as_admin, cloud):
        from essex import db
        def cost():
            with db.count_statements() as counter:
                assert as_admin('GET', '/role_assignments?include_names&effective').status_int == 200
            return counter.total
        cost()
        few = cost()
        for number in range(10):
            cloud.new_user(f'u{number}', cloud.project, 'reader')
        cost()
        assert cost() == few

    def test_ten_thousand_cost_as_many_statements_as_ten(self, as_admin, cloud):
        from essex import db
        from keystone.db.models import Assignment, Group, Membership, Project, User

        def cost(query):
            as_admin('GET', query)
            with db.count_statements() as counter:
                found = as_admin('GET', query).json['role_assignments']
            return counter.total, len(found)
        queries = ('/role_assignments?effective', '/role_assignments?effective&include_names', '/role_assignments',
                   f'/role_assignments?effective&include_subtree&scope.project.id={cloud.project["id"]}',
                   '/role_assignments?effective&scope.OS-INHERIT:inherited_to=projects')
        few = [cost(query)[0] for query in queries]
        grant = {'role_id': cloud.roles['reader'], 'target_type': 'project', 'inherited': False}
        with cloud.managers.changes.writer() as session:
            for n in range(40):
                session.add(Project(id=f'p{n}', name=f'p{n}', domain_id='default', parent_id=cloud.project['id']))
                session.add(User(id=f'u{n}', name=f'u{n}', domain_id='default'))
                session.add(Group(id=f'g{n}', name=f'g{n}', domain_id='default'))
            session.flush()
            for n in range(40):
                session.add(Membership(user_id=f'u{n}', group_id=f'g{n}'))
                for p in range(40):
                    session.add(Assignment(actor_type='user', actor_id=f'u{n}', target_id=f'p{p}', **grant))
                session.add(Assignment(actor_type='group', actor_id=f'g{n}', target_id=f'p{n}',
                                       **{**grant, 'role_id': cloud.roles['member']}))
                session.add(Assignment(actor_type='group', actor_id=f'g{n}', target_id=cloud.project['id'],
                                       **{**grant, 'inherited': True}))
        many = [cost(query) for query in queries]
        # What is the same whatever the number: grants, members, the tree, names of each kind.
        assert all(after <= max(before, 6) + 2 for (after, _), before in zip(many, few, strict=True)), (few, many)
        assert max(after for after, _ in many) <= 8 and many[0][1] > 1600
        assert many[4][1] == 40 * 40


class TestDomainRoles:

    @pytest.fixture
    def role(self, cloud):
        """A role of another domain that implies reader: {id, domain}."""
        domain = cloud.managers.domains.create_domain({'name': 'd'})['id']
        made = cloud.managers.roles.create_role({'name': 'own', 'domain_id': domain})
        cloud.managers.roles.add_implied(made['id'], cloud.roles['reader'])
        return {'id': made['id'], 'domain': domain}

    def test_they_are_granted_in_their_domain_alone(self, as_admin, cloud, role):
        user = cloud.stranger['id']
        for path, status in ((f'/projects/{cloud.project["id"]}/users/{user}', 403),
                             (f'/domains/default/users/{user}', 403),
                             (f'/system/users/{user}', 400), (f'/domains/{role["domain"]}/users/{user}', 204)):
            assert as_admin('PUT', f'{path}/roles/{role["id"]}').status_int == status, path

    def test_they_count_by_what_they_imply(self, api, as_admin, cloud, role, assignments):
        project = cloud.new_project('p', domain_id=role['domain'])
        path = f'/projects/{project["id"]}/users/{cloud.stranger["id"]}/roles/{role["id"]}'
        assert as_admin('PUT', path).status_int == 204
        token = cloud.token(cloud.stranger, project)
        document = api('GET', '/v3/auth/tokens', token=token, subject=token).json['token']
        assert [each['name'] for each in document['roles']] == ['reader']
        where = f'scope.project.id={project["id"]}'
        assert assignments(where) == [('own', 'stranger', 'p')]
        assert assignments(f'{where}&effective') == [('reader', 'stranger', 'p')]
        (item,) = as_admin('GET', f'/role_assignments?include_names&{where}').json['role_assignments']
        assert item['role'] == {'id': role['id'], 'name': 'own', 'domain': {'id': role['domain'], 'name': 'd'}}


def test_empty_filters_ask_nothing_and_the_gone_are_named_by_id(assignments, as_admin, cloud):
    assert assignments('user.id=&scope.project.id=') == assignments('')
    from essex import db
    from keystone.db.models import Assignment
    with db.writer() as session:
        session.add(Assignment(actor_type='user', actor_id='gone', target_type='project', inherited=False,
                               target_id=cloud.project['id'], role_id=cloud.roles['reader']))
    (item,) = as_admin('GET', '/role_assignments?include_names&user.id=gone').json['role_assignments']
    assert item['user'] == {'id': 'gone', 'name': '', 'domain': {'id': '', 'name': ''}}
