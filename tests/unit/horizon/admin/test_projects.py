"""Projects: list, create, edit, members, quotas, usage, delete."""
import pytest

INDEX, CREATE = '/admin/projects/', '/admin/projects/create/'
EVIL = '<img src=x onerror=alert(1)>'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def admin(browse):
    return browse('admin')


def asked(cloud, method=None):
    return sorted((verb, path) for verb, _, path, _ in cloud.calls if method in (None, verb))


def role(cloud, name):
    return next(each['id'] for each in cloud.roles.values() if each['name'] == name)


def granted(cloud, project_id):
    """{(name of the role, kind, holder)} in a project."""
    return {(cloud.roles[role]['name'], kind, holder) for role, kind, holder, _, target in cloud.grants
            if target == project_id}


def test_the_list_names_domains_and_makes_two_calls(admin, cloud):
    rows = admin.get(INDEX).context['table'].rows
    assert [row.title for row in rows] == ['admin', 'demo', 'other']
    assert rows[0].data['domain'] == 'Default'
    assert asked(cloud) == [('GET', '/v3/domains'), ('GET', '/v3/projects')]


def test_many_are_paged_and_searched_by_keystone(admin, cloud, conf):
    conf.set('page_size', 5, 'horizon')
    for number in range(9):
        cloud.add_project(f'team-{number}')
    first = admin.get(INDEX).context['table']
    assert len(first.rows) == 5
    assert not [each for each in first.columns if each.sortable and each.name != 'name']
    second = admin.get(INDEX + first.page.next).context['table']
    assert not {row.key for row in first.rows} & {row.key for row in second.rows}
    found = admin.get(INDEX, {'q': 'TEAM-7'}).context['table']
    assert [row.title for row in found.rows] == ['team-7']


def test_create_with_a_first_member(admin, cloud):
    answer = admin.post(CREATE, {'name': 'new', 'description': 'of tests', 'domain_id': 'default', 'user': 'stranger',
                                 'role': role(cloud, 'member'), 'enabled': 'on'})
    made = cloud.project_id('new')
    assert answer.url == f'{INDEX}{made}/'
    assert cloud.projects[made]['description'] == 'of tests'
    assert granted(cloud, made) == {('member', 'user', cloud.cast['stranger'].user_id)}


def test_a_first_member_nobody_knows_leaves_nothing_behind(admin, cloud):
    answer = admin.post(CREATE, {'name': 'new', 'domain_id': 'default', 'user': 'ghost',
                                 'role': role(cloud, 'member')})
    assert answer.status_code == 404
    assert 'There is no user called ghost.' in text(answer)
    assert 'new' not in [each['name'] for each in cloud.projects.values()]


def test_a_refusal_is_shown_in_the_form(admin, cloud):
    cloud.fail('identity', 'POST', '/v3/projects', 403)
    answer = admin.post(CREATE, {'name': 'new', 'domain_id': 'default', 'role': role(cloud, 'member')})
    assert answer.status_code == 403
    assert 'value="new"' in text(answer)


def test_edit(admin, cloud):
    key = cloud.project_id('demo')
    page = admin.get(f'{INDEX}{key}/edit/')
    assert page.context['form'].initial['name'] == 'demo'
    assert admin.post(f'{INDEX}{key}/edit/', {'name': 'demo 2', 'description': 'x'}).status_code == 302
    assert (cloud.projects[key]['name'], cloud.projects[key]['enabled']) == ('demo 2', False)


def test_the_page_of_a_project(admin, cloud):
    cloud.add_server('web')
    cloud.set_quota('demo', instances=4)
    cloud.calls.clear()
    answer = admin.get(f'{INDEX}{cloud.project_id("demo")}/')
    assert [each['name'] for each in answer.context['people']] == ['member']
    assert ('Instances', 1, 4, '') in [(str(label), *rest) for label, *rest in answer.context['meters']]
    assert 'web' in text(answer)
    assert len(cloud.calls) == 8


def test_a_project_whose_quotas_do_not_answer_has_a_page(admin, cloud):
    cloud.refuse('compute')
    answer = admin.get(f'{INDEX}{cloud.project_id("demo")}/')
    assert answer.status_code == 200
    assert 'Compute: The service does not answer.' in text(answer)
    assert [str(label) for label, *_ in answer.context['meters']][0] == 'Volumes'


def test_deleting_names_what_it_still_contains(admin, cloud):
    key = cloud.project_id('demo')
    cloud.add_server('web')
    cloud.add_image('golden')
    answer = admin.post(INDEX, {'table': 'projects', 'action': f'delete:{key}'})
    assert 'web' in text(answer)
    assert 'golden' in text(answer)
    assert key in cloud.projects
    done = admin.post(INDEX, {'table': 'projects', 'action': 'delete', 'keys': [key], 'confirmed': '1'}, follow=True)
    assert 'Deleted: demo' in text(done)
    assert key not in cloud.projects


