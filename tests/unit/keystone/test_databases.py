"""The same behaviour on SQLite, PostgreSQL and MariaDB; the schema of the migrations is that of the models."""
import datetime
import time
import uuid

import pytest
import sqlalchemy

from essex import db
from essex.db import migration
from essex.exception import BadRequest, Conflict
from keystone.assignment.grants import Grant
from keystone.assignment.listing import Wanted
from keystone.db import models
from keystone.db.records import Hints
from keystone.exception import AuthFailed, NameConflict, TokenNotFound
from keystone.federation.exception import DuplicateRemoteId
from keystone.identity.id_mapping import IdMap
from keystone.token.stores.sql import SqlStore
from tests.unit.keystone.conftest import PASSWORD, Api, Cloud


@pytest.fixture
def cloud(url, start):
    """The cast on that database."""
    start(url)
    return Cloud()


def _type(kind):
    text = str(kind).split(' COLLATE')[0].split(' CHARACTER')[0]
    for alias, name in (('TINYINT', 'BOOLEAN'), ('MEDIUMTEXT', 'TEXT'), ('TIMESTAMP', 'DATETIME'),
                        ('INTEGER(11)', 'INTEGER'), ('BIGINT(20)', 'BIGINT')):
        text = name if text.startswith(alias) else text
    return text


def _described():
    inspector = sqlalchemy.inspect(db.engine())
    return {table: {
        'columns': {each['name']: (_type(each['type']), each['nullable']) for each in inspector.get_columns(table)},
        'key': inspector.get_pk_constraint(table)['constrained_columns'],
        'references': sorted((each['constrained_columns'], each['referred_table'],
                              each['options'].get('ondelete', 'NO ACTION').upper())
                             for each in inspector.get_foreign_keys(table)),
        'unique': sorted({tuple(each['column_names']) for each in inspector.get_unique_constraints(table)}),
        'indexes': sorted({(tuple(each['column_names']), bool(each['unique']))
                           for each in inspector.get_indexes(table)})}
        for table in inspector.get_table_names() if table != 'migrate_version'}


def test_migrations_make_what_the_models_say(start, url, request, tmp_path):
    start(url)
    assert migration.sync('keystone') == migration.version('keystone') == migration.newest('keystone')
    migrated = _described()
    if url is None:
        other = f'sqlite:///{tmp_path}/models.sqlite'
    else:
        kind = 'postgresql' if url.startswith('postgresql') else 'mariadb'
        other = request.getfixturevalue(kind).create_database(f'models_{uuid.uuid4().hex[:8]}')
    db.configure(other)
    models.Base.metadata.create_all(db.engine())
    assert migrated == _described()


def test_log_in_scope_and_revoke(cloud):
    with db.count_statements() as counter:
        token = cloud.issue(cloud.owner, {'project': {'name': 'demo', 'domain': {'name': 'Default'}}})
    assert counter.total <= 6
    assert cloud.managers.tokens.validate(token.id).roles == token.roles
    cloud.managers.identity.update_user(cloud.owner['id'], {'password': 'new'})
    with pytest.raises(TokenNotFound):
        cloud.managers.tokens.validate(token.id)
    assert cloud.managers.tokens.validate(cloud.issue(cloud.owner, password='new').id)


def test_tokens_are_kept_and_flushed(cloud):
    store, now = SqlStore(), time.time()
    for number in range(3):
        store.put(str(number) * 32, 'u' * 32, {'methods': ['ü'], 'end': now + 0.25}, now - 1 + number)
    assert store.get('0' * 32) is None and store.get('2' * 32) == {'methods': ['ü'], 'end': now + 0.25}
    assert store.flush() >= 1
    store.remove('2' * 32)
    assert store.get('2' * 32) is None


def test_names_are_unique_byte_by_byte_and_per_domain(cloud):
    cloud.new_user('Owner')
    cloud.new_user('öwner')
    assert cloud.managers.identity.user_by_name('Owner', 'default')['name'] == 'Owner'
    with pytest.raises(NameConflict):
        cloud.new_user('owner')
    with pytest.raises(NameConflict):
        cloud.new_project('demo')
    with pytest.raises(NameConflict):
        cloud.managers.identity.update_user(cloud.owner['id'], {'name': 'stranger'})
    assert cloud.issue(cloud.owner)


