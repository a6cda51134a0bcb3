"""/v3/domains and /v3/projects: CRUD, the tree, tags, filters, pages."""
import pytest

from keystone.exception import ScopeDenied


@pytest.fixture
def make(as_admin):
    """make('project', name=...) -> the created object."""
    def call(kind, **values):
        answer = as_admin('POST', f'/{kind}s', {kind: values})
        assert answer.status_int == 201, answer.body
        return answer.json[kind]
    return call


class TestDomains:

    def test_life_of_a_domain(self, as_admin, make):
        domain = make('domain', name='d', description='x', color='red')
        assert domain['links']['self'].endswith(f'/v3/domains/{domain["id"]}')
        assert domain['enabled'] is True and domain['color'] == 'red' and domain['options'] == {}
        path = f'/domains/{domain["id"]}'
        assert as_admin('GET', path).json['domain'] == domain
        assert as_admin('GET', f'/projects/{domain["id"]}').json['project']['is_domain'] is True
        assert as_admin('PATCH', path, {'domain': {'description': 'y'}}).json['domain']['description'] == 'y'
        assert as_admin('DELETE', path).status_int == 403
        assert as_admin('PATCH', path, {'domain': {'enabled': False}}).status_int == 200
        assert as_admin('DELETE', path).status_int == 204
        assert as_admin('GET', path).status_int == 404

    def test_deleting_takes_everything_in_it(self, as_admin, make, cloud):
        domain = make('domain', name='d')
        project = make('project', name='p', domain_id=domain['id'])
        make('project', name='c', parent_id=project['id'])
        user, group = make('user', name='u', domain_id=domain['id']), make('group', name='g', domain_id=domain['id'])
        role = make('role', name='r', domain_id=domain['id'])
        as_admin('PUT', f'/projects/{project["id"]}/users/{cloud.owner["id"]}/roles/{cloud.roles["reader"]}')
        as_admin('PATCH', f'/domains/{domain["id"]}', {'domain': {'enabled': False}})
        assert as_admin('DELETE', f'/domains/{domain["id"]}').status_int == 204
        for path in (f'/projects/{project["id"]}', f'/users/{user["id"]}', f'/groups/{group["id"]}',
                     f'/roles/{role["id"]}'):
            assert as_admin('GET', path).status_int == 404
        left = as_admin('GET', f'/role_assignments?user.id={cloud.owner["id"]}').json['role_assignments']
        assert len(left) == 1

    def test_the_default_domain_stays(self, as_admin):
        as_admin('PATCH', '/domains/default', {'domain': {'enabled': False}})
        # Its administrator is out now; the manager itself refuses too.
        assert as_admin('DELETE', '/domains/default').status_int == 401

    @pytest.mark.parametrize('values', [{}, {'name': ''}, {'name': ' '}, {'name': 'x' * 65}, {'name': None},
                                        {'name': 7},
                                        {'name': 'x', 'enabled': 'yes'}, {'name': 'x', 'options': {'unknown': 1}},
                                        {'name': 'x', 'explicit_domain_id': 'no-uuid'}])
    def test_bad_values_are_400(self, as_admin, values):
        assert as_admin('POST', '/domains', {'domain': values}).status_int == 400

    def test_names_are_unique_and_ids_may_be_chosen(self, as_admin, make):
        chosen = 'a' * 32
        assert make('domain', name='d', explicit_domain_id=chosen)['id'] == chosen
        assert as_admin('POST', '/domains', {'domain': {'name': 'd'}}).status_int == 409
        assert as_admin('POST', '/domains', {'domain': {'name': 'e', 'explicit_domain_id': chosen}}).status_int == 409

    def test_filters(self, named, make):
        make('domain', name='one')
        make('domain', name='two', enabled=False)
        assert named('/domains?name=one') == ['one'] and named('/domains?name=none') == []
        assert named('/domains?enabled=false') == ['two']
        assert 'two' not in named('/domains?enabled') and 'one' in named('/domains?enabled=True')
        assert named('/domains?unknown=1&name=one') == ['one']


