"""keystone-manage: what earlier identity services knew, signed and kept tokens, and the command line itself."""
import datetime
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from passlib.hash import sha512_crypt

from keystone.api import loaded
from keystone.cmd import manage
from keystone.db.records import Hints
from tests.unit.keystone.conftest import Api
from tests.unit.keystone.test_manage import CONFIG

DIABLO = """
create table tenants (id integer primary key, uid varchar, name varchar, desc varchar, enabled integer);
create table users (id integer primary key, uid varchar, name varchar, password varchar, email varchar,
                    enabled integer, tenant_id integer);
create table roles (id integer primary key, name varchar, desc varchar, service_id integer);
create table user_roles (id integer primary key, user_id integer, role_id integer, tenant_id integer);
create table token (id varchar primary key, user_id integer, tenant_id integer, expires datetime);
create table credentials (id integer primary key, user_id integer, tenant_id integer, type varchar, key varchar,
                          secret varchar);
create table services (id integer primary key, name varchar, type varchar, desc varchar);
create table endpoint_templates (id integer primary key, region varchar, service_id integer, public_url varchar,
                                 admin_url varchar, internal_url varchar, enabled integer, is_global integer);
"""
UID, TOKEN = 'a' * 32, 'b' * 32


@pytest.fixture
def old(tmp_path):
    """The URL of a Diablo database."""
    later = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(hours=1)
    with sqlite3.connect(tmp_path / 'old.sqlite') as connection:
        connection.executescript(DIABLO)
        for table, rows in {
                'tenants': [(1, UID, 'demo', 'Of demo', 1), (2, None, 'old', None, 0)],
                'users': [(1, 'c' * 32, 'joe', sha512_crypt.using(rounds=5000).hash('word'), 'j@x', 1, 1),
                          (2, None, 'owner', 'x', None, 1, None)],
                'roles': [(1, 'Admin', None, None), (2, 'member', None, None)],
                'user_roles': [(1, 1, 1, 1), (2, 1, 1, None)],
                'token': [(TOKEN, 1, 1, str(later)), ('old', 1, 1, '2011-01-01 00:00:00')],
                'credentials': [(1, 1, 1, 'EC2', 'key', 'secret'), (2, 1, 1, 'Password', 'x', 'y')],
                'services': [(1, 'nova', 'compute', None), (2, 'swift', 'object-store', None)],
                'endpoint_templates': [
                    (1, 'R', 1, 'http://h/v1.1/%tenant_id%', 'http://a', 'http://i', 1, 1),
                    (2, 'R', 2, 'http://h/v1/AUTH_%tenant_id%?a=100%', None, None, 1, 1)]}.items():
            for row in rows:
                connection.execute(f'insert into {table} values ({", ".join("?" * len(row))})', row)
    return f'sqlite:///{tmp_path}/old.sqlite'


@pytest.fixture
def run(cloud, tmp_path, capsys, monkeypatch):
    """run('import_legacy', URL) -> (status, output, errors), in this process, over the cloud's database."""
    monkeypatch.setattr(manage.config, 'load', lambda *arguments, **more: None)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            manage.main([*arguments])
        told = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 1, told.out, told.err if isinstance(code, int) else str(code))
    return call


def test_diablo_is_brought_in_and_can_be_again(run, old, cloud, conf):
    conf.set('provider', 'uuid', 'token')
    cloud.managers.resource.delete_project(cloud.project['id'])
    status, out, err = run('import_legacy', old)
    assert status == 0, err
    assert out.splitlines() == ['1 EC2 key pairs', '1 grants', '1 grants without tenant left out', '1 roles',
                                '2 tenants', '1 tokens', '1 tokens left out', '1 users']
    loaded.reset()
    api, managers = Api(cloud), loaded.managers()
    user = managers.identity.user_by_name('joe', 'default')
    assert user['id'] == 'c' * 32 and user['email'] == 'j@x'
    body = {'auth': {'passwordCredentials': {'username': 'joe', 'password': 'word'}, 'tenantName': 'demo'}}
    access = api('POST', '/v2.0/tokens', body).json['access']
    assert [role['name'] for role in access['user']['roles']] == ['Admin']
    assert managers.ec2.find('key')['secret'] == 'secret'
    assert managers.tokens.validate(TOKEN).project['name'] == 'demo'
    assert not managers.resource.list_projects(Hints().add('name', 'old'))[0]['enabled']
    assert '1 users' not in run('import_legacy', old)[1]


def test_a_catalog_of_diablo_becomes_a_file(run, old):
    status, out, _ = run('export_legacy_catalog', old)
    assert status == 0 and out.splitlines() == [
        'catalog.R.compute.name = nova', 'catalog.R.compute.publicURL = http://h/v1.1/$(tenant_id)s',
        'catalog.R.compute.internalURL = http://i', 'catalog.R.compute.adminURL = http://a',
        'catalog.R.object_store.name = swift',
        'catalog.R.object_store.publicURL = http://h/v1/AUTH_$(tenant_id)s?a=100%']
    from keystone.catalog.templated import parse
    assert parse(out, 'x')['R', 'object-store']['name'] == 'swift'


def test_what_is_no_such_database_is_said(run, tmp_path):
    for url in (f'sqlite:///{tmp_path}/none.sqlite', 'nonsense', 'mysql+pymysql://u:secret-word@127.0.0.1:1/x'):
        status, _, err = run('import_legacy', url)
        assert status == 1 and 'old database' in err and 'secret-word' not in err


