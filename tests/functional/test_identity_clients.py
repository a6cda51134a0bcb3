"""Unmodified clients against a real keystone-api: the openstack command (v3 and v2.0), keystoneclient, the SDK.

The daemon is the test's own: SQLite in a temporary directory, free ports, gone afterwards.
"""
import io
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import time

import openstack
import pytest
import requests
from keystoneauth1 import exceptions, identity, session
from keystoneclient.v2_0 import client as client_v2
from keystoneclient.v3 import client as client_v3
from openstackclient import shell

from tests.fixtures.processes import Process, free_port, listening

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = """[DEFAULT]
bind_host = 127.0.0.1
public_port = {port}
admin_port = {admin_port}
api_paste_config = {root}/etc/keystone/keystone-api-paste.ini
workers = {workers}
[database]
connection = sqlite:///{directory}/keystone.sqlite
[fernet_tokens]
key_repository = {directory}/fernet-keys
[credential]
key_repository = {directory}/credential-keys
[identity]
password_hash_rounds = 4
"""


class Site:
    """A bootstrapped Keystone and its addresses."""

    def __init__(self, directory, workers=1):
        self.directory = directory
        self.port, self.admin_port = free_port(), free_port()
        self.url, self.admin_url = f'http://127.0.0.1:{self.port}', f'http://127.0.0.1:{self.admin_port}'
        self.config = directory / 'keystone.conf'
        self.config.write_text(CONFIG.format(port=self.port, admin_port=self.admin_port, root=ROOT,
                                             directory=directory, workers=workers), encoding='utf-8')
        for command in ('db_sync', 'fernet_setup', 'credential_setup', 'bootstrap'):
            self.manage(command)
        self.daemon = Process([sys.executable, ROOT / 'bin' / 'keystone-api', '--config-file', self.config],
                              directory / 'log', env={'PYTHONPATH': str(ROOT)}, name='keystone-api')

    def manage(self, command):
        environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'OS_BOOTSTRAP_PASSWORD': 'secret',
                       'OS_BOOTSTRAP_REGION_ID': 'RegionOne', 'OS_BOOTSTRAP_PUBLIC_URL': self.url,
                       'OS_BOOTSTRAP_INTERNAL_URL': self.url, 'OS_BOOTSTRAP_ADMIN_URL': self.admin_url}
        subprocess.run([sys.executable, str(ROOT / 'bin' / 'keystone-manage'), '--config-file', str(self.config),
                        command],
                       check=True, env=environment, stdout=subprocess.DEVNULL)

    def start(self):
        self.daemon.start(lambda: listening(self.port) and listening(self.admin_port))
        return self

    def session(self, username='admin', password='secret', project_name='admin', **more):
        """A keystoneauth session by v3 password."""
        auth = identity.V3Password(f'{self.url}/v3', username=username, password=password, user_domain_id='default',
                                   project_name=project_name, project_domain_id='default', **more)
        return session.Session(auth)


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp('keystone')).start()
    yield made
    assert made.daemon.terminate() == 0
    log = (made.directory / 'log').read_text(encoding='utf-8')
    assert 'Traceback' not in log and 'secret' not in log and 'gAAAAA' not in log


def _work(pipe):
    """In a child: run the openstack command lines that come through the pipe, one after another."""
    while True:
        line, environment = pipe.recv()
        os.environ.update(environment)
        sys.stdout = output = io.StringIO()
        try:
            status = shell.OpenStackShell().run(line.split())
        except SystemExit as error:
            status = error.code
        pipe.send((status, output.getvalue()))


class Command:
    """The openstack command, in a child process of its own: it keeps its API version in its modules."""

    def __init__(self, site, **environment):
        self.environment = {'OS_AUTH_URL': site.url, 'OS_USERNAME': 'admin', 'OS_PASSWORD': 'secret',
                            'OS_PROJECT_NAME': 'admin', **environment}
        self.pipe, child = multiprocessing.Pipe()
        # Ends with this process.
        multiprocessing.get_context('fork').Process(target=_work, args=(child,), daemon=True).start()

    def __call__(self, line, fails=False):
        """What the command prints, parsed when it is JSON."""
        self.pipe.send((line, self.environment))
        status, text = self.pipe.recv()
        assert bool(status) == fails, (line, status, text)
        return json.loads(text) if text.startswith(('{', '[')) else text

    def show(self, line):
        """The object a command prints."""
        return self(f'{line} -f json')


