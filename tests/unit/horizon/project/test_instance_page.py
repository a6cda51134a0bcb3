"""The page of one server: its tabs, what follows by itself, its console."""
import uuid

import pytest

INDEX = '/project/instances/'
EVIL = '<script>alert(1)</script>'
HTMX = {'HX-Request': 'true'}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def page(server, tab=''):
    return f'{INDEX}{server["id"]}/{tab}'


def paths(cloud):
    return sorted(path.replace(key, 'ID') for _, _, path, _ in cloud.calls for key in [path.split('/')[2]]
                  if path.startswith('/servers'))


@pytest.mark.parametrize('tab', ['', 'log/', 'console/', 'actions/', 'rename/', 'snapshot/', 'resize/', 'rebuild/',
                                 'associate/', 'groups/', 'metadata/', 'log.txt'])
def test_who_may_see_it(browse, cloud, tab):
    server = cloud.add_server('web')
    assert browse('member').get(page(server, tab)).status_code == 200
    assert browse('admin').get(page(server, tab)).status_code == 200
    assert browse('stranger').get(page(server, tab)).status_code == 404
    assert browse('nobody').get(page(server, tab)).status_code == 404


def test_what_it_is(member, cloud):
    server = cloud.add_server('web', key_name='mine', metadata={'role': 'db'})
    shown = text(member.get(page(server)))
    for each in ('web', 'm1.tiny', '512 MB', 'blank', 'mine', server['fixed'], server['id'], 'default', 'role', 'db'):
        assert each in shown


def test_calls_of_the_overview(member, cloud):
    server = cloud.add_server('web')
    member.get(page(server))
    assert paths(cloud) == ['/servers/ID', '/servers/ID/os-instance-actions', f'/servers/ID/os-instance-actions/'
                            f'{server["actions"][0]["request_id"]}', '/servers/ID/os-security-groups']
    assert len(cloud.calls) == 6


def test_html_does_no_harm(member, cloud):
    server = cloud.add_server(EVIL, metadata={EVIL: EVIL})
    server['log'] = EVIL
    cloud.break_server(server['id'], EVIL, details=EVIL)
    for tab in ('', 'log/', 'console/', 'actions/', 'rename/', 'snapshot/', 'metadata/'):
        assert EVIL not in text(member.get(page(server, tab)))


def test_a_fault_is_explained(member, cloud):
    shown = text(member.get(page(cloud.add_server('web', status='ERROR'))))
    assert 'No valid host was found.' in shown
    assert 'launch a smaller one' in shown


def test_what_never_started_is_not_to_be_rebooted(member, cloud):
    server = cloud.add_server('web', status='BUILD')
    cloud.break_server(server['id'], 'No fixed IP addresses are left.')
    assert 'It never started.' in text(member.get(page(server)))


def test_its_security_groups_lead_to_their_rules(member, cloud):
    group = cloud.add_security_group('web')
    server = cloud.add_server('web', groups=('web',))
    assert f'/project/security_groups/{group["id"]}/' in text(member.get(page(server)))


def test_progress_of_a_launch(member, cloud):
    server = cloud.add_server('web', status='BUILD')
    shown = text(member.get(page(server)))
    for each in ('Choose a host', 'Make its disk', 'still to come', 'every 2s', server['actions'][0]['request_id']):
        assert each in shown


def test_the_live_part_changes_only_when_something_does(member, cloud):
    server = cloud.add_server('web', status='BUILD')
    address = member.get(page(server)).context['live_address']
    cloud.calls.clear()
    assert member.get(address, headers=HTMX).status_code == 204
    assert len(cloud.calls) == 3
    cloud.step()
    changed = member.get(address, headers=HTMX)
    assert changed.status_code == 200
    assert '<html' not in text(changed)
    cloud.finish()
    done = text(member.get(address, headers=HTMX))
    assert 'active' in done
    assert 'every 15s' in done
    assert 'Choose a host' not in done


def test_a_server_that_goes_leads_to_the_list(member, cloud):
    server = cloud.add_server('web')
    address = member.get(page(server)).context['live_address']
    cloud.services['compute'].remove_server(server)
    answer = member.get(address, headers=HTMX)
    assert answer['HX-Redirect'] == INDEX
    assert 'The server is gone.' in text(member.get(INDEX))


def test_no_such_server(member):
    assert member.get(f'{INDEX}{uuid.uuid4()}/').status_code == 404
    assert member.get(f'{INDEX}nonsense/').status_code == 404


def test_what_only_looks_good_may_be_missing(member, cloud):
    server = cloud.add_server('web')
    cloud.refuse('image')
    cloud.fail('compute', 'GET', '/servers/*/os-security-groups', 500)
    cloud.fail('compute', 'GET', '/servers/*/os-instance-actions', 500)
    cloud.fail('compute', 'GET', '/flavors/*', 404)
    answer = member.get(page(server))
    assert answer.status_code == 200
    assert 'no longer offered' in text(answer)


