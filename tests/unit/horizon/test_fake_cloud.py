"""The fake cloud's own side: what a test can see of calls, what it can order, the two ways in."""
import time

import pytest
import requests
from keystoneauth1 import exceptions
from keystoneauth1 import session as keystone_session
from keystoneauth1.identity import v3

from tests.fixtures.fake_cloud import FakeCloud

COMPUTE = {'endpoint_filter': {'service_type': 'compute'}}


@pytest.fixture(scope='module')
def one():
    with FakeCloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(one):
    one.reset()
    return one


def boot(cloud, session):
    image = next(iter(cloud.images))
    return session.post('/servers', json={'server': {'name': 'new', 'imageRef': image, 'flavorRef': '1'}},
                        **COMPUTE).json()['server']['id']


def test_calls_are_listed_below_the_service_s_url(cloud):
    cloud.session('member').get('/servers/detail?limit=2', **COMPUTE)
    assert cloud.calls == [('POST', 'identity', '/v3/auth/tokens', ''),
                           ('GET', 'compute', '/servers/detail', 'limit=2')]
    assert cloud.calls_of('compute', 'GET') == cloud.calls[1:]


def test_a_reset_leaves_the_cast_and_nothing_else(cloud):
    cloud.add_servers(3)
    cloud.fail('*', '*', '*')
    session = cloud.session('member')
    cloud.reset()
    assert (cloud.servers, cloud.calls, cloud.troubles, sorted(cloud.cast)) == (
        {}, [], [], ['admin', 'member', 'nobody', 'stranger'])
    with pytest.raises(exceptions.Unauthorized):
        session.get('/servers', headers={'X-Auth-Token': 'of the past'}, authenticated=False, endpoint_override=None,
                    **COMPUTE)


def test_one_call_fails_as_ordered(cloud):
    session = cloud.session('member')
    cloud.fail('compute', 'GET', '/servers/detail', 503, times=1)
    with pytest.raises(exceptions.ServiceUnavailable) as caught:
        session.get('/servers/detail', **COMPUTE)
    assert caught.value.response.json()['serviceUnavailable']['code'] == 503
    assert caught.value.request_id.startswith('req-')
    assert session.get('/servers/detail', **COMPUTE).json() == {'servers': []}
    cloud.fail('compute', '*', '/flavors*', 500, body={'computeFault': {'code': 500, 'message': 'mine'}})
    assert session.get('/flavors/1', raise_exc=False, **COMPUTE).json()['computeFault']['message'] == 'mine'
    cloud.heal()
    assert session.get('/flavors/1', **COMPUTE).status_code == 200


def test_nobody_answers_or_nobody_listens(cloud):
    session = cloud.session('member')
    cloud.hang('compute', 'GET', '/limits')
    cloud.refuse('image')
    with pytest.raises(exceptions.ConnectTimeout):
        session.get('/limits', **COMPUTE)
    with pytest.raises(exceptions.ConnectFailure):
        session.get('/v2/images', endpoint_filter={'service_type': 'image'})
    assert session.get('/servers', **COMPUTE).status_code == 200


def test_an_answer_can_take_time(cloud):
    session = cloud.session('member')
    session.get_token()
    cloud.delay = 0.05
    begin = time.monotonic()
    session.get('/servers', **COMPUTE)
    assert 0.05 <= time.monotonic() - begin < 5


def test_a_server_is_built_step_by_step(cloud):
    session = cloud.session('member')
    server = boot(cloud, session)
    seen = []
    for _ in range(5):
        shown = session.get(f'/servers/{server}', **COMPUTE).json()['server']
        seen.append((shown['status'], shown['OS-EXT-STS:task_state']))
        cloud.step()
    assert seen == [('BUILD', 'scheduling'), ('BUILD', 'networking'), ('BUILD', 'block_device_mapping'),
                    ('BUILD', 'spawning'), ('ACTIVE', None)]


def test_a_step_shows_in_the_events_of_the_action(cloud):
    session = cloud.session('member')
    server = boot(cloud, session)
    cloud.step(2)
    action = session.get(f'/servers/{server}/os-instance-actions', **COMPUTE).json()['instanceActions'][0]
    events = session.get(f'/servers/{server}/os-instance-actions/{action["request_id"]}',
                         **COMPUTE).json()['instanceAction']['events']
    assert [event['result'] for event in events][-1] is None and events[0]['result'] == 'Success'
    cloud.finish()
    events = session.get(f'/servers/{server}/os-instance-actions/{action["request_id"]}',
                         **COMPUTE).json()['instanceAction']['events']
    assert [event['event'] for event in events][-1] == 'boot_activate'
    assert {event['result'] for event in events} == {'Success'}