def test_the_tree_tags_filters_and_pages(cloud):
    resource = cloud.managers.resource
    child = resource.create_project({'name': 'child', 'parent_id': cloud.project['id'], 'tags': ['a', 'ü'], 'x': '€𝄞'})
    leaf = resource.create_project({'name': 'Leaf', 'parent_id': child['id']})
    assert [each['id'] for each in resource.parents(leaf['id'])] == [child['id'], cloud.project['id']]
    assert [each['name'] for each in resource.subtree(cloud.project['id'])] == ['child', 'Leaf']
    assert resource.get_project(child['id'])['x'] == '€𝄞' and resource.get_project(child['id'])['tags'] == ['a', 'ü']

    def names(*filters, **more):
        hints = Hints(**more)
        for attribute, operator, value in filters:
            hints.add(attribute, value, operator)
        return sorted(each['name'] for each in resource.list_projects(hints))
    assert names(('name', 'contains', 'l')) == ['child', 'elsewhere'] and names(('name', 'icontains', 'l')) == [
        'Leaf', 'child', 'elsewhere']
    assert names(('name', 'startswith', 'L')) == ['Leaf'] and names(('name', 'endswith', 'af')) == ['Leaf']
    assert names(('name', 'contains', '%')) == [] and len(names(limit=2)) == 2
    assert len(resource.list_projects(Hints(), {'tags-any': ['a', 'b'], 'not-tags': ['c']})) == 1


def test_effective_assignments(cloud):
    managers = cloud.managers
    group = managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    managers.groups.add_member(cloud.stranger['id'], group['id'])
    managers.grants.add(Grant('group', group['id'], 'domain', 'default', True), cloud.roles['member'])
    items = managers.assignments.list(Wanted(user_id=cloud.stranger['id'], effective=True))
    assert {(item.target_id, item.role_id) for item in items} == {
        (project['id'], cloud.roles[role]) for project in (cloud.project, cloud.elsewhere, cloud.admin_project)
        for role in ('member', 'reader')}


def test_limits_filters_policies_and_settings_of_domains(cloud):
    managers = cloud.managers
    domain = managers.domains.create_domain({'name': 'd'})
    project = cloud.new_project('p', domain_id=domain['id'])
    service = managers.catalog.create_service({'type': 't'})
    endpoint = managers.catalog.create_endpoint({'service_id': service['id'], 'interface': 'public', 'url': 'http://x',
                                                 'region_id': 'RegionOne'})
    wanted = {'service_id': service['id'], 'resource_name': 'ü', 'default_limit': 2 ** 31 - 1}
    managers.registered_limits.create([wanted, {**wanted, 'region_id': 'RegionOne'}])
    with pytest.raises(Conflict):
        managers.registered_limits.create([wanted])
    limit = {'service_id': service['id'], 'resource_name': 'ü', 'resource_limit': -1}
    managers.limits.create([{**limit, 'project_id': project['id']}, {**limit, 'domain_id': domain['id']}])
    assert len(managers.limits.list({'region_id': ''}, domain_id=domain['id'])) == 2
    group = managers.endpoint_filters.create_group({'name': 'g', 'filters': {'service_id': service['id']}})
    managers.endpoint_filters.give(project['id'], group['id'], group=True)
    managers.endpoint_filters.give(project['id'], endpoint['id'])
    (entry,) = managers.catalog.catalog('u', project['id'])
    assert [each['id'] for each in entry['endpoints']] == [endpoint['id']]
    policy = managers.policies.create_policy({'blob': 'x' * 70000, 'type': 'text/plain'})
    place = {'service_id': service['id'], 'region_id': 'RegionOne'}
    managers.policies.associate(policy['id'], place)
    managers.policies.associate(policy['id'], place)
    assert managers.policies.policy_for(endpoint['id'])['blob'] == 'x' * 70000
    managers.domain_config.replace(domain['id'], {'ldap': {'url': 'ldap://€', 'password': 'p'}})
    managers.domain_config.update(domain['id'], {'ldap': {'password': 'q', 'use_tls': True}})
    assert managers.domain_config.options(domain['id'])['ldap'] == {'url': 'ldap://€', 'password': 'q', 'use_tls': True}
    managers.domains.update_domain(domain['id'], {'enabled': False})
    managers.domains.delete_domain(domain['id'])
    managers.catalog.delete_service(service['id'])
    assert managers.limits.list({}) == managers.registered_limits.list(Hints()) == []
    assert managers.domain_config.configured_domains() == [] and managers.policies.endpoints_for(policy['id']) == []