@pytest.fixture(scope='module')
def v3(site):
    return Command(site, OS_IDENTITY_API_VERSION='3', OS_USER_DOMAIN_NAME='Default', OS_PROJECT_DOMAIN_NAME='Default')


@pytest.fixture(scope='module')
def v2(site):
    return Command(site, OS_IDENTITY_API_VERSION='2', OS_INTERFACE='admin')


DOMAINS = {'OS_USER_DOMAIN_ID': 'default', 'OS_PROJECT_DOMAIN_ID': 'default'}


# A client told of domains refuses a v2.0 URL by itself.
@pytest.mark.parametrize('path, domains', [
    *((path, {}) for path in ('', '/', '/v3', '/v3/', '/v2.0', '/v2.0/')),
    *((path, DOMAINS) for path in ('', '/', '/v3', '/v3/'))])
def test_every_url_a_user_may_set_works(site, path, domains):
    token = Command(site, OS_AUTH_URL=site.url + path, **domains).show('token issue')
    assert token['id'].startswith('gAAAAA') and token['project_id']


def test_catalog_and_tokens(v3, site):
    (entry,) = v3.show('catalog list')
    assert entry['Type'] == 'identity' and {each['url'] for each in entry['Endpoints']} == {site.url, site.admin_url}
    assert v3.show('catalog show identity')['name'] == 'keystone'
    token = v3.show('token issue')['id']
    v3(f'token revoke {token}')
    v3(f'token revoke {token}', fails=True)


def test_domains_and_projects(v3):
    domain = v3.show('domain create --description d shop')
    assert v3.show('domain show shop')['id'] == domain['id'] and len(v3.show('domain list')) == 2
    v3('domain set --name store shop')
    project = v3.show('project create --domain store --description p --tag t1 --property k=v web')
    assert project['k'] == 'v' and project['tags'] == ['t1']
    child = v3.show('project create --domain store --parent web front')
    assert {each['Name'] for each in v3.show('project list --domain store')} == {'front', 'web'}
    assert v3.show('project show --domain store --children web')['subtree'] == {child['id']: None}
    v3('project set --domain store --tag t2 --description q web')
    assert v3.show('project show --domain store web')['tags'] == ['t1', 't2']
    assert [each['Name'] for each in v3.show('project list --tags t2')] == ['web']
    v3('project delete --domain store web', fails=True)
    v3('project delete --domain store front')
    v3('project delete --domain store web')
    v3('domain delete store', fails=True)
    v3('domain set --disable store')
    v3('domain delete store')


def test_users_groups_roles_and_assignments(v3, site):
    v3('project create lab')
    user = v3.show('user create --project lab --password pw --email a@b ann')
    assert user['email'] == 'a@b' and v3.show('user show ann')['id'] == user['id']
    v3('group create team')
    v3('group add user team ann')
    assert 'ann in group team' in v3('group contains user team ann')
    assert [each['Name'] for each in v3.show('user list --group team')] == ['ann']
    v3('role create --description d cook')
    v3('role add --group team --project lab cook')
    v3('role add --user ann --project lab member')
    v3('role add --user ann --system all reader')
    v3('role add --user ann --domain Default --inherited reader')
    v3('implied role create cook --implied-role reader')
    assert 'cook' in [each['Prior Role Name'] for each in v3.show('implied role list')]
    rows = v3.show('role assignment list --names --effective --user ann --project lab')
    assert {each['Role'] for each in rows} == {'cook', 'member', 'reader'}
    rows = v3.show('role assignment list --names --user ann')
    assert {(each['Role'], each['Project'], each['Domain'], each['System'], each['Inherited']) for each in rows} == {
        ('member', 'lab@Default', '', '', False), ('reader', '', 'Default', '', True), ('reader', '', '', 'all', False)}
    mine = Command(site, OS_USERNAME='ann', OS_PASSWORD='pw', OS_PROJECT_NAME='lab', OS_IDENTITY_API_VERSION='3',
                   OS_USER_DOMAIN_ID='default', OS_PROJECT_DOMAIN_ID='default')
    assert mine.show('token issue')['user_id'] == user['id']
    assert 'lab' in [each['Name'] for each in mine.show('project list')]
    mine('user list', fails=True)
    mine('user password set --password new --original-password pw')
    mine('token issue', fails=True)
    mine.environment['OS_PASSWORD'] = 'new'
    assert mine.show('token issue')['id']
    v3('user set --disable ann')
    mine('token issue', fails=True)
    v3('role remove --user ann --project lab member')
    for line in ('user delete ann', 'group delete team', 'role delete cook', 'project delete lab', 'user show ann'):
        v3(line, fails=line.startswith('user show'))


