"""keystone-manage import_legacy and export_legacy_catalog with the database of an Essex Keystone, 2012.1."""
import datetime
import json
import sqlite3

import pytest
from passlib.hash import sha512_crypt

from keystone.api import loaded
from keystone.cmd import manage
from keystone.db.records import Hints
from tests.unit.keystone.conftest import Api

ESSEX = """
create table user (id varchar(64) primary key, name varchar(64) unique, extra text);
create table tenant (id varchar(64) primary key, name varchar(64) unique, extra text);
create table role (id varchar(64) primary key, name varchar(64) unique);
create table metadata (user_id varchar(64), tenant_id varchar(64), data text, primary key (user_id, tenant_id));
create table user_tenant_membership (user_id varchar(64), tenant_id varchar(64), primary key (user_id, tenant_id));
create table token (id varchar(64) primary key, expires datetime, extra text);
create table service (id varchar(64) primary key, type varchar(255), extra text);
create table endpoint (id varchar(64) primary key, region varchar(255), service_id varchar(64), extra text);
create table ec2_credential (access varchar(64) primary key, secret varchar(64), user_id varchar(64),
                             tenant_id varchar(64));
create table migrate_version (repository_id varchar(250) primary key, repository_path text, version integer);
"""
JOE, ANN, LAB, ROLE, TOKEN, NOVA, ENDPOINT = (letter * 32 for letter in 'abcdef0')
URLS = {'publicurl': 'http://h/v1.1/$(tenant_id)s', 'internalurl': 'http://i', 'adminurl': 'http://a'}


@pytest.fixture
def old(tmp_path):
    """The URL of such a database."""
    later = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(hours=1)
    password = sha512_crypt.using(rounds=5000).hash('word')
    token = {'user': {'id': JOE}, 'tenant': {'id': LAB}, 'metadata': {'roles': [ROLE]}}
    tables = {
        'tenant': [(LAB, 'lab', {'description': 'A lab', 'enabled': True}), ('1' * 32, 'closed', {'enabled': False})],
        'user': [(JOE, 'joe', {'password': password, 'email': 'j@x', 'enabled': True, 'tenantId': LAB}),
                 (ANN, 'ann', {'password': password, 'enabled': False, 'tenantId': None})],
        'role': [(ROLE, 'netadmin'), ('2' * 32, 'member')],
        'metadata': [(JOE, LAB, {'roles': [ROLE, 'gone']})], 'user_tenant_membership': [(JOE, LAB), (ANN, LAB)],
        'token': [(TOKEN, str(later), token), ('3' * 32, '2012-04-05 00:00:00', token)],
        'service': [(NOVA, 'compute', {'name': 'nova', 'description': 'C'})],
        'endpoint': [(ENDPOINT, 'R', NOVA, URLS), ('4' * 32, 'R', NOVA, {**URLS, 'publicurl': 'http://$(odd)s'})],
        'ec2_credential': [('key', 'secret', JOE, LAB)]}
    with sqlite3.connect(tmp_path / 'old.sqlite') as connection:
        connection.executescript(ESSEX)
        for table, rows in tables.items():
            for row in rows:
                values = [json.dumps(value) if isinstance(value, dict) else value for value in row]
                connection.execute(f'insert into {table} values ({", ".join("?" * len(row))})', values)
    return f'sqlite:///{tmp_path}/old.sqlite'


@pytest.fixture
def run(cloud, capsys, monkeypatch):
    """run('import_legacy', URL) -> the lines it prints."""
    monkeypatch.setattr(manage.config, 'load', lambda *arguments, **more: None)

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            manage.main([*arguments])
        told = capsys.readouterr()
        assert ended.value.code == 0, told.err
        return told.out.splitlines()
    return call


def test_everything_is_brought_in_and_can_be_again(run, old, cloud, conf):
    conf.set('provider', 'uuid', 'token')
    assert run('import_legacy', old) == [
        '1 EC2 key pairs', '1 endpoints', '1 endpoints with a URL that asks for what is not there left out',
        '2 grants', '1 grants of what is not there left out', '1 roles', '1 services', '2 tenants', '1 tokens',
        '1 tokens left out', '2 users']
    loaded.reset()
    api, managers = Api(cloud), loaded.managers()
    body = {'auth': {'passwordCredentials': {'username': 'joe', 'password': 'word'}, 'tenantName': 'lab'}}
    access = api('POST', '/v2.0/tokens', body).json['access']
    assert access['user']['id'] == JOE and access['token']['tenant'] == {
        'id': LAB, 'name': 'lab', 'description': 'A lab', 'enabled': True}
    assert access['user']['roles'] == [{'id': ROLE, 'name': 'netadmin'}]
    (compute,) = [each for each in access['serviceCatalog'] if each['type'] == 'compute']
    assert compute['name'] == 'nova' and compute['endpoints'][0]['publicURL'] == f'http://h/v1.1/{LAB}'
    users = {name: managers.identity.user_by_name(name, 'default') for name in ('joe', 'ann')}
    assert users['joe']['email'] == 'j@x' and users['joe']['default_project_id'] == LAB and not users['ann']['enabled']
    assert not managers.resource.list_projects(Hints().add('name', 'closed'))[0]['enabled']
    assert managers.ec2.find('key')['secret'] == 'secret' and ENDPOINT in managers.endpoint_templates.list()
    assert managers.tokens.validate(TOKEN).project['name'] == 'lab'
    again = run('import_legacy', old)
    assert not [line for line in again if line.endswith((' users', ' tenants', ' services', ' endpoints', ' roles'))]
    loaded.reset()
    assert len(loaded.managers().catalog.list_services(Hints().add('type', 'compute'))) == 1


def test_its_catalog_as_a_file(run, old):
    assert run('export_legacy_catalog', old)[:4] == [
        'catalog.R.compute.name = nova', 'catalog.R.compute.publicURL = http://h/v1.1/$(tenant_id)s',
        'catalog.R.compute.internalURL = http://i', 'catalog.R.compute.adminURL = http://a']