def test_users_of_nova_are_brought_in(run, cloud, tmp_path):
    dump = {'users': [{'id': 'ann', 'name': 'ann', 'password': 'word'}, {'id': 'bob', 'name': 'bob', 'password': 'x'}],
            'tenants': [{'id': 'proj', 'name': 'proj', 'description': 'P'}, {'id': 'two', 'name': 'two'}],
            'roles': ['sysadmin'], 'user_tenant_list': [{'user_id': 'ann', 'tenant_id': 'proj'},
                                                        {'user_id': 'ann', 'tenant_id': 'two'}],
            'role_user_tenant_list': [{'role': 'sysadmin', 'user_id': 'ann', 'tenant_id': 'proj'}],
            'ec2_credentials': [{'user_id': 'ann', 'access_key': 'key', 'secret_key': 'secret'}]}
    (tmp_path / 'dump').write_text(json.dumps(dump), encoding='utf-8')
    status, out, err = run('import_nova_auth', str(tmp_path / 'dump'))
    assert status == 0 and '2 EC2 key pairs' in out and '2 users' in out, err
    loaded.reset()
    managers = loaded.managers()
    user = managers.identity.user_by_name('ann', 'default')
    assert len(user['id']) == 32 and managers.ec2.find('proj:key')['user_id'] == user['id']
    token = cloud.managers.auth.authenticate(
        {'methods': ['password'], 'password': {'user': {'name': 'ann', 'password': 'word'}}},
        {'project': {'name': 'proj'}})
    assert [role['name'] for role in token.roles] == ['sysadmin']
    assert run('import_nova_auth', str(tmp_path / 'dump'))[0] == 0
    for text in ('{', '{"users": [{}]}', '[]', '{"users": 7}'):
        (tmp_path / 'dump').write_text(text, encoding='utf-8')
        status, _, err = run('import_nova_auth', str(tmp_path / 'dump'))
        assert status == 1 and str(tmp_path) in err


def test_tokens_that_are_over_are_flushed(run, cloud, conf, monkeypatch):
    conf.set('provider', 'uuid', 'token')
    loaded.reset()
    cloud.managers = loaded.managers()
    cloud.token(cloud.owner, cloud.project)
    assert run('token_flush') == (0, '0 tokens removed\n', '')
    later = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(days=4)
    monkeypatch.setattr('keystone.token.stores.sql.db.utcnow', lambda: later)
    assert run('token_flush') == (0, '1 tokens removed\n', '')


def test_a_pair_of_keys_for_signed_tokens(run, tmp_path):
    status, out, _ = run('create_jws_keypair', '--key-directory', str(tmp_path))
    private, public = (tmp_path / f'{name}.pem' for name in ('private', 'public'))
    assert status == 0 and 'private.pem written' in out and private.stat().st_mode & 0o777 == 0o600
    assert private.read_text(encoding='utf-8').startswith('-----BEGIN PRIVATE KEY') and public.exists()
    before = private.read_bytes()
    status, _, err = run('create_jws_keypair', '--key-directory', str(tmp_path))
    assert status == 1 and '--force' in err and private.read_bytes() == before
    assert run('create_jws_keypair', '--key-directory', str(tmp_path), '--force')[0] == 0
    assert private.read_bytes() != before


def test_the_database_in_phases(run):
    assert run('db_sync', '--check') == (0, 'the database is up to date\n', '')
    assert run('db_sync', '--expand')[0] == 0
    for phase in ('--migrate', '--contract'):
        status, out, _ = run('db_sync', phase)
        assert status == 0 and out.startswith('nothing to do')
    assert run('db_sync', '--check', '--expand')[0] == 1


def test_token_keys_under_their_other_names(run, cloud):
    assert 'left as they are' in run('token_setup')[1] and 'primary is 2' in run('token_rotate')[1]


def test_what_is_gone_or_unknown_is_said_with_status_1(run):
    status, _, err = run('pki_setup')
    assert status == 1 and 'fernet_setup' in err and 'certificate authority' in run('ssl_setup')[2]
    status, _, err = run('nonsense')
    assert status == 1 and 'nonsense' in err and 'usage' in err
    status, out, _ = run()
    assert status == 1 and 'usage' in out


def test_an_empty_database_and_the_flags_of_essex(tmp_path):
    (tmp_path / 'keystone.conf').write_text(CONFIG.format(path=tmp_path), encoding='utf-8')
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

    def call(*arguments):
        return subprocess.run([sys.executable, f'{root}/bin/keystone-manage', '--config-file',
                               str(tmp_path / 'keystone.conf'), *arguments], capture_output=True, text=True,
                              check=False, env={'PYTHONPATH': root, 'PATH': '/usr/bin:/bin'}, timeout=60)
    done = call('-d', '-v', '--log-file', 'log', '--log-dir', str(tmp_path), '--log-format', 'X %(message)s',
                '--log-date-format', '%H', '--syslog-log-facility', 'LOG_LOCAL0', 'db_sync', '--check')
    assert done.returncode == 2 and 'at version 0' in done.stdout, done.stderr
    assert call('db_sync', '--migrate').returncode == 1
    done = call('--syslog-log-facility', 'nonsense', 'db_version')
    assert done.returncode == 1 and 'nonsense' in done.stderr and 'Traceback' not in done.stderr