def test_a_domain_goes_with_all_it_holds(cloud):
    managers = cloud.managers
    domain = managers.domains.create_domain({'name': 'd'})
    project = cloud.new_project('p', domain_id=domain['id'])
    managers.resource.create_project({'name': 'c', 'parent_id': project['id']})
    user = cloud.new_user('u', project, domain_id=domain['id'])
    managers.ec2.create(user['id'], project['id'])
    managers.domains.update_domain(domain['id'], {'enabled': False})
    managers.domains.delete_domain(domain['id'])
    assert managers.identity.driver.full_user(user['id']) is None
    assert managers.resource.find_project(project['id']) is None


def test_odd_input_is_4xx_on_every_database(cloud):
    api, token = Api(cloud), cloud.admin_token
    for path in ('/users/%F0%9D%84%9E', '/users/' + 'x' * 3000, '/projects/a%27b%22c%25', '/regions/%C3%BC',
                 '/users?name=%27',
                 '/projects?name__contains=%25%5F%5C', '/users?limit=99999999999999999999', '/projects?enabled=',
                 '/role_assignments?user.id=%F0%9D%84%9E&effective', '/users/a%00b'):
        assert api('GET', f'/v3{path}', token=token).status_int in (200, 400, 404), path
    deep = {'name': 'deep'}
    for _ in range(50):
        deep = {'name': 'deep', 'more': deep}
    for values in ({'name': '𝄞' * 255}, {'name': 'x', 'description': '𝄞' * 9000},
                   {'name': 'x1', 'k' * 500: 'v' * 60000},
                   {'name': 'x2', 'big': 10 ** 18, 'float': 1e300, 'null': None, 'list': [[]]}, deep):
        answer = api('POST', '/v3/users', {'user': values}, token=token)
        assert answer.status_int == 201, answer.body
        assert api('GET', f'/v3/users/{answer.json["user"]["id"]}', token=token).json['user']['name'] == values['name']


def test_many_write_at_once_and_nothing_is_lost(cloud):
    """Threads add users while others log in: every write succeeds, and the counters hold."""
    import threading
    errors = []

    def work(number):
        try:
            user = cloud.new_user(f'w{number}', cloud.project, 'reader')
            cloud.issue(user, {'project': {'id': cloud.project['id']}})
            cloud.managers.identity.update_user(user['id'], {'enabled': False})
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = cloud.managers.identity.list_users(Hints().add('name', 'w', 'startswith'))
    assert len(found) == 12 and not any(user['enabled'] for user in found)


def test_lockout_history_expiry_and_credentials(cloud, conf):
    for name, value in (('lockout_failure_attempts', 2), ('unique_last_password_count', 2),
                        ('password_expires_days', 5), ('disable_user_account_days_inactive', 9)):
        conf.set(name, value, 'security_compliance')
    identity, key = cloud.managers.identity, cloud.owner['id']
    identity.change_password(key, PASSWORD, 'a1')
    with pytest.raises(BadRequest):
        identity.change_password(key, 'a1', PASSWORD)
    for _ in range(2):
        with pytest.raises(AuthFailed):
            identity.authenticate('wrong', user_id=key)
    with pytest.raises(AuthFailed):
        identity.authenticate('a1', user_id=key)
    assert identity.driver.full_user(key)['failed_auth_count'] == 2
    identity.update_user(key, {'enabled': True})
    user = identity.authenticate('a1', user_id=key)
    cloud.issue(user, password='a1')
    assert identity.driver.full_user(key)['last_active_at'].date() == db.utcnow().date()
    later = user['password_expires_at'] + datetime.timedelta(seconds=1)
    for name, found in (('lt', ['owner']), ('gt', [])):
        hints = Hints(sort_key='name', descending=True).add('password_expires_at', later, name)
        assert [each['name'] for each in identity.list_users(hints)] == found
    names = [each['name'] for each in identity.list_users(Hints(sort_key='name', descending=True))]
    assert names == ['stranger', 'owner', 'fellow', 'admin']
    first = identity.user_by_name('owner', 'default')['id']
    page = identity.list_users(Hints(sort_key='name', descending=True, marker=first, limit=1))
    assert [each['name'] for each in page] == ['fellow']
    made = cloud.managers.credentials.create({'user_id': key, 'type': 'totp', 'blob': 'ü€𝄞' * 4000})
    assert cloud.managers.credentials.secrets(key, 'totp') == {made['id']: 'ü€𝄞' * 4000}
    assert cloud.managers.credentials.list(Hints().add('type', 'totp')) == [made]


