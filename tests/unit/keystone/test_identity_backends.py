"""Users of directories beside users in SQL: their public ids, grants in SQL, and each domain its own backend."""
import pathlib
import subprocess
import sys

import pytest

from essex import db
from essex.exception import ConfigError, Forbidden
from keystone.api import loaded
from keystone.assignment.grants import Grant
from keystone.db import id_mappings
from keystone.db.records import Hints
from keystone.identity.public_ids import public_id
from keystone.managers import Managers
from tests.fixtures import directory as fixture
from tests.unit.keystone.conftest import PASSWORD, Api

ROOT = pathlib.Path(__file__).parents[3]
LDAP = {'url': None, 'suffix': fixture.SUFFIX, 'user': fixture.ADMIN, 'password': fixture.PASSWORD}


@pytest.fixture
def people(slapd):
    """alice, in the group devs, and bob in the directory."""
    alice = slapd.add_user('alice', 'alice-password', mail='a@x')
    slapd.add_user('bob', 'bob-password')
    slapd.add_group('devs', alice)
    return slapd


def ini(slapd, **more):
    """The text of a domain's configuration."""
    values = {**LDAP, 'url': slapd.url, **more}
    return '[identity]\ndriver = ldap\n[ldap]\n' + ''.join(f'{name} = {value}\n' for name, value in values.items())


@pytest.fixture
def restart(cloud):
    """restart() -> the cloud over managers made anew, as by a restart of the daemon."""
    def call():
        loaded.reset()
        cloud.managers = loaded.managers()
        return cloud
    return call


@pytest.fixture
def corp(cloud, people, conf, tmp_path, restart):
    """The domain corp, whose users are in the directory; returns its id."""
    domain = cloud.managers.domains.create_domain({'name': 'corp'})
    (tmp_path / 'domains').mkdir()
    (tmp_path / 'domains' / 'keystone.corp.conf').write_text(ini(people))
    (tmp_path / 'domains' / 'keystone.nowhere.conf').write_text(ini(people))
    conf.set('domain_config_dir', str(tmp_path / 'domains'), 'identity')
    conf.set('domain_specific_drivers_enabled', True, 'identity')
    restart()
    return domain['id']


def log_in(api, name, password, domain, **scope):
    user = {'name': name, 'password': password, 'domain': domain}
    return api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['password'], 'password': {'user': user}},
                                                    **scope}})


