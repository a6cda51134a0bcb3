"""Application credentials and access rules: what they are, tokens by them, and what ends them."""
import base64
import datetime

import pytest

from essex import db
from keystone.assignment.grants import Grant
from keystone.db.models import AppCred
from keystone.managers import Managers
from tests.unit.keystone.token_watch import TokenWatch

RULE = {'path': '/v3/users/*', 'method': 'GET', 'service': 'identity'}


class Kit(TokenWatch):
    """Calls as owner of the project."""

    def __init__(self, cloud, api):
        self.cloud, self.api, self.user = cloud, api, cloud.owner
        self.base = f'/v3/users/{self.user["id"]}'
        self.token = cloud.token(self.user, cloud.project)

    def call(self, method, path='', body=None, token=None):
        return self.api(method, f'{self.base}/application_credentials{path}', body, token=token or self.token)

    def create(self, name='monitoring', status=201, token=None, **values):
        answer = self.call('POST', body={'application_credential': {'name': name, **values}}, token=token)
        assert answer.status_int == status, answer.body
        return answer.json['application_credential'] if status == 201 else answer.json['error']['message']

    def log_in(self, payload, status=201, scope=None):
        auth = {'identity': {'methods': ['application_credential'], 'application_credential': payload}}
        answer = self.api('POST', '/v3/auth/tokens', {'auth': {**auth, **({'scope': scope} if scope else {})}})
        assert answer.status_int == status, answer.body
        return answer

    def token_of(self, cred):
        return self.log_in({'id': cred['id'], 'secret': cred['secret']}).headers['X-Subject-Token']


@pytest.fixture
def kit(cloud, api):
    return Kit(cloud, api)


def test_as_the_api_shows_it(kit, cloud):
    cred = kit.create(description='d', expires_at='2099-12-31T23:59:59.5', access_rules=[RULE], project_id='dropped')
    secret = cred.pop('secret')
    assert len(base64.urlsafe_b64decode(secret + '==')) == 64
    assert cred['links'] == {'self': f'http://keystone.test:5000{kit.base}/application_credentials/{cred["id"]}'}
    (rule,) = cred['access_rules']
    assert rule == {**RULE, 'id': rule['id']}
    assert sorted(cred['roles'], key=lambda role: role['name']) == [
        {'id': cloud.roles[name], 'name': name, 'domain_id': None, 'description': None, 'options': {'immutable': True}}
        for name in ('member', 'reader')]
    assert kit.call('POST', body={'application_credential': {'name': 'x', 'colour': 'red'}}).status_int == 400
    assert {name: cred[name] for name in cred if name not in ('id', 'links', 'roles', 'access_rules')} == {
        'name': 'monitoring', 'description': 'd', 'expires_at': '2099-12-31T23:59:59.500000', 'unrestricted': None,
        'project_id': cloud.project['id'], 'user_id': kit.user['id'], 'system': None}
    assert kit.call('GET', f'/{cred["id"]}').json == {'application_credential': cred}
    plain = kit.create('plain', secret='my own', unrestricted=True)
    assert plain['secret'] == 'my own' and plain['unrestricted'] is True and plain['expires_at'] is None
    assert 'access_rules' not in plain and plain['description'] is None
    assert [each['name'] for each in kit.call('GET').json['application_credentials']] != []
    (found,) = kit.call('GET', '?name=plain').json['application_credentials']
    del plain['secret']
    assert found == plain
    assert kit.call('GET', '?name=none').json['application_credentials'] == []
    with db.reader() as session:
        assert 'my own' not in str([row.secret_hash for row in session.query(AppCred)])


