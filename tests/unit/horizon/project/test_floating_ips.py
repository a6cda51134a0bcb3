"""Floating addresses: allocated, given to servers, taken away, released."""
import pytest

INDEX = '/project/floating_ips/'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def rows(browser):
    return browser.get(INDEX).context['table'].rows


def allocate(member, cloud):
    page = member.get(INDEX + 'allocate/')
    pool = page.context['form'].fields['pool'].choices[0][0]
    assert member.post(INDEX + 'allocate/', {'pool': pool}).url == INDEX
    return rows(member)[0]


def test_allocate_says_which(member, cloud):
    pool = member.get(INDEX + 'allocate/').context['form'].fields['pool'].choices[0][0]
    page = member.post(INDEX + 'allocate/', {'pool': pool}, follow=True)
    assert f'{rows(member)[0].title} is yours now.' in text(page)


def test_give_take_release(member, cloud):
    cloud.add_server('web')
    row = allocate(member, cloud)
    form = member.get(f'{INDEX}{row.key}/associate/').context['form']
    [(server, name)] = form.fields['server'].choices
    assert name == 'web'
    assert member.post(f'{INDEX}{row.key}/associate/', {'server': server}).url == INDEX
    given = rows(member)[0]
    assert given.data['server_name'] == 'web'
    assert [each.name for each in given.actions] == ['disassociate', 'release']
    member.post(INDEX, {'table': 'floating_ips', 'action': f'disassociate:{row.key}'})
    assert rows(member)[0].data['instance_id'] is None
    member.post(INDEX, {'table': 'floating_ips', 'action': f'release:{row.key}', 'keys': row.key, 'confirmed': '1'})
    assert rows(member) == []


def test_the_list_takes_two_calls(member, cloud):
    for _ in range(5):
        cloud.add_floating_ip()
    cloud.calls.clear()
    assert len(rows(member)) == 5
    assert sorted(path for _, _, path, _ in cloud.calls) == ['/os-floating-ips', '/servers']


def test_names_that_cannot_be_had_do_not_hide_addresses(member, cloud):
    cloud.add_floating_ip()
    cloud.fail('compute', 'GET', '/servers', 503)
    assert len(rows(member)) == 1


def test_without_a_server_the_form_says_so(member, cloud):
    row = allocate(member, cloud)
    assert 'launch one first' in text(member.get(f'{INDEX}{row.key}/associate/'))


def test_a_stranger_cannot_touch_it(browse, member, cloud):
    row = allocate(member, cloud)
    stranger = browse('stranger')
    assert rows(stranger) == []
    theirs = cloud.add_server('theirs', project=cloud.cast['stranger'].project)
    assert stranger.post(f'{INDEX}{row.key}/associate/', {'server': theirs['id']}).status_code == 404
    assert rows(member)[0].data['instance_id'] is None


def test_nobody(browse):
    assert browse('nobody').get(INDEX).status_code == 404