def test_the_own_project_cannot_be_deleted(admin, cloud):
    key = cloud.project_id('admin')
    answer = admin.post(INDEX, {'table': 'projects', 'action': 'delete', 'keys': [key], 'confirmed': '1'}, follow=True)
    assert 'not possible now' in text(answer)
    assert key in cloud.projects


def test_members_are_changed_on_one_page(admin, cloud):
    key, member = cloud.project_id('demo'), cloud.cast['member'].user_id
    url = f'{INDEX}{key}/members/'
    page = admin.get(url)
    assert len(cloud.calls) == 5
    old, new = (f'user:{member}:{role(cloud, name)}' for name in ('member', 'reader'))
    assert f'value="{old}" checked' in text(page)
    cloud.calls.clear()
    admin.post(url, {'had': old, 'grant': new, 'user': 'stranger', 'role': role(cloud, 'manager')})
    assert granted(cloud, key) == {('reader', 'user', member), ('manager', 'user', cloud.cast['stranger'].user_id)}


def test_what_others_changed_meanwhile_stays(admin, cloud):
    key, member = cloud.project_id('demo'), cloud.cast['member'].user_id
    old = f'user:{member}:{role(cloud, "member")}'
    cloud.grant('stranger', 'demo', 'member')
    admin.post(f'{INDEX}{key}/members/', {'had': old, 'grant': old})
    assert ('member', 'user', cloud.cast['stranger'].user_id) in granted(cloud, key)


def test_groups_are_members_too(admin, cloud):
    group = cloud.add_group('team')
    key = cloud.project_id('demo')
    admin.post(f'{INDEX}{key}/members/', {'group': 'team', 'role': role(cloud, 'member')})
    assert ('member', 'group', group['id']) in granted(cloud, key)
    assert 'team' in text(admin.get(f'{INDEX}{key}/members/'))


def test_an_administrator_does_not_lock_himself_out(admin, cloud):
    key, own = cloud.project_id('admin'), cloud.cast['admin'].user_id
    box = f'user:{own}:{role(cloud, "admin")}'
    answer = admin.post(f'{INDEX}{key}/members/', {'had': box}, follow=True)
    assert 'stays' in text(answer)
    assert ('admin', 'user', own) in granted(cloud, key)


@pytest.mark.parametrize('box', ['', 'user', 'user::', 'thing:1:2', 'user:1:2:3'])
def test_boxes_nobody_made_do_nothing(admin, cloud, box):
    key = cloud.project_id('demo')
    before = granted(cloud, key)
    assert admin.post(f'{INDEX}{key}/members/', {'grant': box}).status_code == 302
    assert granted(cloud, key) == before


def test_quotas_show_their_use_and_send_what_changed_alone(admin, cloud):
    key = cloud.project_id('demo')
    cloud.add_server('web')
    url = f'{INDEX}{key}/quotas/'
    page = admin.get(url)
    fields = {name: field.initial for name, field in page.context['form'].fields.items()}
    assert fields['compute.instances'] == 10
    cloud.calls.clear()
    admin.post(url, {**fields, 'compute.instances': 3})
    assert cloud.quotas[key] == {'instances': 3}


def test_a_quota_below_the_use_is_explained(admin, cloud):
    key = cloud.project_id('demo')
    cloud.add_servers(3)
    url = f'{INDEX}{key}/quotas/'
    fields = {name: field.initial for name, field in admin.get(url).context['form'].fields.items()}
    answer = admin.post(url, {**fields, 'compute.instances': 1})
    assert answer.status_code == 400
    assert 'the project has 3 already' in text(answer)
    assert admin.post(url, {**fields, 'compute.instances': -2}).status_code == 422


def test_quotas_go_back_to_the_defaults(admin, cloud):
    cloud.set_quota('demo', instances=1)
    admin.post(f'{INDEX}{cloud.project_id("demo")}/quotas/', {'reset': '1'})
    assert cloud.quotas == {}


def test_usage(admin, cloud):
    cloud.add_server('web')
    cloud.advance(minutes=20)
    key = cloud.project_id('demo')
    answer = admin.get(f'{INDEX}{key}/usage/')
    assert 'web' in text(answer)
    wrong = admin.get(f'{INDEX}{key}/usage/', {'start': '2026-02-10', 'end': '2026-02-01'})
    assert 'before the first one' in text(wrong)


def test_names_with_html_do_no_harm(admin, cloud):
    made = cloud.add_project(EVIL, description=EVIL)
    cloud.add_user(EVIL, EVIL)
    for url in (INDEX, f'{INDEX}{made["id"]}/', f'{INDEX}{made["id"]}/edit/', f'{INDEX}{made["id"]}/members/',
                f'{INDEX}{made["id"]}/quotas/', CREATE, '/admin/overview/', '/admin/users/', '/admin/instances/'):
        page = text(admin.get(url))
        assert '<img' not in page
    asked_first = admin.post(INDEX, {'table': 'projects', 'action': f'delete:{made["id"]}'})
    assert '&lt;img' in text(asked_first)
    assert '<img' not in text(asked_first)