def test_who_may_what(kit, cloud):
    cred, cast = kit.create(access_rules=[RULE]), cloud.cast()
    rule = cred['access_rules'][0]['id']
    one = f'{kit.base}/application_credentials/{cred["id"]}'
    for path in (f'{kit.base}/application_credentials', one, f'{kit.base}/access_rules',
                 f'{kit.base}/access_rules/{rule}'):
        codes = {who: kit.api('GET', path, token=token).status_int for who, token in cast.items()}
        # Access rules are seen by their owner, and by whoever looks after the whole system.
        admin = 403 if 'access_rules' in path else 200
        assert codes == {'admin': admin, 'owner': 200, 'stranger': 403, 'member': 403, 'nobody': 401}, path
        assert kit.api('GET', path, token=cloud.token(cloud.admin, system=True)).status_int == 200
    body = {'application_credential': {'name': 'x'}}
    codes = {who: kit.api('POST', f'{kit.base}/application_credentials', body, token=token).status_int
             for who, token in cast.items()}
    assert codes == {'admin': 403, 'owner': 201, 'stranger': 403, 'member': 403, 'nobody': 401}
    mine = f'/v3/users/{cloud.stranger["id"]}/application_credentials/{cred["id"]}'
    assert kit.api('GET', mine, token=cast['stranger']).status_int == 403
    assert kit.api('DELETE', mine, token=cast['stranger']).status_int == 403
    for path in (one, f'{kit.base}/access_rules/{rule}'):
        codes = {who: kit.api('DELETE', path, token=cast[who]).status_int for who in ('stranger', 'member', 'nobody')}
        assert codes == {'stranger': 403, 'member': 403, 'nobody': 401}
    assert kit.api('DELETE', one, token=cast['admin']).status_int == 204
    assert kit.api('DELETE', one, token=cast['admin']).status_int == 404
    assert kit.api('DELETE', f'{kit.base}/access_rules/{rule}', token=cast['owner']).status_int == 204


def test_what_is_refused(kit, cloud, conf):
    past = (db.utcnow() - datetime.timedelta(seconds=5)).isoformat()
    for values in ({'expires_at': past}, {'expires_at': 'soon'}, {'roles': [{'name': 'admin'}]},
                   {'roles': [{'id': 'unknown'}]}, {'roles': [{}]}, {'unrestricted': 'yes'}, {'secret': 1},
                   {'name': ''}, {'name': ' '}, {'name': 'x' * 256}, {'access_rules': [{}]},
                   {'access_rules': [{**RULE, 'method': 'LIST'}]}, {'access_rules': [{**RULE, 'path': 'v3'}]},
                   {'access_rules': [{'path': '/', 'method': 'GET'}]}, {'access_rules': 'all'}):
        kit.create(**{'name': 'n', **values}, status=400)
    kit.create(roles=[{'name': 'unknown'}], status=404)
    kit.create(access_rules=[{'id': 'unknown'}], status=404)
    kit.create(status=400, token=cloud.token(cloud.owner))
    kit.create()
    kit.create(status=409)
    conf.set('user_limit', 2, 'application_credential')
    kit.create('second')
    assert 'at most 2' in kit.create('third', status=403)
    assert len(kit.call('GET').json['application_credentials']) == 2
    # What was refused left nothing behind.
    assert kit.api('GET', f'{kit.base}/access_rules', token=kit.token).json['access_rules'] == []


def test_a_token_by_one(kit, cloud):
    end = (db.utcnow() + datetime.timedelta(seconds=300)).replace(microsecond=0)
    cred = kit.create(roles=[{'name': 'reader'}], access_rules=[RULE], expires_at=end.isoformat())
    answer = kit.log_in({'id': cred['id'], 'secret': cred['secret']})
    token, token_id = answer.json['token'], answer.headers['X-Subject-Token']
    assert token['methods'] == ['application_credential'] and token['user']['id'] == kit.user['id']
    assert token['project']['id'] == cloud.project['id'] and [role['name'] for role in token['roles']] == ['reader']
    assert token['application_credential'] == {'id': cred['id'], 'name': 'monitoring', 'restricted': True,
                                               'access_rules': cred['access_rules']}
    assert token['expires_at'] == end.isoformat() + '.000000Z' and token['catalog']
    assert kit.validate(token_id).json['token'] == token
    # A service that knows nothing of access rules would not enforce them.
    assert kit.validate(token_id, rules=None).status_int == kit.validate(token_id, rules='x').status_int == 404
    assert Managers().tokens.validate(token_id).shown['application_credential'] == token['application_credential']
    for user in ({'id': kit.user['id']}, {'name': 'owner', 'domain': {'id': 'default'}},
                 {'name': 'owner', 'domain': {'name': 'Default'}}, {'name': 'owner'}):
        kit.log_in({'name': 'monitoring', 'user': user, 'secret': cred['secret']})
    for scope in ({'project': {'id': cloud.project['id']}}, 'unscoped'):
        kit.log_in({'id': cred['id'], 'secret': cred['secret']}, 401, scope)
    for payload, status in (({'id': cred['id'], 'secret': 'wrong'}, 401), ({'id': 'unknown', 'secret': 'x'}, 401),
                            ({'name': 'none', 'user': {'id': kit.user['id']}, 'secret': 'x'}, 401),
                            ({'name': 'monitoring', 'user': {'name': 'none'}, 'secret': cred['secret']}, 401),
                            ({'name': 'monitoring', 'user': {'name': 'stranger'}, 'secret': cred['secret']}, 401),
                            ({'id': cred['id']}, 400), ({'secret': cred['secret']}, 400), ({}, 400),
                            ({'name': 'monitoring', 'secret': cred['secret']}, 400)):
        kit.log_in(payload, status)
    answer = kit.api('POST', '/v3/auth/tokens', {'auth': {
        'identity': {'methods': ['token'], 'token': {'id': token_id}}}})
    assert answer.status_int == 403
    with db.writer() as session:
        session.query(AppCred).update({'expires_at': db.utcnow() - datetime.timedelta(seconds=1)})
    kit.log_in({'id': cred['id'], 'secret': cred['secret']}, 401)


