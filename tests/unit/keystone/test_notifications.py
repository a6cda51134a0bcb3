"""What the identity service tells the broker: each resource, who did it, and nothing that was rolled back."""
import json
import logging

import pytest

from essex.exception import ConfigError, Conflict
from keystone.assignment.grants import Grant
from keystone.exception import AuthFailed
from keystone.notifications import Notifications
from tests.unit.essex.test_notifications import listen
from tests.unit.keystone.conftest import PASSWORD, Api


class Heard:
    """The notifications so far, by the log driver."""

    def __init__(self, caplog):
        self.caplog = caplog

    def __call__(self, event_type=None):
        """Payloads since the last call, of one type when given; else (type, resource_info) of all."""
        records = [json.loads(each.message) for each in self.caplog.records
                   if each.name.startswith('essex.notification.')]
        self.caplog.clear()
        if event_type is not None:
            return [each['payload'] for each in records if each['event_type'] == event_type]
        return [(each['event_type'].removeprefix('identity.'), each['payload'].get('resource_info'))
                for each in records]


@pytest.fixture
def heard(conf, caplog):
    conf.set('driver', ['log'], 'oslo_messaging_notifications')
    caplog.set_level(logging.INFO)
    return Heard(caplog)


@pytest.fixture
def talkative(heard, cloud):
    """The cloud, with notifications."""
    heard()
    return cloud


def test_every_resource_tells(talkative, heard):
    m = talkative.managers
    user = m.identity.create_user({'name': 'u', 'domain_id': 'default'})['id']
    m.identity.update_user(user, {'enabled': False})
    group = m.groups.create_group({'name': 'g', 'domain_id': 'default'})['id']
    m.groups.update_group(group, {'name': 'h'})
    m.groups.add_member(user, group)
    assert heard() == [('user.created', user), ('user.updated', user), ('user.disabled', user),
                       ('group.created', group), ('group.updated', group), ('group.updated', group)]
    m.groups.remove_member(user, group)
    m.groups.delete_group(group)
    m.identity.delete_user(user)
    assert heard() == [('group.updated', group), ('group.deleted', group), ('user.deleted', user)]
    domain = m.domains.create_domain({'name': 'd'})['id']
    project = m.resource.create_project({'name': 'p', 'domain_id': domain})['id']
    m.resource.update_project(project, {'name': 'q'})
    m.resource.set_tags(project, ['a'])
    m.resource.delete_project(project)
    m.domains.update_domain(domain, {'enabled': False})
    m.domains.delete_domain(domain)
    assert heard() == [('domain.created', domain), ('project.created', project), ('project.updated', project),
                       ('project.updated', project), ('project.deleted', project), ('domain.disabled', domain),
                       ('domain.updated', domain), ('domain.deleted', domain)]
    role = m.roles.create_role({'name': 'r'})['id']
    m.roles.update_role(role, {'name': 's'})
    m.roles.delete_role(role)
    region = m.catalog.create_region({'id': 'R2'})['id']
    service = m.catalog.create_service({'type': 't'})['id']
    endpoint = m.catalog.create_endpoint({'service_id': service, 'interface': 'public', 'url': 'http://x',
                                          'region_id': region})['id']
    m.catalog.update_endpoint(endpoint, {'url': 'http://y'})
    m.catalog.delete_endpoint(endpoint)
    m.catalog.delete_service(service)
    m.catalog.delete_region(region)
    assert [kind for kind, _ in heard()] == [
        'role.created', 'role.updated', 'role.deleted', 'region.created', 'service.created', 'endpoint.created',
        'endpoint.updated', 'endpoint.deleted', 'service.deleted', 'region.deleted']
    service = m.catalog.create_service({'type': 't'})['id']
    heard()
    (registered,) = m.registered_limits.create([{'service_id': service, 'resource_name': 'r', 'default_limit': 1}])
    m.registered_limits.update(registered['id'], {'default_limit': 2})
    (limit,) = m.limits.create([{'service_id': service, 'resource_name': 'r', 'resource_limit': 1,
                                 'project_id': talkative.project['id']}])
    m.limits.update(limit['id'], {'resource_limit': 2})
    m.limits.delete(limit['id'])
    m.registered_limits.delete(registered['id'])
    policy = m.policies.create_policy({'blob': '{}', 'type': 'application/json'})['id']
    m.policies.update_policy(policy, {'blob': '[]'})
    m.policies.delete_policy(policy)
    consumer = m.oauth1.create_consumer({})['id']
    m.oauth1.update_consumer(consumer, {'description': 'd'})
    m.oauth1.delete_consumer(consumer)
    assert heard() == [
        ('registered_limit.created', registered['id']), ('registered_limit.updated', registered['id']),
        ('limit.created', limit['id']), ('limit.updated', limit['id']), ('limit.deleted', limit['id']),
        ('registered_limit.deleted', registered['id']),
        *[(f'policy.{verb}', policy) for verb in ('created', 'updated', 'deleted')],
        *[(f'OS-OAUTH1:consumer.{verb}', consumer) for verb in ('created', 'updated', 'deleted')]]