def test_services_endpoints_regions_and_keys(v3):
    v3('service create --name nova --description c compute')
    v3('service set --disable nova')
    assert v3.show('service show nova')['enabled'] is False
    v3('service set --enable nova')
    v3('region create --description x north')
    v3('region set --parent-region RegionOne north')
    assert v3.show('region show north')['parent_region'] == 'RegionOne'
    endpoint = v3.show('endpoint create --region north compute public http://h/v2.1/%(project_id)s')
    project = v3.show('project show admin')['id']
    (entry,) = [each for each in v3.show('catalog list') if each['Type'] == 'compute']
    assert entry['Endpoints'][0]['url'] == f'http://h/v2.1/{project}'
    v3(f'endpoint set --url http://i {endpoint["id"]}')
    assert [each['URL'] for each in v3.show('endpoint list --service compute')] == ['http://i']
    v3('region delete north', fails=True)
    for line in (f'endpoint delete {endpoint["id"]}', 'region delete north', 'service delete nova'):
        v3(line)
    key = v3.show('ec2 credentials create')
    assert key['access'] in [each['Access'] for each in v3.show('ec2 credentials list')]
    v3(f'ec2 credentials delete {key["access"]}')


def test_the_command_in_its_v2_form(v2):
    """All 34 commands that it has for v2.0."""
    assert v2.show('token issue')['project_id'] and v2.show('catalog list')[0]['Type'] == 'identity'
    assert v2.show('catalog show identity')['name'] == 'keystone'
    v2('project create --description d --property a=b tenant')
    v2('project set --description e tenant')
    v2('project unset --property a tenant')
    assert v2.show('project show tenant')['description'] == 'e'
    assert 'tenant' in [each['Name'] for each in v2.show('project list')]
    v2('user create --project tenant --password x --email e@x bob')
    assert [each['Name'] for each in v2.show('user list --project tenant')] == ['bob']
    v2('user set --email f@x --password y bob')
    v2('user set --disable bob')
    assert v2.show('user show bob')['email'] == 'f@x'
    v2('role create helper')
    assert v2.show('role show helper')['id'] in [each['ID'] for each in v2.show('role list')]
    v2('role add --project tenant --user bob helper')
    rows = v2.show('role assignment list --project tenant --user bob --names')
    assert 'helper' in [each['Role'] for each in rows]
    v2('role remove --project tenant --user bob helper')
    assert v2.show('role assignment list --project tenant --user bob') == []
    v2('service create --name glance image')
    assert v2.show('service show glance')['id'] in [each['ID'] for each in v2.show('service list')]
    endpoint = v2.show('endpoint create --region RegionOne --publicurl http://a --internalurl http://b '
                       '--adminurl http://c glance')
    (listed,) = [each for each in v2.show('endpoint list --long') if each['ID'] == endpoint['id']]
    assert listed['PublicURL'] == 'http://a' and v2.show(f'endpoint show {endpoint["id"]}')['adminurl'] == 'http://c'
    key = v2.show('ec2 credentials create')
    assert key['access'] in [each['Access'] for each in v2.show('ec2 credentials list')]
    assert v2.show(f'ec2 credentials show {key["access"]}')['secret'] == key['secret']
    for line in (f'ec2 credentials delete {key["access"]}', f'endpoint delete {endpoint["id"]}',
                 'service delete glance', 'role delete helper', 'user delete bob', 'project delete tenant',
                 f'token revoke {v2.show("token issue")["id"]}'):
        v2(line)


def test_keystoneclient_v3(site):
    keystone = client_v3.Client(session=site.session())
    project = keystone.projects.create('kc3', 'default', description='d')
    user = keystone.users.create('kc3', domain='default', password='p', default_project=project)
    role = keystone.roles.find(name='member')
    keystone.roles.grant(role, user=user, project=project)
    assert keystone.roles.check(role, user=user, project=project)
    assert [each.id for each in keystone.projects.list(user=user)] == [project.id]
    token = site.session('kc3', 'p', 'kc3').get_token()
    data = keystone.tokens.get_token_data(token)['token']
    assert data['user']['id'] == user.id and [each['name'] for each in data['roles']] == ['member', 'reader']
    keystone.tokens.revoke_token(token)
    with pytest.raises(exceptions.NotFound):
        keystone.tokens.get_token_data(token)
    keystone.users.update(user, enabled=False)
    with pytest.raises(exceptions.Unauthorized):
        site.session('kc3', 'p', 'kc3').get_token()
    keystone.users.delete(user)
    keystone.projects.delete(project)


