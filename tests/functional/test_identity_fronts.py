"""A real keystone-api behind a real Apache that knows the users, and with a real LDAP directory that falls silent."""
import concurrent.futures
import signal
import time

import pytest
import requests
from keystoneauth1 import exceptions, identity, session
from keystoneclient.v3 import client

from tests.fixtures import directory as fixture
from tests.functional.test_identity_clients import Site

AUTH = '/v3/OS-FEDERATION/identity_providers/acme/protocols/mapped/auth'
PROXY = '127.0.0.2'


@pytest.fixture
def site(tmp_path):
    """start(text) -> a running Site with that text added to its configuration."""
    made = Site(tmp_path)

    def start(text):
        with open(made.config, 'a', encoding='utf-8') as file:
            file.write(text)
        return made.start()
    yield start
    made.daemon.terminate()


def test_single_sign_on_through_apache(site, apache):
    running = site(f'[federation]\ntrusted_proxies = {PROXY}\n')
    keystone = client.Client(session=running.session())
    keystone.federation.mappings.create('acme', rules=[
        {'remote': [{'type': 'HTTP_X_REMOTE_USER'}],
         'local': [{'user': {'name': '{0}'}, 'group': {'name': 'devs', 'domain': {'name': 'Default'}}}]}])
    keystone.federation.identity_providers.create('acme', enabled=True)
    keystone.federation.protocols.create('mapped', 'acme', 'acme')
    group = keystone.groups.create('devs', domain='default')
    project = keystone.projects.create('lab', domain='default')
    keystone.roles.grant(keystone.roles.list(name='member')[0], group=group, project=project)
    front = apache(running.url, AUTH)

    bob = ('bob', 'bob-password')
    forged = {'X-Remote-User': 'admin'}
    answer = requests.post(front.url + AUTH, auth=bob, headers=forged, timeout=10)
    assert answer.status_code == 201 and answer.json()['token']['user']['name'] == 'bob'
    unscoped = answer.headers['X-Subject-Token']
    assert requests.post(front.url + AUTH, headers=forged, timeout=10).status_code == 401
    assert requests.post(front.url + AUTH, auth=('bob', 'wrong'), timeout=10).status_code == 401
    # Who comes past the front is believed nothing.
    assert requests.post(running.url + AUTH, headers=forged, timeout=10).status_code == 401

    scoped = session.Session(identity.V3Token(f'{front.url}/v3', unscoped, project_id=project.id))
    assert [each.name for each in client.Client(session=scoped).federation.projects.list()] == ['lab']
    assert scoped.auth.get_access(scoped).role_names == ['member', 'reader']


def log_in(running, password, timeout, domain, name):
    """(status, seconds) of a log-in."""
    started = time.monotonic()
    user = {'name': name, 'password': password, 'domain': {'name': domain}}
    answer = requests.post(f'{running.url}/v3/auth/tokens', timeout=timeout, json={
        'auth': {'identity': {'methods': ['password'], 'password': {'user': user}}}})
    return answer.status_code, time.monotonic() - started


def test_a_silent_directory_holds_up_nobody_else(site, slapd, tmp_path):
    slapd.add_user('alice', 'alice-password')
    (tmp_path / 'domains').mkdir()
    (tmp_path / 'domains' / 'keystone.corp.conf').write_text(
        f'[identity]\ndriver = ldap\n[ldap]\nurl = {slapd.url}\nsuffix = {fixture.SUFFIX}\nuser = {fixture.ADMIN}\n'
        f'password = {fixture.PASSWORD}\nconnection_timeout = 2\n')
    running = site(f'[identity]\ndomain_specific_drivers_enabled = true\ndomain_config_dir = {tmp_path}/domains\n')
    client.Client(session=running.session()).domains.create('corp')
    alice = (running, 'alice-password', 30, 'corp', 'alice')
    assert log_in(*alice)[0] == 201
    with pytest.raises(exceptions.Unauthorized):
        running.session('alice', '').get_token()
    slapd.send(signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            waiting = [pool.submit(log_in, *alice) for _ in range(12)]
            time.sleep(0.5)
            ours = [log_in(running, 'secret', 30, 'Default', 'admin') for _ in range(3)]
            theirs = [each.result() for each in waiting]
    finally:
        slapd.send(signal.SIGCONT)
    assert [status for status, _ in ours] == [201] * 3 and max(seconds for _, seconds in ours) < 2
    assert {status for status, _ in theirs} == {503} and max(seconds for _, seconds in theirs) < 10
    time.sleep(1.1)
    assert log_in(*alice)[0] == 201
    with open(running.directory / 'log', encoding='utf-8') as file:
        log = file.read()
    assert 'does not answer' in log and 'alice-password' not in log and fixture.PASSWORD not in log