def test_buttons_of_the_page_act_and_delete_leads_to_the_list(member, cloud):
    server = cloud.add_server('web')
    act = {'table': 'servers', 'keys': [server['id']], 'confirmed': '1'}
    assert member.post(page(server), {**act, 'action': 'pause'}).url == page(server)
    cloud.finish()
    assert server['vm_state'] == 'paused'
    asked = member.post(page(server), {'table': 'servers', 'action': f'delete:{server["id"]}'})
    assert 'everything on it are gone' in text(asked)
    assert member.post(page(server), {**act, 'action': 'delete'}).url == INDEX


# Log

def test_the_log(member, cloud):
    server = cloud.add_server('web')
    server['log'] = '\n'.join(f'line {number}.' for number in range(300)) + '\n\x1b[32mgreen\x1b[0m\r\n'
    shown = text(member.get(page(server, 'log/')))
    assert 'line 299.' in shown
    assert 'line 100.' not in shown
    assert 'green' in shown
    assert '\x1b' not in shown
    assert len(cloud.calls) == 2
    assert 'line 0.' in text(member.get(page(server, 'log/?lines=500')))
    for odd in ('0', '-1', 'x', '9' * 30, '٣'):
        assert member.get(page(server, f'log/?lines={odd}')).status_code == 200


def test_it_follows(member, cloud):
    server = cloud.add_server('web')
    address = member.get(page(server, 'log/?lines=50')).context['live_address']
    assert 'lines=50' in address
    assert member.get(address, headers=HTMX).status_code == 204
    server['log'] += 'one more\n'
    assert 'one more' in text(member.get(address, headers=HTMX))
    assert 'hx-get' not in text(member.get(page(server, 'log/?follow=0'))).partition('id="log"')[2]


def test_the_whole_log_is_plain_text(member, cloud):
    server = cloud.add_server('web')
    server['log'] = EVIL
    answer = member.get(page(server, 'log.txt'))
    assert answer['Content-Type'] == 'text/plain; charset=utf-8'
    assert answer['X-Content-Type-Options'] == 'nosniff'
    assert text(answer) == EVIL


# Console

def test_the_console_is_framed_and_nothing_else(member, cloud):
    server = cloud.add_server('web')
    answer = member.get(page(server, 'console/'))
    assert '<iframe' in text(answer)
    assert 'frame-src http://console.test' in answer['Content-Security-Policy']
    assert answer['Cache-Control'] == 'no-store'
    assert 'frame-src' not in member.get(page(server))['Content-Security-Policy']
    assert len(cloud.calls_of('compute', 'POST')) == 1


@pytest.mark.parametrize('url', ['javascript:alert(1)', 'data:text/html,x', 'http://a;script-src *', "http://'self'/"])
def test_odd_addresses_are_not_framed(member, cloud, monkeypatch, url):
    from horizon.api import servers
    monkeypatch.setattr(servers, 'console_url', lambda cloud, server_id: url)
    answer = member.get(page(cloud.add_server('web'), 'console/'))
    assert '<iframe' not in text(answer)
    assert 'frame-src' not in answer['Content-Security-Policy']


def test_without_a_console_the_reason_is_there(member, cloud):
    cloud.fail('compute', 'POST', '/servers/*/action', 404, {'itemNotFound': {
        'code': 404, 'message': 'the fake hypervisor has no screens'}})
    answer = member.get(page(cloud.add_server('web'), 'console/'))
    assert answer.status_code == 200
    assert 'the fake hypervisor has no screens' in text(answer)


def test_a_server_that_is_off_has_no_screen(member, cloud):
    assert 'only while it runs' in text(member.get(page(cloud.add_server('web', status='SHUTOFF'), 'console/')))


# Actions

def test_what_was_done(member, cloud):
    server = cloud.add_server('web')
    member.post(page(server), {'table': 'servers', 'action': f'pause:{server["id"]}'})
    cloud.finish()
    cloud.calls.clear()
    answer = member.get(page(server, 'actions/'))
    assert [each.name for each in answer.context['operations']] == ['pause', 'create']
    assert len(cloud.calls) == 3
    assert 'by you' in text(answer)
    assert 'Choose a host' not in text(answer)
    oldest = answer.context['operations'][1].request_id
    assert 'Choose a host' in text(member.get(page(server, f'actions/?open={oldest}')))
    assert member.get(page(server, 'actions/?open=../../x')).status_code == 200


def test_a_failure_shows_its_step(member, cloud):
    server = cloud.add_server('web', status='BUILD')
    cloud.break_server(server['id'], 'The disk is full.')
    shown = text(member.get(page(server, 'actions/')))
    assert 'The disk is full.' in shown
    assert 'class="failed"' in shown
