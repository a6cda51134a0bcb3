"""The list of servers: what it shows, pages and searches; what can be done from it."""
import pytest

INDEX = '/project/instances/'
EVIL = '<script>alert(1)</script>'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def rows(browser, query=''):
    return browser.get(INDEX + query).context['table'].rows


def labels(row):
    return [each.name for each in row.actions]


def do(browser, action, *keys, confirmed=True):
    return browser.post(INDEX, {'table': 'servers', 'action': action, 'keys': keys,
                                **({'confirmed': '1'} if confirmed else {})}, follow=True)


def test_an_empty_list_says_what_to_do(member):
    assert 'No servers yet.' in text(member.get(INDEX))


def test_a_full_page_costs_three_calls(member, cloud):
    cloud.add_servers(100)
    answer = member.get(INDEX)
    assert len(answer.context['table'].rows) == 100
    assert sorted(path for _, _, path, _ in cloud.calls) == ['/flavors/detail', '/servers/detail', '/v2/images']


def test_names_instead_of_ids(member, cloud):
    server = cloud.add_server('web', key_name='mine')
    cloud.add_floating_ip(server=server)
    shown = text(member.get(INDEX))
    for each in ('web', 'm1.tiny', 'blank', 'mine', 'active', server['fixed'], '172.24.4.', 'running'):
        assert each in shown
    assert '>1<' not in shown


def test_a_stranger_and_an_administrator_see_their_own(browse, cloud):
    cloud.add_server('web')
    assert rows(browse('stranger')) == rows(browse('admin')) == []


def test_nobody_sees_no_panel(browse):
    assert browse('nobody').get(INDEX).status_code == 404


def test_who_is_not_logged_in_is_asked_to(stranger_to_all):
    assert '/auth/login/' in stranger_to_all.get(INDEX).url


def test_html_in_a_name_does_no_harm(member, cloud):
    cloud.add_server(EVIL)
    assert EVIL not in text(member.get(INDEX))
    assert '&lt;script&gt;' in text(member.get(INDEX))


def test_pages(member, cloud):
    cloud.add_servers(130)
    first = member.get(INDEX)
    following = first.context['table'].page.next
    second = member.get(INDEX + following)
    names = [row.title for answer in (first, second) for row in answer.context['table'].rows]
    assert len(names) == len(set(names)) == 130
    assert second.context['table'].page.next is None


@pytest.mark.parametrize(('typed', 'found'), [
    ('we', ['web-1', 'web.2']), ('WEB.', ['web.2']), ('none', []), ('.*', []), ('10.100.0', ['db', 'web-1', 'web.2'])])
def test_search(member, cloud, typed, found):
    for name in ('web-1', 'web.2', 'db'):
        cloud.add_server(name)
    assert sorted(row.title for row in rows(member, f'?q={typed}')) == found


def test_an_id_is_found(member, cloud):
    server = cloud.add_server('web')
    cloud.add_server('other')
    assert [row.title for row in rows(member, f'?q={server["id"]}')] == ['web']
    assert rows(member, f'?q={server["id"][:-4]}ffff') == []


def test_sorted_by_name(member, cloud):
    for name in ('b', 'c', 'a'):
        cloud.add_server(name)
    assert [row.title for row in rows(member, '?sort=name')] == ['a', 'b', 'c']
    assert [row.title for row in rows(member, '?sort=-name')] == ['c', 'b', 'a']


ALWAYS = {'rename', 'lock', 'delete'}


@pytest.mark.parametrize(('status', 'there', 'not_there'), [
    ('ACTIVE', {'console', 'stop', 'pause', 'suspend', 'reboot', 'hard-reboot', 'resize', 'snapshot', 'attach'},
     {'start', 'unpause', 'resume', 'confirm', 'revert', 'unlock', 'detach', 'disassociate'}),
    ('SHUTOFF', {'start', 'resize', 'snapshot', 'hard-reboot'}, {'stop', 'pause', 'reboot', 'console'}),
    ('PAUSED', {'unpause', 'console'}, {'pause', 'stop', 'resume', 'resize'}),
    ('SUSPENDED', {'resume'}, {'suspend', 'unpause', 'stop'}),
    ('VERIFY_RESIZE', {'confirm', 'revert'}, {'resize', 'stop', 'start'}),
    ('ERROR', {'rebuild', 'hard-reboot'}, {'start', 'stop', 'snapshot', 'resize'}),
    ('BUILD', set(), {'log', 'stop', 'start', 'snapshot', 'hard-reboot'})])