class TestProjects:

    def test_life_of_a_project(self, as_admin, make):
        project = make('project', name='p', cost='42', tags=['b', 'a'])
        assert project['domain_id'] == project['parent_id'] == 'default' and project['cost'] == '42'
        assert project['tags'] == ['a', 'b'] and project['is_domain'] is False and project['description'] == ''
        path = f'/projects/{project["id"]}'
        changed = as_admin('PATCH', path, {'project': {'name': 'q', 'cost': None, 'size': 1}}).json['project']
        assert changed['name'] == 'q' and 'cost' not in changed and changed['size'] == 1
        assert as_admin('DELETE', path).status_int == 204
        assert as_admin('GET', path).status_int == 404

    @pytest.mark.parametrize('values,status', [
        ({}, 400), ({'name': ''}, 400), ({'name': 'x' * 65}, 400), ({'name': 'x', 'enabled': 'true'}, 400),
        ({'name': 'x', 'tags': ['a,b']}, 400), ({'name': 'x', 'tags': ['a', 'a']}, 400), ({'name': 'x', 'tags': 'a'},
                                                                                          400),
        ({'name': 'x', 'domain_id': 'none'}, 400), ({'name': 'x', 'parent_id': 'none'}, 400), ({'name': 'demo'}, 409),
        ({'name': 'x', 'description': 7}, 400), ({'name': 'x', 'description': None}, 201), ({'name': 'ü' * 64}, 201),
        ({'name': 'a\0b'}, 400), ({'name': 'x', 'k': 'a\0b'}, 400)])
    def test_values(self, as_admin, values, status):
        assert as_admin('POST', '/projects', {'project': values}).status_int == status

    def test_what_cannot_be_changed(self, as_admin, make):
        parent, project = make('project', name='parent'), make('project', name='p')
        path = f'/projects/{project["id"]}'
        assert as_admin('PATCH', path, {'project': {'parent_id': parent['id']}}).status_int == 403
        assert as_admin('PATCH', path, {'project': {'domain_id': 'other'}}).status_int == 400
        assert as_admin('PATCH', path, {'project': {'is_domain': True}}).status_int == 400
        same = {'parent_id': 'default', 'domain_id': 'default', 'is_domain': False}
        assert as_admin('PATCH', path, {'project': same}).status_int == 200
        assert as_admin('PATCH', path, {'project': {}}).status_int == 400

    def test_the_tree(self, as_admin, make, conf, cloud):
        top = make('project', name='top')
        child = make('project', name='child', parent_id=top['id'])
        leaf = make('project', name='leaf', parent_id=child['id'], domain_id='default')
        shown = as_admin('GET', f'/projects/{leaf["id"]}?parents_as_ids&subtree_as_ids').json['project']
        assert shown['parents'] == {child['id']: {top['id']: {'default': None}}} and shown['subtree'] is None
        shown = as_admin('GET', f'/projects/{top["id"]}?subtree_as_list&parents_as_list').json['project']
        # Shown are relatives the caller has a role on.
        assert shown['subtree'] == [] and shown['parents'] == []
        for project in (top, leaf):
            cloud.grant(cloud.admin, 'reader', project=project)
        shown = as_admin('GET', f'/projects/{top["id"]}?subtree_as_list').json['project']
        assert [each['project']['name'] for each in shown['subtree']] == ['leaf']
        shown = as_admin('GET', f'/projects/{leaf["id"]}?parents_as_list').json['project']
        assert [each['project']['name'] for each in shown['parents']] == ['top']
        assert as_admin('GET', f'/projects/{top["id"]}?parents_as_list&parents_as_ids').status_int == 400
        assert as_admin('DELETE', f'/projects/{top["id"]}').status_int == 403
        assert as_admin('PATCH', f'/projects/{top["id"]}', {'project': {'enabled': False}}).status_int == 403
        found = as_admin('GET', f'/projects?parent_id={top["id"]}').json['projects']
        assert [each['name'] for each in found] == ['child']
        conf.set('max_project_tree_depth', 3)
        assert as_admin('POST', '/projects', {'project': {'name': 'deep', 'parent_id': leaf['id']}}).status_int == 403

    def test_nothing_grows_below_what_is_disabled(self, as_admin, make):
        top = make('project', name='top', enabled=False)
        assert as_admin('POST', '/projects', {'project': {'name': 'x', 'parent_id': top['id']}}).status_int == 403
        domain = make('domain', name='off', enabled=False)
        assert as_admin('POST', '/projects', {'project': {'name': 'x', 'domain_id': domain['id']}}).status_int == 403
        assert as_admin('POST', '/users', {'user': {'name': 'x', 'domain_id': domain['id']}}).status_int == 403

    def test_a_parent_in_another_domain_is_400(self, as_admin, make, cloud):
        domain = make('domain', name='other')
        answer = as_admin('POST', '/projects', {'project': {'name': 'x', 'parent_id': cloud.project['id'],
                                                            'domain_id': domain['id']}})
        assert answer.status_int == 400

    def test_immutable_projects(self, as_admin, make):
        project = make('project', name='p', options={'immutable': True})
        path = f'/projects/{project["id"]}'
        assert as_admin('PATCH', path, {'project': {'name': 'q'}}).status_int == 403
        assert as_admin('DELETE', path).status_int == 403
        assert as_admin('PATCH', path, {'project': {'options': {'immutable': None}}}).status_int == 200
        assert as_admin('DELETE', path).status_int == 204

    def test_filters_and_operators(self, named, make):
        for name in ('Alpha', 'alphabet', 'beta'):
            make('project', name=name)
        assert named('/projects?name__startswith=alpha') == ['alphabet']
        assert named('/projects?name__istartswith=alpha') == ['Alpha', 'alphabet']
        assert named('/projects?name__contains=lpha') == ['Alpha',
                                                'alphabet']
        assert named('/projects?name__icontains=LPHABET') == ['alphabet']
        assert named('/projects?name__endswith=eta') == ['beta'] and named('/projects?name__contains=%25') == []
        assert named('/projects?is_domain=true') == ['Default'] and named('/projects?domain_id=none') == []

    def test_pages(self, as_admin, make, conf):
        for number in range(5):
            make('project', name=f'p{number}')
        everything = as_admin('GET', '/projects').json['projects']
        seen, url = [], '/projects?limit=3'
        while url:
            body = as_admin('GET', url).json
            assert len(body['projects']) <= 3
            seen += body['projects']
            url = body['links']['next'] and body['links']['next'].split('/v3')[1]
        assert seen == everything
        conf.set('list_limit', 2)
        body = as_admin('GET', '/projects').json
        assert len(body['projects']) == 2 and body['truncated'] is True and body['links']['next']
        for query in ('limit=-1', 'limit=x', 'limit=0', 'marker=none'):
            assert as_admin('GET', f'/projects?{query}').status_int == 400

    def test_tags(self, as_admin, make):
        path = f'/projects/{make("project", name="p")["id"]}/tags'
        assert as_admin('PUT', path, {'tags': ['x', 'y']}).json['tags'] == ['x', 'y']
        assert as_admin('GET', f'{path}/x').status_int == 204 and as_admin('GET', f'{path}/z').status_int == 404
        assert as_admin('PUT', f'{path}/z').status_int == 201
        assert as_admin('GET', path).json['tags'] == ['x', 'y', 'z']
        assert as_admin('DELETE', f'{path}/x').status_int == 204 and as_admin('DELETE', f'{path}/x').status_int == 404
        for tags in (['a' * 256], ['a/b'], ['a,b'], ['a', 'a'], [''], [7], [str(n) for n in range(81)], 'x'):
            assert as_admin('PUT', path, {'tags': tags}).status_int == 400
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).json['tags'] == []

    def test_tag_filters(self, named, make):
        for name, tags in (('one', ['a']), ('two', ['a', 'b']), ('three', ['c'])):
            make('project', name=name, tags=tags)
        assert named('/projects?tags=a,b') == ['two'] and named('/projects?tags-any=b,c') == ['three', 'two']
        untagged = {'admin', 'demo', 'elsewhere'}
        assert set(named('/projects?not-tags=a,b')) - untagged == {'one', 'three'}
        assert set(named('/projects?not-tags-any=a')) - untagged == {'three'}

    def test_lists_have_limits_of_their_own(self, as_admin, make, conf):
        for number in range(3):
            make('project', name=f'p{number}')
        conf.set('list_limit', 2, 'resource')
        for path in ('/projects', '/projects?limit=1000'):
            assert len(as_admin('GET', path).json['projects']) == 2
        assert as_admin('GET', '/projects').json['truncated'] is True
        assert len(as_admin('GET', '/users').json['users']) > 2
        conf.set('max_db_limit', 1)
        body = as_admin('GET', '/users?limit=5').json
        assert len(body['users']) == 1 and 'limit=1' in body['links']['next']