def test_delegation(cloud):
    managers, owner, project = cloud.managers, cloud.owner, cloud.project
    trust = managers.trusts.create({'trustor_user_id': owner['id'], 'trustee_user_id': cloud.stranger['id'],
                                    'impersonation': True, 'project_id': project['id'], 'remaining_uses': 1},
                                   [{'name': 'member'}, {'name': 'reader'}])
    token = cloud.issue(cloud.stranger, {'OS-TRUST:trust': {'id': trust['id']}})
    assert token.user['id'] == owner['id'] and len(token.roles) == 2
    rules = [{'service': 'identity', 'path': '/ü/*', 'method': 'GET'}]
    values = {'name': 'n', 'user_id': owner['id'], 'project_id': project['id']}
    first = managers.app_creds.create(values, token.roles, None, rules)
    second = managers.app_creds.create({**values, 'name': 'N'}, token.roles, [{'name': 'reader'}], rules)
    assert first['access_rules'] == second['access_rules'] and len(first['roles']) == 2
    with pytest.raises(NameConflict):
        managers.app_creds.create(values, token.roles)
    assert managers.app_creds.authenticate(first['secret'], first['id'])[0]['id'] == owner['id']
    consumer = managers.oauth1.create_consumer({'description': '€', 'x': 'ü'})
    assert managers.oauth1.get_consumer(consumer['id'])['x'] == 'ü'
    managers.oauth1.delete_consumer(consumer['id'])
    cloud.ungrant(owner, 'member', project)
    assert managers.app_creds.list(owner['id'], Hints()) == []
    assert len(managers.app_creds.list_rules(owner['id'], Hints())) == 1
    managers.identity.delete_user(owner['id'])
    assert managers.app_creds.list_rules(owner['id'], Hints()) == [] == managers.trusts.list()
    assert managers.trusts.flush(db.utcnow()) == 1
    with pytest.raises(TokenNotFound):
        managers.tokens.validate(token.id)


def test_users_from_outside(cloud):
    managers = cloud.managers
    managers.mappings.create('m', {'rules': [{'local': [{'user': {'name': '{0}'}}], 'remote': [{'type': 'x'}]}]})
    managers.providers.create_provider('acme', {'enabled': True, 'remote_ids': ['a', 'b'], 'authorization_ttl': 5})
    managers.providers.create_protocol('acme', 'mapped', {'mapping_id': 'm'})
    provider = managers.providers.get_provider('acme')
    user = managers.shadows.user(provider, 'mapped', 'bob%40acme', 'Bob')
    assert managers.shadows.user(provider, 'mapped', 'bob%40acme', 'Robert')['id'] == user['id']
    group = managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    managers.grants.add(Grant('group', group['id'], 'project', cloud.project['id']), cloud.roles['member'])
    managers.shadows.put_into_groups(user, provider, [group['id']])
    assert [each['id'] for each in managers.grants.projects_of(user['id'])] == [cloud.project['id']]
    assert [each['id'] for each in managers.groups.groups_of(user['id'], Hints())] == [group['id']]
    assert [each['name'] for each in managers.identity.list_users(Hints().add('idp_id', 'acme'))] == ['Robert']
    with pytest.raises(DuplicateRemoteId):
        managers.providers.create_provider('other', {'remote_ids': ['b']})
    managers.providers.delete_provider('acme')
    assert managers.shadows.identities(user['id']) == [] and managers.grants.projects_of(user['id']) == []


def test_public_ids(cloud):
    names = ['alice', 'Alice', 'ü' * 100, *(f'u{number}' for number in range(600))]
    first = IdMap().public('default', 'user', names)
    assert IdMap().public('default', 'user', names) == first and len(set(first.values())) == len(names)
    assert IdMap().local(first['alice'], 'user') == ('default', 'alice')
    assert IdMap().local(first['alice'], 'group') is None
    assert IdMap().purge(domain_id='default', local_id='alice') == 1
    assert IdMap().local(first['alice'], 'user') is None