def test_actions_that_a_state_allows(member, cloud, status, there, not_there):
    cloud.add_server('web', status=status)
    offered = set(labels(rows(member)[0]))
    assert there | ALWAYS <= offered
    assert not not_there & offered


def test_a_locked_server_can_only_be_looked_at_and_unlocked(member, cloud):
    cloud.add_server('web')['locked_by'] = 'owner'
    assert 'locked' in text(member.get(INDEX))
    assert {'delete', 'stop', 'resize'}.isdisjoint(labels(rows(member)[0]))
    key = rows(member)[0].key
    do(member, f'unlock:{key}')
    assert 'lock' in labels(rows(member)[0])


@pytest.mark.parametrize(('action', 'before', 'after'), [
    ('stop', 'ACTIVE', 'SHUTOFF'), ('start', 'SHUTOFF', 'ACTIVE'), ('pause', 'ACTIVE', 'PAUSED'),
    ('unpause', 'PAUSED', 'ACTIVE'), ('suspend', 'ACTIVE', 'SUSPENDED'), ('resume', 'SUSPENDED', 'ACTIVE'),
    ('reboot', 'ACTIVE', 'ACTIVE'), ('hard-reboot', 'ERROR', 'ACTIVE'), ('confirm', 'VERIFY_RESIZE', 'ACTIVE'),
    ('revert', 'VERIFY_RESIZE', 'ACTIVE')])
def test_actions(member, cloud, action, before, after):
    server = cloud.add_server('web', status=before)
    answer = do(member, action, server['id'])
    assert 'web' in text(answer)
    assert 'class="alert error' not in text(answer)
    cloud.finish()
    assert rows(member)[0].data['status'] == after


def test_delete_names_what_goes_and_waits_for_a_yes(member, cloud):
    keys = [each['id'] for each in cloud.add_servers(2)]
    asked = do(member, 'delete', *keys, confirmed=False)
    assert 'server-1' in text(asked)
    assert 'server-2' in text(asked)
    assert not cloud.calls_of('compute', 'DELETE')
    assert 'Being deleted: server-' in text(do(member, 'delete', *keys))
    cloud.finish()
    assert rows(member) == []


def test_one_that_fails_is_said_and_the_others_done(member, cloud):
    first, second = cloud.add_servers(2)
    cloud.fail('compute', 'DELETE', f'/servers/{first["id"]}', 409)
    answer = text(do(member, 'delete', first['id'], second['id']))
    assert 'Being deleted: server-2' in answer
    assert 'Delete: server-1' in answer


def test_a_strangers_server_is_not_touched(browse, cloud):
    server = cloud.add_server('web')
    do(browse('stranger'), 'delete', server['id'])
    assert not cloud.calls_of('compute', 'DELETE')


def test_floating_addresses_are_taken_away(member, cloud):
    server = cloud.add_server('web')
    cloud.add_floating_ip(server=server)
    assert 'Taken away: web' in text(do(member, 'disassociate', server['id']))
    assert rows(member)[0].data['floating'] == []


def test_rows_under_way_are_asked_for_again(member, cloud):
    cloud.add_server('new', status='BUILD')
    cloud.add_server('calm')
    table = member.get(INDEX).context['table']
    assert len(table.poll.split(',')) == 1
    same = member.get(INDEX, {'poll': table.poll, 'table': 'servers'})
    assert 'hx-swap-oob="true"' not in text(same)
    cloud.finish()
    changed = text(member.get(INDEX, {'poll': table.poll, 'table': 'servers'}))
    assert 'hx-swap-oob="true"' in changed
    assert 'active' in changed
    assert 'calm' not in changed


def test_without_names_of_flavors_and_images_there_is_a_list_all_the_same(member, cloud):
    cloud.add_server('web')
    cloud.fail('compute', 'GET', '/flavors/detail', 500)
    cloud.refuse('image')
    assert 'web' in text(member.get(INDEX))


def test_a_compute_that_is_down_is_explained(member, cloud):
    cloud.refuse('compute')
    answer = member.get(INDEX)
    assert answer.status_code == 200
    assert 'The service does not answer.' in text(answer)