class TestActingAsDomain:

    def test_a_domain_made_and_deleted_as_a_project(self, as_admin, make):
        project = make('project', name='d', is_domain=True, tags=['x'])
        assert project['is_domain'] is True and project['domain_id'] is project['parent_id'] is None
        domain = as_admin('GET', f'/domains/{project["id"]}').json['domain']
        assert domain['name'] == 'd' and domain['tags'] == ['x']
        assert [each['tags'] for each in as_admin('GET', '/domains?name=d').json['domains']] == [['x']]
        inside = make('project', name='p', parent_id=project['id'])
        assert inside['domain_id'] == project['id']
        path = f'/projects/{project["id"]}'
        assert as_admin('DELETE', path).status_int == 403
        assert as_admin('PATCH', path, {'project': {'enabled': False}}).status_int == 200
        assert as_admin('DELETE', path).status_int == 204
        assert as_admin('GET', f'/domains/{project["id"]}').status_int == 404
        assert as_admin('GET', f'/projects/{inside["id"]}').status_int == 404


class TestNames:

    @pytest.mark.parametrize('kind', ['project', 'domain'])
    def test_names_that_urls_can_carry(self, as_admin, make, conf, kind):
        old = make(kind, name='a/b')
        conf.set(f'{kind}_name_url_safe', 'new', 'resource')
        assert as_admin('POST', f'/{kind}s', {kind: {'name': 'c?d'}}).status_int == 400
        path = f'/{kind}s/{old["id"]}'
        assert as_admin('PATCH', path, {kind: {'description': 'x', 'name': 'a/b'}}).status_int == 200
        assert as_admin('PATCH', path, {kind: {'name': 'a:b'}}).status_int == 400
        assert as_admin('PATCH', path, {kind: {'name': 'a b'}}).status_int == 200

    def test_strict_names_are_no_scope(self, cloud, conf):
        project = cloud.new_project('a/b')
        cloud.grant(cloud.owner, 'member', project=project)
        by_name = {'project': {'name': 'a/b', 'domain': {'id': 'default'}}}
        conf.set('project_name_url_safe', 'new', 'resource')
        assert cloud.issue(cloud.owner, by_name)
        conf.set('project_name_url_safe', 'strict', 'resource')
        with pytest.raises(ScopeDenied):
            cloud.issue(cloud.owner, by_name)
        assert cloud.issue(cloud.owner, {'project': {'id': project['id']}})
        conf.set('domain_name_url_safe', 'strict', 'resource')
        with pytest.raises(ScopeDenied):
            cloud.issue(cloud.owner, {'domain': {'name': 'x/y'}})

    def test_the_administrating_project_is_marked(self, api, cloud, conf):
        def marked(project):
            token = cloud.token(cloud.admin, project)
            return api('GET', '/v3/auth/tokens', token=token, subject=token).json['token'].get('is_admin_project')
        cloud.grant(cloud.admin, 'admin', project=cloud.project)
        assert marked(cloud.admin_project) is None
        conf.set('admin_project_name', 'admin', 'resource')
        conf.set('admin_project_domain_name', 'Default', 'resource')
        cloud.managers.tokens.cache.clear()
        assert marked(cloud.admin_project) is True and marked(cloud.project) is False