class TestDomain:

    @pytest.fixture
    def api(self, corp, cloud):
        return Api(cloud)

    def call(self, api, cloud, method, path, body=None):
        return api(method, f'/v3{path}', body, token=cloud.token(cloud.admin, cloud.admin_project))

    def test_log_in_with_a_grant_in_sql(self, api, cloud, corp):
        alice = public_id(corp, 'user', 'alice')
        answer = log_in(api, 'alice', 'alice-password', {'name': 'corp'})
        assert answer.status_int == 201 and answer.json['token']['user']['id'] == alice
        scope = {'scope': {'project': {'id': cloud.project['id']}}}
        assert log_in(api, 'alice', 'alice-password', {'id': corp}, **scope).status_int == 401
        cloud.managers.grants.add(Grant('user', alice, 'project', cloud.project['id']), cloud.roles['member'])
        token = log_in(api, 'alice', 'alice-password', {'id': corp}, **scope)
        assert token.status_int == 201 and token.json['token']['user']['domain'] == {'id': corp, 'name': 'corp'}
        subject = token.headers['X-Subject-Token']
        shown = api('GET', '/v3/auth/tokens', token=subject, subject=subject).json['token']
        assert shown['user']['name'] == 'alice' and shown['roles'] == token.json['token']['roles']
        for name, password in (('alice', 'wrong'), ('alice', ''), ('none', 'x'), ('bob', 'alice-password')):
            assert log_in(api, name, password, {'id': corp}).status_int == 401
        assert log_in(api, 'owner', PASSWORD, {'id': 'default'}).status_int == 201
        assert log_in(api, 'owner', PASSWORD, {'id': corp}).status_int == 401
        assert log_in(api, 'alice', 'alice-password', {'id': 'default'}).status_int == 401

    def test_a_grant_to_a_group_of_the_directory(self, api, cloud, corp, people):
        group = public_id(corp, 'group', 'devs')
        alice = public_id(corp, 'user', 'alice')
        self.call(api, cloud, 'GET', f'/groups?domain_id={corp}')
        path = f'/projects/{cloud.project["id"]}/groups/{group}/roles/{cloud.roles["member"]}'
        assert self.call(api, cloud, 'PUT', path).status_int == 204
        scope = {'scope': {'project': {'id': cloud.project['id']}}}
        assert log_in(api, 'alice', 'alice-password', {'id': corp}, **scope).status_int == 201
        assert log_in(api, 'bob', 'bob-password', {'id': corp}, **scope).status_int == 401
        unscoped = log_in(api, 'alice', 'alice-password', {'id': corp}).headers['X-Subject-Token']
        found = api('GET', '/v3/auth/projects', token=unscoped).json['projects']
        assert [each['id'] for each in found] == [cloud.project['id']]
        listing = self.call(api, cloud, 'GET', f'/role_assignments?effective&include_names&user.id={alice}').json
        assert {each['role']['name'] for each in listing['role_assignments']} == {'member', 'reader'}
        assert {each['user']['name'] for each in listing['role_assignments']} == {'alice'}
        stored = self.call(api, cloud, 'GET', f'/role_assignments?include_names&group.id={group}').json
        assert stored['role_assignments'][0]['group'] == {'id': group, 'name': 'devs',
                                                          'domain': {'id': corp, 'name': 'corp'}}

    def test_users_and_groups(self, api, cloud, corp):
        users = self.call(api, cloud, 'GET', f'/users?domain_id={corp}').json['users']
        assert sorted(user['name'] for user in users) == ['alice', 'bob']
        alice = next(user for user in users if user['name'] == 'alice')
        path = f'/users/{alice["id"]}'
        shown = self.call(api, cloud, 'GET', path).json['user']
        assert shown == alice and set(shown) == {'id', 'name', 'domain_id', 'email', 'enabled', 'options',
                                                 'password_expires_at', 'links'}
        (group,) = self.call(api, cloud, 'GET', f'{path}/groups').json['groups']
        assert set(group) == {'id', 'name', 'domain_id', 'description', 'membership_expires_at', 'links'}
        members = self.call(api, cloud, 'GET', f'/groups/{group["id"]}/users').json['users']
        assert [user['id'] for user in members] == [alice['id']]
        assert self.call(api, cloud, 'HEAD', f'/groups/{group["id"]}/users/{alice["id"]}').status_int == 204
        assert self.call(api, cloud, 'GET', f'/users?domain_id={corp}&name=alice').json['users'] == [alice]
        page = self.call(api, cloud, 'GET', f'/users?domain_id={corp}&limit=1').json
        assert len(page['users']) == 1 and page['links']['next']

    def test_changes_are_refused(self, api, cloud, corp):
        alice, devs = public_id(corp, 'user', 'alice'), public_id(corp, 'group', 'devs')
        self.call(api, cloud, 'GET', f'/users?domain_id={corp}')
        self.call(api, cloud, 'GET', f'/groups?domain_id={corp}')
        for method, path, body in (
                ('POST', '/users', {'user': {'name': 'x', 'domain_id': corp}}), ('DELETE', f'/users/{alice}', None),
                ('PATCH', f'/users/{alice}', {'user': {'description': 'x'}}), ('DELETE', f'/groups/{devs}', None),
                ('PATCH', f'/groups/{devs}', {'group': {'description': 'x'}}),
                ('PUT', f'/groups/{devs}/users/{cloud.owner["id"]}', None),
                ('POST', '/groups', {'group': {'name': 'x', 'domain_id': corp}})):
            assert self.call(api, cloud, method, path, body).status_int == 403, (method, path)
        assert self.call(api, cloud, 'POST', '/users', {'user': {'name': 'x', 'password': 'y'}}).status_int == 201
        change = {'user': {'original_password': 'alice-password', 'password': 'n'}}
        assert api('POST', f'/v3/users/{alice}/password', change).status_int == 403

    def test_a_list_is_one_domains(self, api, cloud, corp):
        names = [user['name'] for user in self.call(api, cloud, 'GET', '/users').json['users']]
        assert 'owner' in names and 'alice' not in names
        cloud.grant(cloud.admin, 'admin')
        system = cloud.token(cloud.admin, system=True)
        assert api('GET', '/v3/users', token=system).status_int == 401
        assert api('GET', '/v3/groups', token=system).status_int == 401
        assert len(api('GET', f'/v3/users?domain_id={corp}', token=system).json['users']) == 2

    def test_a_token_ends_with_its_domain_or_its_user(self, api, cloud, corp, people, conf):
        token = log_in(api, 'alice', 'alice-password', {'id': corp}).headers['X-Subject-Token']
        cloud.managers.tokens.cache.clear()
        assert api('GET', '/v3/auth/projects', token=token).status_int == 200
        with people.connect() as connection:
            connection.delete_s(f'cn=alice,ou=Users,{fixture.SUFFIX}')
        cloud.managers.tokens.cache.clear()
        # Remembered for cache_time.
        assert api('GET', '/v3/auth/projects', token=token).status_int == 200
        conf.set('cache_time', 0, 'identity')
        cloud.managers.tokens.cache.clear()
        assert api('GET', '/v3/auth/projects', token=token).status_int == 401
        cloud.managers.domains.update_domain(corp, {'enabled': False})
        assert log_in(api, 'bob', 'bob-password', {'id': corp}).status_int == 401
        cloud.managers.domains.delete_domain(corp)
        with db.reader() as session:
            assert id_mappings.public(session, corp, 'user', ['alice', 'bob']) == {}

    def test_the_directory_is_away(self, api, cloud, corp, people):
        people.stop()
        try:
            answer = log_in(api, 'alice', 'alice-password', {'id': corp})
            assert answer.status_int == 503 and 'directory' in answer.json['error']['message']
            assert log_in(api, 'owner', PASSWORD, {'id': 'default'}).status_int == 201
        finally:
            people.start()

    def test_a_remembered_token_costs_no_search(self, api, cloud, corp, people):
        token = log_in(api, 'alice', 'alice-password', {'id': corp}).headers['X-Subject-Token']
        people.stop()
        try:
            assert api('GET', '/v3/auth/tokens', token=token, subject=token).status_int == 200
        finally:
            people.start()