def test_keystoneclient_v2(site):
    auth = identity.V2Password(f'{site.url}/v2.0', username='admin', password='secret', tenant_name='admin')
    keystone = client_v2.Client(session=session.Session(auth), interface='admin')
    tenant = keystone.tenants.create('kc2', description='d')
    user = keystone.users.create('kc2', password='p', email='e', tenant_id=tenant.id)
    role = keystone.roles.create('kc2')
    keystone.roles.add_user_role(user, role, tenant)
    assert {each.name for each in keystone.roles.roles_for_user(user, tenant)} == {'_member_', 'kc2'}
    own = identity.V2Password(f'{site.url}/v2.0', username='kc2', password='p', tenant_name='kc2')
    token = session.Session(own).get_token()
    assert keystone.tokens.validate(token).user['id'] == user.id
    mine = client_v2.Client(session=session.Session(own), endpoint_override=f'{site.url}/v2.0')
    assert [each.name for each in mine.tenants.list()] == ['kc2']
    keystone.users.update_password(user, 'q')
    with pytest.raises(exceptions.NotFound):
        keystone.tokens.get_token_data(token)
    keystone.users.delete(user)
    keystone.tenants.delete(tenant)
    keystone.roles.delete(role)


def test_the_sdk(site):
    cloud = openstack.connection.Connection(session=site.session(), region_name='RegionOne')
    project = cloud.identity.create_project(name='sdk', description='d')
    assert cloud.identity.find_project('sdk').id == project.id and cloud.identity.find_user('nobody') is None
    assert {role.name for role in cloud.identity.roles()} >= {'admin', 'manager', 'member', 'reader', 'service'}
    cloud.identity.delete_project(project)


def test_the_sdk_in_its_v2_form(site):
    cloud = openstack.connection.Connection(
        session=session.Session(identity.V2Password(f'{site.url}/v2.0', 'admin', 'secret', tenant_name='admin')),
        identity_api_version='2', identity_endpoint_override=f'{site.admin_url}/v2.0').identity
    assert cloud.get_extension('OS-KSADM').name and 'OS-EC2' in [each.alias for each in cloud.extensions()]
    role, tenant = cloud.create_role(name='sdk2'), cloud.create_tenant(name='sdk2', description='d')
    user = cloud.create_user(name='sdk2', email='e', is_enabled=True)
    assert cloud.update_user(user, email='f').email == 'f' and cloud.find_user('sdk2').id == user.id
    assert cloud.update_tenant(tenant, description='e').description == 'e'
    for found, made in ((cloud.find_tenant('sdk2'), tenant), (cloud.find_role('sdk2'), role)):
        assert found.id == made.id
    cloud.delete_user(user)
    cloud.delete_tenant(tenant)
    cloud.delete_role(role)


def test_the_admin_port_and_health(site):
    assert requests.get(f'{site.admin_url}/healthcheck', timeout=5).text == 'OK'
    answer = requests.get(f'{site.admin_url}/v2.0/extensions', timeout=5).json()
    assert answer['extensions']['values'][0]['alias'] == 'OS-KSADM'
    assert requests.post(f'{site.url}/v3/auth/tokens', data=b'x' * 200000, timeout=5,
                         headers={'Content-Type': 'application/json'}).status_code == 413


def test_keys_may_be_rotated_under_a_running_daemon(site):
    old = site.session()
    before = old.get_token()
    site.manage('fernet_rotate')
    time.sleep(1.1)
    after = site.session().get_token()
    for token in (before, after):
        answer = requests.get(f'{site.url}/v3/auth/tokens', timeout=5,
                              headers={'X-Auth-Token': after, 'X-Subject-Token': token})
        assert answer.status_code == 200


def test_a_revocation_reaches_every_worker_within_the_interval(tmp_path):
    site = Site(tmp_path, workers=2).start()
    try:
        admin, victim = site.session().get_token(), site.session().get_token()
        headers = {'X-Auth-Token': admin, 'X-Subject-Token': victim}

        def status():
            # A connection each time, so that either worker may take it.
            return requests.get(f'{site.url}/v3/auth/tokens', headers=headers, timeout=5).status_code
        assert {status() for _ in range(40)} == {200}
        assert requests.delete(f'{site.url}/v3/auth/tokens', headers=headers, timeout=5).status_code == 204
        time.sleep(1.2)
        assert {status() for _ in range(40)} == {404}
    finally:
        assert site.daemon.terminate() == 0