def test_delegation_tells(talkative, heard):
    api, who = Api(talkative), talkative.owner['id']
    token = talkative.token(talkative.owner, talkative.project)
    made = api('POST', f'/v3/users/{who}/application_credentials', {'application_credential': {'name': 'a'}},
               token=token).json['application_credential']
    assert heard() == [('application_credential.created', made['id'])]
    api('DELETE', f'/v3/users/{who}/application_credentials/{made["id"]}', token=token)
    assert heard() == [('application_credential.deleted', made['id'])]
    trust = api('POST', '/v3/OS-TRUST/trusts', {'trust': {
        'trustor_user_id': who, 'trustee_user_id': talkative.member['id'], 'impersonation': False, 'roles': [],
        }}, token=token).json['trust']
    api('DELETE', f'/v3/OS-TRUST/trusts/{trust["id"]}', token=token)
    assert heard() == [(f'OS-TRUST:trust.{verb}', trust['id']) for verb in ('created', 'deleted')]


def test_what_was_rolled_back_is_not_told(talkative, heard):
    with pytest.raises(Conflict):
        talkative.new_user('owner')
    assert heard() == []


def test_cadf_says_who_from_where(talkative, heard):
    token = talkative.admin_token
    heard()
    answer = Api(talkative)('POST', '/v3/users', {'user': {'name': 'u', 'password': PASSWORD}}, token=token,
                            headers={'User-Agent': 'test/1'}, environ={'REMOTE_ADDR': '192.0.2.7'})
    (event,) = heard('identity.user.created')
    key = answer.json['user']['id']
    assert (event['action'], event['outcome'], event['eventType']) == ('created.user', 'success', 'activity')
    assert event['target'] == {'typeURI': 'data/security/account/user', 'id': key} and event['resource_info'] == key
    initiator = event['initiator']
    assert initiator['id'] == initiator['user_id'] == talkative.admin['id'] and initiator['username'] == 'admin'
    assert initiator['project_id'] == talkative.admin_project['id']
    assert initiator['host'] == {'address': '192.0.2.7', 'agent': 'test/1'}
    assert initiator['request_id'] == answer.headers['X-Openstack-Request-Id']
    assert event['observer']['typeURI'] == 'service/security' and PASSWORD not in str(event)


def test_role_assignments(talkative, heard):
    grant = Grant('user', talkative.stranger['id'], 'project', talkative.project['id'])
    talkative.managers.grants.add(grant, talkative.roles['reader'])
    (created,) = heard('identity.role_assignment.created')
    talkative.managers.grants.remove(grant, talkative.roles['reader'])
    assert [each['action'] for each in heard('identity.role_assignment.deleted')] == ['deleted.role_assignment']
    assert created['action'] == 'created.role_assignment' and created['role'] == talkative.roles['reader']
    assert (created['user'], created['project'], created['inherited_to_projects']) == (
        talkative.stranger['id'], talkative.project['id'], False)


def test_authentication(talkative, heard, conf):
    api = Api(talkative)

    def login(password, **user):
        return api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['password'], 'password': {
            'user': {**user, 'password': password}}}}}, environ={'REMOTE_ADDR': '192.0.2.9'})
    owner = talkative.owner['id']
    login('wrong', id=owner)
    login(PASSWORD, id=owner)
    login('wrong', name='the-wrong-field')
    events = heard('identity.authenticate')
    # Successes are opted out by default.
    assert [(each['outcome'], each['target']['id']) for each in events] == [('failure', owner), ('failure', 'unknown')]
    assert events[0]['action'] == 'authenticate' and events[0]['initiator']['host'] == {'address': '192.0.2.9'}
    assert events[0]['initiator']['id'] == owner and 'wrong' not in str(events)
    conf.set('notification_opt_out', ['identity.authenticate.failure'])
    talkative.managers.identity.update_user(owner, {'options': {'multi_factor_auth_rules': [['password', 'token']]}})
    login('wrong', id=owner)
    login(PASSWORD, id=owner)
    login(PASSWORD, id=talkative.member['id'])
    assert [(each['outcome'], each['initiator']['id']) for each in heard('identity.authenticate')] == [
        ('pending', owner), ('success', talkative.member['id'])]


@pytest.fixture
def hashing(conf):
    """Hashes of wrong passwords are told."""
    conf.set('report_invalid_password_hash', ['event'], 'security_compliance')
    conf.set('invalid_password_hash_secret_key', 'k' * 16, 'security_compliance')
    conf.set('invalid_password_hash_max_chars', 8, 'security_compliance')


