"""The operator API of a running cloud: what it tells is what is, and a killed daemon is red at once."""
import contextlib
import os
import signal
import time

import pytest

from essex.cloud.api import Api
from essex.cloud.layout import Layout
from essex.cloud.settings import Settings
from tests.fixtures.cloud import Cloud
from tests.fixtures.fake_cloud import FakeCloud


def operator(cloud, account='admin'):
    """get(path) of the operator API as an account of the cloud, found in its catalog as any client finds it."""
    session = Api(Settings.load(Layout(cloud.directory)), account).identity.session

    def get(path, status=200):
        answer = session.get(path, endpoint_filter={'service_type': 'operator'}, raise_exc=False)
        assert answer.status_code == status, answer.text
        return answer.json()
    return get


def wait(what, seconds=30):
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_every_daemon_queue_database_and_store(cloud):
    get = operator(cloud)
    # Facts are first told some seconds after the start.
    seen = wait(lambda: (found := get('/hosts/self')) and len(found['databases']) == 3 and found['stores'] and found)
    daemons = {each['name']: each for each in seen['daemons']}
    assert {'keystone-api', 'glance-api', 'nova-api', 'nova-scheduler', 'nova-compute', 'nova-network', 'proxy-server',
            'object-server', 'essex-operator'} <= set(daemons)
    assert {each['state'] for each in seen['daemons']} == {'up'}
    assert daemons['keystone-api']['http']['total'] > 0 and daemons['nova-api']['addresses']
    assert seen['broker']['kind'] == 'memory'
    assert {'essex.scheduler', f'essex.compute.{seen["host"]}'} <= {each['name'] for each in seen['broker']['queues']}
    assert {each['service']: each['known'] and each['version'] == each['newest'] > 0 for each in seen['databases']} == {
        'keystone': True, 'glance': True, 'nova': True}
    assert {each['service'] for each in seen['stores']} == {'glance', 'swift'}


def test_no_secret_leaves(cloud):
    get = operator(cloud)
    settings = Settings.load(Layout(cloud.directory))
    told = str([get('/hosts/self'), get('/traces'), get('/daemons/nova-api/errors')])
    assert not [account for account in ('admin', 'nova', 'glance', 'operator') if settings.password(account) in told]


def test_it_is_for_administrators(cloud):
    get = operator(cloud, 'demo')
    for path in ('/hosts/self', '/traces', '/daemons/nova-api/errors'):
        assert "Policy doesn't allow operator:" in get(path, status=403)['error']['message']


def test_a_launch_is_followed(cloud):
    get = operator(cloud)
    cloud.openstack('server', 'create', '--flavor', 'm1.nano', '--image', 'blank', '--wait', 'followed')
    try:
        launch = next(each for each in get('/traces?changes=true')['traces']
                      if each['daemon'] == 'nova-api' and each['path'].endswith('/servers'))

        def whole():
            found = get(f'/traces/{launch["request_id"]}')['trace']
            return found if any(span['name'] == 'boot: activate' for span in found['spans']) else None
        trace = wait(whole)
        assert {'nova-api', 'nova-scheduler', 'nova-compute', 'nova-network', 'glance-api'} <= {
            span['daemon'] for span in trace['spans']}
        assert trace['sql'] > 10 and trace['rpc'] >= 2 and trace['http'] >= 1
        operations = Api(Settings.load(Layout(cloud.directory)), 'admin').compute.get(
            '/os-essex-operations?state=all').json()['operations']
        boot = next(each for each in operations if each['request_id'] == launch['request_id'])
        assert (boot['state'], boot['can'], boot['stuck']) == ('done', [], None)
    finally:
        cloud.openstack('server', 'delete', '--wait', 'followed')


def test_catalogs_with_an_unknown_kind_are_no_trouble(cloud):
    types = {each['Type'] for each in cloud.json('catalog', 'list')}
    assert {'compute', 'identity', 'image', 'object-store', 'operator'} <= types


@pytest.fixture(scope='module')
def doomed(tmp_path_factory):
    """A cloud of these tests alone, whose daemons may die."""
    made = Cloud(tmp_path_factory.mktemp('doomed') / 'var', 'fake')
    try:
        yield made.make()
    finally:
        made.remove()


def test_a_killed_daemon_is_red_within_its_heartbeat(doomed):
    get = operator(doomed)
    pids = {each['name']: each['pid'] for each in get('/hosts/self')['daemons']}
    supervisor = int((doomed.directory / 'run' / 'essex.pid').read_text())

    def state():
        seen = {each['name']: each for each in get('/hosts/self')['daemons']}
        return seen['nova-compute']
    # Held, so that it does not start the dead again before this test has looked.
    os.kill(supervisor, signal.SIGSTOP)
    try:
        os.kill(pids['nova-compute'], signal.SIGKILL)
        wait(lambda: state()['state'] == 'dead', seconds=5)
        assert {each['consumers'] for each in get('/hosts/self')['broker']['queues']} == {0}
        assert 'essex.compute' in str(get('/hosts/self')['broker']['queues'])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGCONT)
    wait(lambda: state()['state'] == 'up')
    again = state()
    assert again['deaths'] == 1 and again['died_at'] and again['pid'] != pids['nova-compute']


def test_an_orderly_stop_is_no_death(doomed):
    doomed.essex('down')
    doomed.essex('up')
    assert {each['deaths'] for each in operator(doomed)('/hosts/self')['daemons']} == {0}


def test_the_fake_cloud_answers_in_the_same_form(cloud):
    with FakeCloud() as fake:
        session = fake.session('admin')

        def ask(path):
            return session.get(path, endpoint_filter={'service_type': 'operator'}).json()
        fakes, reals = ask('/hosts/self'), operator(cloud)('/hosts/self')
        assert set(fakes) == set(reals)
        for kind in ('daemons', 'stores'):
            assert {frozenset(each) for each in fakes[kind]} == {frozenset(each) for each in reals[kind]}
        assert set(fakes['broker']) == set(reals['broker'])
        assert set(fakes['broker']['queues'][0]) == set(reals['broker']['queues'][0])
        assert {frozenset(each) for each in fakes['databases']} == {
            frozenset(each) for each in reals['databases'] if each['known']}
        works = [next(each['http'] for each in one['daemons'] if each['http']) for one in (fakes, reals)]
        assert set(works[0]) == set(works[1]) and len(works[0]['series']) == len(works[1]['series'])