def test_configurations_from_the_database(cloud, people, conf, restart):
    conf.set('domain_specific_drivers_enabled', True, 'identity')
    conf.set('domain_configurations_from_database', True, 'identity')
    managers = restart().managers
    domain = managers.domains.create_domain({'name': 'corp'})
    assert managers.identity.list_users(Hints().add('domain_id', domain['id'])) == []
    options = {**LDAP, 'url': people.url, 'page_size': 3, 'use_pool': True}
    managers.domain_config.replace(domain['id'], {'identity': {'driver': 'ldap'}, 'ldap': options})
    found = managers.identity.list_users(Hints().add('domain_id', domain['id']))
    assert sorted(user['name'] for user in found) == ['alice', 'bob']
    # Another process sees it too, and a change takes effect.
    assert Managers().identity.get_user(found[0]['id'])['name'] == found[0]['name']
    managers.domain_config.update(domain['id'], {'ldap': {'user_filter': '(sn=bob)'}})
    found = managers.identity.list_users(Hints().add('domain_id', domain['id']))
    assert [user['name'] for user in found] == ['bob']
    managers.domain_config.delete(domain['id'])
    assert managers.identity.list_users(Hints().add('domain_id', domain['id'])) == []


class TestDefaultDomain:
    """The directory is the backend of `[identity] driver`."""

    @pytest.fixture(autouse=True)
    def directory(self, cloud, people, conf):
        for name, value in {**LDAP, 'url': people.url, 'user_allow_create': True, 'user_allow_update': True,
                            'user_allow_delete': True}.items():
            conf.set(name, value, 'ldap')
        conf.set('driver', 'keystone.identity.backends.ldap.Identity', 'identity')

    def test_ids_stay_as_they_are(self, restart, conf, people):
        cloud = restart()
        identity = cloud.managers.identity
        user = identity.authenticate('alice-password', name='alice', domain_id='default')
        assert user['id'] == 'alice' and identity.get_user('alice')['domain_id'] == 'default'
        cloud.managers.grants.add(Grant('user', 'alice', 'project', cloud.project['id']), cloud.roles['member'])
        token = cloud.issue(user, {'project': {'id': cloud.project['id']}}, 'alice-password')
        assert cloud.managers.tokens.validate(token.id).roles
        made = identity.create_user({'name': 'carol', 'domain_id': 'default', 'password': 'p'})
        assert identity.authenticate('p', user_id=made['id'])['name'] == 'carol'
        identity.update_user(made['id'], {'password': 'q', 'description': 'd'})
        assert identity.authenticate('q', user_id=made['id'])['description'] == 'd'
        identity.delete_user(made['id'])
        assert people.entry(f'cn=alice,ou=Users,{fixture.SUFFIX}')['sn'] == ['alice']

    def test_or_become_public_ones(self, restart, conf):
        conf.set('backward_compatible_ids', False, 'identity_mapping')
        cloud = restart()
        identity = cloud.managers.identity
        user = identity.user_by_name('alice', 'default')
        assert user['id'] == public_id('default', 'user', 'alice') and identity.driver.full_user('alice') is None
        made = identity.create_user({'name': 'carol', 'domain_id': 'default', 'password': 'p'})
        assert identity.authenticate('p', user_id=made['id'])['name'] == 'carol'
        identity.delete_user(made['id'])
        assert identity.driver.full_user(made['id']) is None

    def test_no_transaction_waits_for_the_directory(self, restart, conf, people, monkeypatch):
        conf.set('backward_compatible_ids', False, 'identity_mapping')
        for name in ('create', 'update', 'delete'):
            conf.set(f'group_allow_{name}', True, 'ldap')
        conf.set('use_dumb_member', True, 'ldap')
        managers = restart().managers
        identity, groups, directory = managers.identity, managers.groups, managers.identity.driver.default.directory
        change, waited = directory.change, []

        def watched(work):
            waited.append(getattr(sys.modules['essex.db.engine']._local, 'session', None) is not None)
            return change(work)
        monkeypatch.setattr(directory, 'change', watched)
        made = identity.create_user({'name': 'carol', 'domain_id': 'default', 'password': 'p'})
        group = groups.create_group({'name': 'crew', 'domain_id': 'default'})
        groups.add_member(made['id'], group['id'])
        groups.check_member(made['id'], group['id'])
        groups.remove_member(made['id'], group['id'])
        identity.update_user(made['id'], {'password': 'q', 'description': 'd'})
        groups.update_group(group['id'], {'description': 'd'})
        # The directory is changed, the database is not: told, and the same call again does the rest.
        with monkeypatch.context() as away:
            away.setattr(managers.changes, 'announce', lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                identity.update_user(made['id'], {'description': 'e'})
        assert identity.update_user(made['id'], {'description': 'e'})['description'] == 'e'
        groups.delete_group(group['id'])
        identity.delete_user(made['id'])
        assert len(waited) >= 9 and not any(waited)
        # What the directory refuses leaves no id behind.
        conf.set('user_allow_create', False, 'ldap')
        with pytest.raises(Forbidden):
            identity.create_user({'id': 'dora', 'name': 'dora', 'domain_id': 'default'})
        with db.reader() as session:
            assert id_mappings.local(session, 'dora', 'user') is None

    def test_other_domains_are_in_sql(self, restart):
        managers = restart().managers
        domain = managers.domains.create_domain({'name': 'other'})
        made = managers.identity.create_user({'name': 'sam', 'domain_id': domain['id'], 'password': 'p'})
        assert managers.identity.authenticate('p', name='sam', domain_name='other')['id'] == made['id']
        managers.identity.update_user(made['id'], {'password': 'q'})
        assert managers.identity.authenticate('q', user_id=made['id'])
        assert managers.identity.user_by_name('alice', 'default')['id'] == 'alice'


def test_kvs_holds_a_whole_cloud(cloud, conf, restart):
    conf.set('driver', 'kvs', 'identity')
    cloud = restart()
    user = cloud.new_user('memory', cloud.project)
    assert cloud.managers.tokens.validate(cloud.issue(user, {'project': {'id': cloud.project['id']}}).id).roles
    assert [each['name'] for each in cloud.managers.identity.list_users(Hints())] == ['memory']
    cloud.managers.identity.delete_user(user['id'])


def test_a_wrong_driver_stops_the_start(cloud, conf, restart):
    conf.set('driver', 'nothing', 'identity')
    with pytest.raises(ConfigError, match='kvs, ldap, pam, sql'):
        restart()


@pytest.mark.parametrize('group,provider', [('identity', 'fernet'), ('catalog', 'fernet'), ('ec2', 'fernet'),
                                            ('token', 'uuid')])
def test_one_memory_cannot_be_several_processes(cloud, conf, restart, group, provider):
    conf.set('provider', provider, 'token')
    conf.set('driver', 'kvs', group)
    conf.set('workers', 2)
    with pytest.raises(ConfigError, match='workers = 1'):
        restart()


class TestCommands:
    """keystone-manage's."""

    @pytest.fixture
    def manage(self, corp, cloud, conf, tmp_path, capsys):
        (tmp_path / 'keystone.conf').write_text(
            f'[database]\nconnection = sqlite:///{tmp_path}/keystone.sqlite\n[identity]\ndriver = sql\n'
            f'domain_specific_drivers_enabled = true\ndomain_config_dir = {tmp_path}/domains\n'
            f'[fernet_tokens]\nkey_repository = {tmp_path}/fernet-keys\n'
            f'[credential]\nkey_repository = {tmp_path}/credential-keys\n')

        def call(*arguments):
            return subprocess.run([sys.executable, str(ROOT / 'bin' / 'keystone-manage'), '--config-file',
                                   str(tmp_path / 'keystone.conf'), *arguments], capture_output=True, text=True,
                                  check=False, timeout=60, env={'PYTHONPATH': str(ROOT), 'PATH': '/usr/bin:/bin'})
        return call

    def test_public_ids(self, manage, corp):
        assert 'give --all alone' in manage('mapping_purge').stderr
        assert '2 users and 1 groups' in manage('mapping_populate', '--domain-name', 'corp').stdout
        assert 'needs --domain-name' in manage('mapping_purge', '--local-id', 'alice').stderr
        for count, arguments in ((1, ('--domain-name', 'corp', '--local-id', 'alice', '--type', 'user')),
                                 (1, ('--public-id', public_id(corp, 'user', 'bob'))), (1, ('--all',)),
                                 (0, ('--all',))):
            assert manage('mapping_purge', *arguments).stdout == f'{count} public ids forgotten\n'
        assert manage('mapping_populate', '--domain-name', 'none').returncode == 1

    def test_upload(self, manage, cloud, corp, people):
        answer = manage('domain_config_upload', '--all')
        assert answer.returncode == 1 and 'stored for domain corp' in answer.stdout and 'nowhere' in answer.stdout
        assert cloud.managers.domain_config.options(corp)['ldap']['password'] == fixture.PASSWORD
        assert 'left as it is' in manage('domain_config_upload', '--domain-name', 'corp').stdout
        assert manage('domain_config_upload').returncode == 1
        assert manage('domain_config_upload', '--domain-name', 'none').returncode == 1