def test_this_service_keeps_to_the_rules_itself(kit, cloud):
    token_id = kit.token_of(kit.create(access_rules=[RULE, {**RULE, 'path': '/v3/auth/**'}]))
    assert kit.api('GET', kit.base, token=token_id).status_int == 200
    assert kit.api('GET', '/v3/auth/projects', token=token_id).status_int == 200
    for method, path in (('GET', f'{kit.base}/projects'), ('DELETE', kit.base), ('GET', '/v3/regions')):
        assert kit.api(method, path, token=token_id).status_int == 401, path


def test_a_restricted_one_makes_no_others(kit):
    for unrestricted, status in ((False, 403), (True, 201)):
        cred = kit.create(f'by {unrestricted}', unrestricted=unrestricted)
        token_id = kit.token_of(cred)
        kit.create(f'more {unrestricted}', status=status, token=token_id)
        answer = kit.call('DELETE', f'/{cred["id"]}', token=token_id)
        assert answer.status_int == (204 if unrestricted else 403)
        trust = {'trustor_user_id': kit.user['id'], 'trustee_user_id': kit.cloud.stranger['id'], 'impersonation': True,
                 'project_id': kit.cloud.project['id'], 'roles': [{'name': 'reader'}]}
        # A trust may be worth more than the credential's roles, and would outlive it.
        token_id = kit.token_of(kit.create(f'again {unrestricted}', unrestricted=unrestricted))
        assert kit.api('POST', '/v3/OS-TRUST/trusts', {'trust': trust}, token=token_id).status_int == 403


def test_a_token_by_a_trust_manages_none(kit, cloud):
    trust = {'trustor_user_id': kit.user['id'], 'trustee_user_id': cloud.stranger['id'], 'impersonation': True,
             'project_id': cloud.project['id'], 'roles': [{'name': 'reader'}]}
    trust = kit.api('POST', '/v3/OS-TRUST/trusts', {'trust': trust}, token=kit.token).json['trust']
    cred = kit.create(access_rules=[RULE])
    token = cloud.issue(cloud.stranger, {'OS-TRUST:trust': {'id': trust['id']}}).id
    kit.create('other', status=403, token=token)
    rules = f'/v3/users/{kit.user["id"]}/access_rules'
    for method, path in (('GET', kit.base + '/application_credentials'), ('GET', rules),
                         ('GET', f'{kit.base}/application_credentials/{cred["id"]}'),
                         ('DELETE', f'{kit.base}/application_credentials/{cred["id"]}'),
                         ('GET', f'{rules}/{cred["access_rules"][0]["id"]}'),
                         ('DELETE', f'{rules}/{cred["access_rules"][0]["id"]}')):
        assert kit.api(method, path, token=token).status_int == 403, (method, path)