def test_wrong_passwords_tell_a_hash_where_that_is_asked_for(hashing, heard, cloud, conf):
    api = Api(cloud)
    cloud.managers.identity.update_user(cloud.member['id'], {'enabled': False})
    heard()

    def tell(password, version=3, name='owner'):
        """What a log-in tells: (id of the user, attachments or None)."""
        if version == 3:
            user = {'name': name, 'domain': {'id': 'default'}, 'password': password}
            answer = api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['password'],
                                                                           'password': {'user': user}}}})
        else:
            answer = api('POST', '/v2.0/tokens', {'auth': {'passwordCredentials': {'username': name,
                                                                                  'password': password}}})
        assert answer.status_int == 401 and cloud.owner['id'] not in answer.text
        (event,) = heard('identity.authenticate')
        assert password not in str(event)
        return event['target']['id'], event.get('attachments')
    user, first = tell('one-wrong')
    assert user == cloud.owner['id'] and first == [
        {'typeURI': 'mime:text/plain', 'name': 'partial_password_hash', 'content': first[0]['content']}]
    assert len(first[0]['content']) == 8
    assert tell('one-wrong', version=2) == (user, first) and tell('other-one')[1] != first
    # Nothing of passwords that fit, nor of what is tried for nobody.
    assert tell(PASSWORD, name='fellow')[1] is None
    assert tell('one-wrong', name='nobody') == ('unknown', None)
    conf.set('lockout_failure_attempts', 1, 'security_compliance')
    assert tell('one-wrong') == (user, first)
    assert tell(PASSWORD)[1] is None


def test_hashes_of_passwords_are_not_told_by_default(talkative, heard):
    with pytest.raises(AuthFailed):
        talkative.issue(talkative.owner, password='wrong-one')
    (event,) = heard('identity.authenticate')
    assert 'attachments' not in event


@pytest.mark.parametrize('name,value,words', [('secret_key', None, 'needs'), ('secret_key', 'short', '16 bytes'),
                                              ('function', 'rot13', 'rot13'), ('function', 'shake_128', 'shake')])
def test_hashes_need_what_makes_them_safe(hashing, conf, name, value, words):
    conf.set(f'invalid_password_hash_{name}', value, 'security_compliance')
    with pytest.raises(ConfigError, match=words):
        Notifications()


def test_credentials_tell_without_their_secret(talkative, heard):
    made = talkative.managers.credentials.create({'user_id': 'u', 'type': 'cert', 'blob': 'the-secret'})
    talkative.managers.credentials.update(made['id'], {'blob': 'the-other-secret'})
    talkative.managers.credentials.delete(made['id'])
    assert 'secret' not in heard.caplog.text
    assert heard() == [(f'credential.{verb}', made['id']) for verb in ('created', 'updated', 'deleted')]


def test_over_rabbitmq(rabbitmq, conf, start):
    conf.set('driver', ['messagingv2'], 'oslo_messaging_notifications')
    conf.set('transport_url', rabbitmq.url, 'oslo_messaging_notifications')
    made = start()
    made.domains.create_domain({'id': 'default', 'name': 'Default'})
    user = made.identity.create_user({'name': 'u', 'domain_id': 'default'})['id']
    assert made.changes.notifications.sender.flush(20)
    bodies = [json.loads(body['oslo.message']) for body, _ in listen(rabbitmq.url, count=2)]
    assert [(each['event_type'], each['payload']['resource_info']) for each in bodies] == [
        ('identity.domain.created', 'default'), ('identity.user.created', user)]
    assert bodies[0]['publisher_id'] == f'identity.{conf.host}'
    made.changes.notifications.sender.close()


def test_basic_format_and_opting_out(conf, talkative, heard):
    conf.set('notification_format', 'basic')
    conf.set('notification_opt_out', ['identity.user.updated'])
    user = talkative.managers.identity.create_user({'name': 'u', 'domain_id': 'default'})['id']
    talkative.managers.identity.update_user(user, {'name': 'v'})
    assert heard('identity.user.created') == [{'resource_info': user}] and heard() == []


def test_delegations_tell(talkative, heard):
    m, owner, project = talkative.managers, talkative.owner, talkative.project
    trust = m.trusts.create({'trustor_user_id': owner['id'], 'trustee_user_id': talkative.stranger['id'],
                             'impersonation': False, 'project_id': project['id']}, [{'name': 'member'}])['id']
    m.trusts.delete(trust)
    roles = [{'id': talkative.roles['member']}]
    cred = m.app_creds.create({'name': 'n', 'user_id': owner['id'], 'project_id': project['id']}, roles)['id']
    m.app_creds.delete(owner['id'], cred)
    consumer = m.oauth1.create_consumer({})['id']
    m.oauth1.update_consumer(consumer, {'description': 'd'})
    m.oauth1.delete_consumer(consumer)
    assert heard() == [
        ('OS-TRUST:trust.created', trust), ('OS-TRUST:trust.deleted', trust),
        ('application_credential.created', cred), ('application_credential.deleted', cred),
        *[(f'OS-OAUTH1:consumer.{verb}', consumer) for verb in ('created', 'updated', 'deleted')]]
