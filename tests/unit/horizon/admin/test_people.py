"""Users, groups, roles, assignments, domains."""
import pytest

USERS, GROUPS, ROLES, DOMAINS = '/admin/users/', '/admin/groups/', '/admin/roles/', '/admin/domains/'
EVIL = '<img src=x onerror=alert(1)>'
PASSWORD = {'password': 'correct horse', 'password_again': 'correct horse'}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def admin(browse):
    return browse('admin')


def role(cloud, name):
    return next(each['id'] for each in cloud.roles.values() if each['name'] == name)


def user(cloud, name):
    return next(each for each in cloud.users.values() if each['name'] == name)


def act(admin, page, table, action, key):
    return admin.post(page, {'table': table, 'action': action, 'keys': [key], 'confirmed': '1'}, follow=True)


def test_users_are_listed_with_their_domain_in_two_calls(admin, cloud):
    rows = admin.get(USERS).context['table'].rows
    assert [row.title for row in rows] == ['admin', 'member', 'nobody', 'stranger']
    assert len(cloud.calls) == 2


def test_a_new_user_can_log_in_and_work_at_once(admin, cloud, stranger_to_all):
    answer = admin.post(f'{USERS}create/', {
        'name': 'new', 'email': 'new@here.example', 'description': '', 'domain_id': 'default', **PASSWORD,
        'project_id': cloud.project_id('demo'), 'role': role(cloud, 'member'), 'enabled': 'on'})
    assert answer.url == f'{USERS}{user(cloud, "new")["id"]}/'
    assert user(cloud, 'new')['email'] == 'new@here.example'
    logged_in = stranger_to_all.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username': 'new',
                                                      'password': PASSWORD['password']})
    assert logged_in.status_code == 302
    assert stranger_to_all.get('/project/keypairs/').status_code == 200
    assert stranger_to_all.get(USERS).status_code == 403


def test_two_passwords_that_differ(admin, cloud):
    cloud.calls.clear()
    answer = admin.post(f'{USERS}create/', {'name': 'new', 'domain_id': 'default', 'role': role(cloud, 'member'),
                                            **PASSWORD, 'password_again': 'other'})
    assert answer.status_code == 422
    assert 'differ' in text(answer)
    assert PASSWORD['password'] not in text(answer)
    assert {method for method, *_ in cloud.calls} == {'GET'}


def test_a_user_without_the_role_is_said_to_be_one(admin, cloud):
    cloud.fail('identity', 'PUT', '/v3/projects/*', 403)
    answer = admin.post(f'{USERS}create/', {
        'name': 'new', 'domain_id': 'default', **PASSWORD, 'project_id': cloud.project_id('demo'),
        'role': role(cloud, 'member')}, follow=True)
    assert 'has no role in the project yet' in text(answer)
    assert user(cloud, 'new')


def test_a_directory_that_cannot_be_written_says_so(admin, cloud):
    said = {'error': {'code': 403, 'title': 'Forbidden', 'message': 'The directory is read-only.'}}
    for method, path in (('POST', '/v3/users'), ('PATCH', '/v3/users/*'), ('DELETE', '/v3/users/*')):
        cloud.fail('identity', method, path, 403, body=said)
    key = cloud.cast['member'].user_id
    made = admin.post(f'{USERS}create/', {'name': 'new', 'domain_id': 'default', 'role': role(cloud, 'member'),
                                          **PASSWORD})
    changed = admin.post(f'{USERS}{key}/edit/', {'name': 'other', 'enabled': 'on'})
    assert (made.status_code, changed.status_code) == (403, 403)
    assert 'The directory is read-only.' in text(made)
    assert 'The directory is read-only.' in text(changed)
    assert 'The directory is read-only.' in text(act(admin, USERS, 'users', 'delete', key))


def test_only_what_changed_is_sent(admin, cloud):
    key = cloud.cast['member'].user_id
    url = f'{USERS}{key}/edit/'
    kept = admin.get(url).context['form'].initial
    cloud.calls.clear()
    admin.post(url, {'name': 'member', 'project_id': kept['project_id'], 'enabled': 'on'})
    assert [method for method, *_ in cloud.calls if method != 'GET'] == []
    admin.post(url, {'name': 'member', 'project_id': kept['project_id'], 'enabled': 'on', 'email': 'a@b.example'})
    assert user(cloud, 'member')['email'] == 'a@b.example'


def test_nobody_disables_or_deletes_himself(admin, cloud):
    key = cloud.cast['admin'].user_id
    for action in ('delete', 'disable'):
        assert 'not possible now' in text(act(admin, USERS, 'users', action, key))
    answer = admin.post(f'{USERS}{key}/edit/', {'name': 'admin'})
    assert answer.status_code == 409
    assert user(cloud, 'admin')['enabled']


def test_disable_and_enable(admin, cloud):
    key = cloud.cast['member'].user_id
    assert 'Disabled: member' in text(act(admin, USERS, 'users', 'disable', key))
    assert not user(cloud, 'member')['enabled']
    assert 'Enabled: member' in text(act(admin, USERS, 'users', 'enable', key))