def test_access_rules_are_shared_and_kept(kit):
    first = kit.create('first', access_rules=[RULE])
    rule = first['access_rules'][0]['id']
    second = kit.create('second', access_rules=[dict(reversed(RULE.items())), {'id': rule}])
    assert [each['id'] for each in second['access_rules']] == [rule]
    path = f'{kit.base}/access_rules'
    listed = kit.api('GET', path, token=kit.token).json
    assert listed['access_rules'] == [{**RULE, 'id': rule,
                                       'links': {'self': f'http://keystone.test:5000{path}/{rule}'}}]
    assert kit.api('GET', f'{path}/{rule}', token=kit.token).json == {'access_rule': listed['access_rules'][0]}
    for query, count in (('service=identity', 1), ('path=/v3/users/*', 1), ('method=POST', 0), ('service=x', 0)):
        assert len(kit.api('GET', f'{path}?{query}', token=kit.token).json['access_rules']) == count
    for cred in (first, second):
        assert kit.api('DELETE', f'{path}/{rule}', token=kit.token).status_int == 403
        assert kit.call('DELETE', f'/{cred["id"]}').status_int == 204
    assert kit.api('DELETE', f'{path}/{rule}', token=kit.token).status_int == 204
    for method in ('GET', 'DELETE'):
        assert kit.api(method, f'{path}/{rule}', token=kit.token).status_int == 404


def test_what_ends_them_and_their_tokens(kit, cloud):
    managers = cloud.managers

    def ends(change, gone=True, **values):
        kit.token = cloud.token(cloud.owner, cloud.project)
        cred = kit.create(**values)
        token_id = kit.token_of(cred)
        assert kit.alive(token_id) and kit.validate(token_id).status_int == 200
        change(cred)
        assert kit.validate(token_id).status_int == 404 and not kit.alive(token_id)
        kit.log_in({'id': cred['id'], 'secret': cred['secret']}, 401)
        with db.reader() as session:
            assert (session.get(AppCred, cred['id']) is None) == gone

    ends(lambda cred: managers.app_creds.delete(cloud.owner['id'], cred['id']))
    managers.roles.create_role({'id': 'extra', 'name': 'extra'})
    cloud.roles['extra'] = 'extra'
    cloud.grant(cloud.owner, 'extra', project=cloud.project)
    # Another role on the project is enough.
    ends(lambda cred: cloud.ungrant(cloud.owner, 'extra', cloud.project))
    cloud.grant(cloud.owner, 'extra', project=cloud.project)
    ends(lambda cred: managers.roles.delete_role('extra'), roles=[{'name': 'extra'}])
    ends(lambda cred: managers.identity.update_user(cloud.owner['id'], {'enabled': False}), gone=False, name='a')
    managers.identity.update_user(cloud.owner['id'], {'enabled': True})
    ends(lambda cred: managers.resource.update_project(cloud.project['id'], {'enabled': False}), gone=False, name='b')
    managers.resource.update_project(cloud.project['id'], {'enabled': True})
    short = cloud.new_project('short')
    cloud.grant(cloud.owner, 'member', project=short)
    kept, cloud.project = cloud.project, short
    ends(lambda cred: managers.resource.delete_project(short['id']), name='c')
    cloud.project = kept
    ends(lambda cred: managers.identity.delete_user(cloud.owner['id']), name='d', access_rules=[RULE])


def test_roles_lost_through_a_group_are_lost(kit, cloud):
    managers = cloud.managers
    group = managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    managers.groups.add_member(cloud.owner['id'], group['id'])
    managers.grants.add(Grant('group', group['id'], 'project', cloud.project['id']), cloud.roles['manager'])
    kit.token = cloud.token(cloud.owner, cloud.project)
    token_id = kit.token_of(kit.create(roles=[{'name': 'manager'}, {'name': 'reader'}]))
    names = [role['name'] for role in kit.validate(token_id).json['token']['roles']]
    assert names == ['manager', 'member', 'reader']
    managers.groups.remove_member(cloud.owner['id'], group['id'])
    assert [role['name'] for role in kit.validate(token_id).json['token']['roles']] == ['reader']


def test_few_statements(kit):
    cred = kit.create(access_rules=[RULE])
    token_id, fresh = kit.token_of(cred), Managers()
    fresh.warm()
    with db.count_statements() as counter:
        fresh.tokens.validate(token_id)
    assert counter.total <= 7, counter.statements
    with db.count_statements() as counter:
        fresh.tokens.validate(token_id)
    assert counter.total == 0
    for number in range(5):
        kit.create(f'n{number}')
    with db.count_statements() as counter:
        assert kit.call('GET').status_int == 200
    assert counter.total <= 10, counter.statements