def test_inherited_projects_of_a_user_cost_the_same_statements_whatever_the_number(cloud):
    from essex import db
    tops = [cloud.new_project(f't{n}') for n in range(6)]
    for top in tops:
        below = cloud.managers.resource.create_project({'name': f'{top["name"]}-c', 'parent_id': top['id']})
        cloud.managers.resource.create_project({'name': f'{top["name"]}-l', 'parent_id': below['id']})

    def seen():
        with db.count_statements() as counter:
            found = cloud.managers.grants.projects_of(cloud.stranger['id'])
        return counter.total, sorted(project['name'] for project in found)
    cloud.grant(cloud.stranger, 'reader', project=tops[0], inherited=True)
    few, names = seen()
    assert names == ['elsewhere', 't0-c', 't0-l']
    for top in tops[1:]:
        cloud.grant(cloud.stranger, 'reader', project=top, inherited=True)
    many, names = seen()
    assert many == few and len(names) == 13


def test_tags_that_two_processes_add_are_both_there(cloud):
    from keystone.managers import Managers
    other, key = Managers(), cloud.project['id']
    stale = other.resource.get_project(key)
    cloud.managers.resource.add_tag(key, 'one')
    # What this process saw before the first one wrote.
    other.resource.get_project = lambda _: stale
    other.resource.add_tag(key, 'two')
    assert cloud.managers.resource.get_project(key)['tags'] == ['one', 'two']