def test_a_password_is_changed(admin, cloud, stranger_to_all):
    key = cloud.cast['member'].user_id
    assert admin.post(f'{USERS}{key}/password/', PASSWORD).status_code == 302
    answer = stranger_to_all.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username': 'member',
                                                   'password': PASSWORD['password']})
    assert answer.status_code == 302


def test_a_user_on_one_page(admin, cloud):
    cloud.add_group('team', cloud.cast['member'].user_id)
    cloud.calls.clear()
    answer = admin.get(f'{USERS}{cloud.cast["member"].user_id}/')
    assert [(each['name'], each['roles']) for each in answer.context['places']] == [('demo', ['member', 'reader'])]
    assert 'team' in text(answer)
    assert len(cloud.calls) == 4


def test_groups(admin, cloud):
    made = admin.post(f'{GROUPS}create/', {'name': 'team', 'description': 'of tests', 'domain_id': 'default'})
    key = next(iter(cloud.groups))
    assert made.url == f'{GROUPS}{key}/'
    added = admin.post(made.url, {'add': '1', 'user': 'member'}, follow=True)
    assert 'member is in the group now.' in text(added)
    assert [row.title for row in added.context['table'].rows] == ['member']
    assert 'There is no user called ghost.' in text(admin.post(made.url, {'add': '1', 'user': 'ghost'}, follow=True))
    removed = act(admin, made.url, 'members', 'remove', cloud.cast['member'].user_id)
    assert 'Removed: member' in text(removed)
    admin.post(f'{made.url}edit/', {'name': 'crew'})
    assert cloud.groups[key]['name'] == 'crew'
    assert 'Deleted: crew' in text(act(admin, GROUPS, 'groups', 'delete', key))


def test_a_group_makes_three_calls(admin, cloud):
    key = cloud.add_group('team')['id']
    cloud.calls.clear()
    admin.get(f'{GROUPS}{key}/')
    assert len(cloud.calls) == 3


def test_roles(admin, cloud):
    assert admin.post(f'{ROLES}create/', {'name': 'auditor', 'description': 'reads all'}).status_code == 302
    key = role(cloud, 'auditor')
    assert admin.post(f'{ROLES}{key}/edit/', {'name': 'inspector'}).status_code == 302
    assert 'Deleted: inspector' in text(act(admin, ROLES, 'roles', 'delete', key))
    assert 'not possible now' in text(act(admin, ROLES, 'roles', 'delete', role(cloud, 'admin')))


def test_assignments_have_names(admin, cloud):
    cloud.calls.clear()
    rows = admin.get(f'{ROLES}assignments/').context['table'].rows
    assert ('member', 'member', 'demo') in {(row.data['role'], row.data['who'], row.data['where']) for row in rows}
    assert len(cloud.calls) == 1
    effective = admin.get(f'{ROLES}assignments/effective/').context['table'].rows
    assert ('reader', 'member', 'demo') in {(row.data['role'], row.data['who'], row.data['where'])
                                            for row in effective}
    found = admin.get(f'{ROLES}assignments/', {'q': 'demo'}).context['table'].rows
    assert {row.data['where'] for row in found} == {'demo'}


def test_domains(admin, cloud):
    assert admin.post(f'{DOMAINS}create/', {'name': 'dept', 'description': ''}).status_code == 302
    key = next(each['id'] for each in cloud.domains.values() if each['name'] == 'dept')
    admin.post(f'{DOMAINS}{key}/edit/', {'name': 'department'})
    assert cloud.domains[key]['name'] == 'department'
    assert 'not possible now' in text(act(admin, DOMAINS, 'domains', 'delete', key))
    act(admin, DOMAINS, 'domains', 'disable', key)
    assert 'Deleted: department' in text(act(admin, DOMAINS, 'domains', 'delete', key))
    assert 'not possible now' in text(act(admin, DOMAINS, 'domains', 'disable', 'default'))


def test_roles_on_a_domain(admin, cloud):
    admin.post(f'{DOMAINS}default/members/', {'user': 'member', 'role': role(cloud, 'reader')})
    assert (role(cloud, 'reader'), 'user', cloud.cast['member'].user_id, 'domain', 'default') in cloud.grants


def test_names_with_html_do_no_harm(admin, cloud):
    made, group = cloud.add_user(EVIL, 'demo', description=EVIL), cloud.add_group(EVIL)
    cloud.add_domain(EVIL)
    cloud.members[group['id']].add(made['id'])
    for url in (USERS, f'{USERS}{made["id"]}/', f'{USERS}{made["id"]}/edit/', f'{USERS}{made["id"]}/password/', GROUPS,
                f'{GROUPS}{group["id"]}/', f'{GROUPS}{group["id"]}/edit/', f'{ROLES}assignments/', DOMAINS,
                f'{DOMAINS}default/members/', f'{USERS}create/'):
        page = text(admin.get(url))
        assert '<img' not in page, url
        assert '&lt;img' in page, url