def test_with_a_pace_time_moves_what_is_built(cloud):
    cloud.pace = 10
    session = cloud.session('member')
    server = boot(cloud, session)
    cloud.advance(seconds=25)
    assert session.get(f'/servers/{server}', **COMPUTE).json()['server']['status'] == 'BUILD'
    cloud.advance(seconds=60)
    assert session.get(f'/servers/{server}', **COMPUTE).json()['server']['status'] == 'ACTIVE'


def test_with_pace_0_it_is_done_at_once(cloud):
    cloud.pace = 0
    session = cloud.session('member')
    assert session.get(f'/servers/{boot(cloud, session)}', **COMPUTE).json()['server']['status'] == 'ACTIVE'


@pytest.mark.parametrize('end', [lambda cloud, token: cloud.expire_tokens(),
                                 lambda cloud, token: cloud.advance(hours=2),
                                 lambda cloud, token: cloud.revoke(token)])
def test_tokens_end(cloud, end):
    token = cloud.token('member')
    session = cloud.mount(requests.Session())
    ask = {'headers': {'X-Auth-Token': token}, 'timeout': 5}
    assert session.get('http://compute.test/v2.1/servers', **ask).status_code == 200
    end(cloud, token)
    assert session.get('http://compute.test/v2.1/servers', **ask).status_code == 401


def test_the_same_on_a_port(cloud):
    url = cloud.serve()
    person = cloud.cast['member']
    auth = v3.Password(url, username=person.name, password=person.password, user_domain_id='default',
                       project_name=person.project, project_domain_id='default')
    session = keystone_session.Session(auth=auth, timeout=10)
    cloud.add_servers(3)
    answer = session.get('/servers?limit=2', **COMPUTE).json()
    assert len(answer['servers']) == 2
    following = requests.get(answer['servers_links'][0]['href'], headers={'X-Auth-Token': session.get_token()},
                             timeout=10).json()
    assert len(following['servers']) == 1
    cloud.refuse('image')
    with pytest.raises(exceptions.ConnectFailure):
        session.get('/v2/images', endpoint_filter={'service_type': 'image'}, connect_retries=0)
    cloud.hang('compute')
    with pytest.raises(exceptions.ConnectTimeout):
        session.get('/servers', timeout=0.2, **COMPUTE)


@pytest.mark.parametrize('fill, count', [
    (lambda cloud: cloud.add_servers(30), lambda cloud: len(cloud.servers) == 30),
    (lambda cloud: cloud.add_images(50), lambda cloud: len(cloud.images) == 51),
    (lambda cloud: cloud.add_users(20, 'demo'), lambda cloud: len(cloud.users) == 24),
    (lambda cloud: [cloud.add_server(status, status=status) for status in (
        'ACTIVE', 'BUILD', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'VERIFY_RESIZE', 'ERROR')],
     lambda cloud: {row['name'] for row in cloud.session('admin').get(
         '/servers/detail?all_tenants=1', **COMPUTE).json()['servers'] if row['status'] == row['name']}
     == {'ACTIVE', 'BUILD', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'VERIFY_RESIZE', 'ERROR'})])
def test_it_can_be_filled_without_calls(cloud, fill, count):
    fill(cloud)
    assert cloud.calls == []
    assert count(cloud)


def test_what_is_stuck_is_told_and_can_be_finished_or_undone(cloud):
    session = cloud.session('admin')
    for action, status in (('finish', 'ACTIVE'), ('undo', 'ERROR')):
        server = cloud.add_server(action, status='BUILD')['id']
        cloud.stick(server, 'It is Sunday.')
        cloud.finish()
        seen = session.get('/os-essex-operations', **COMPUTE).json()['operations'][0]
        assert (seen['server_id'], seen['stuck'], seen['can']) == (server, 'It is Sunday.', ['finish', 'undo'])
        session.post(f'/os-essex-operations/{seen["id"]}/action', json={action: None}, **COMPUTE)
        cloud.finish()
        assert session.get(f'/servers/{server}', **COMPUTE).json()['server']['status'] == status
