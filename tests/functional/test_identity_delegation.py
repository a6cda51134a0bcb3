"""Unmodified clients that delegate: the openstack command, keystoneclient, the SDK and keystoneauth's plugins against a
real keystone-api with two workers."""
import json

import openstack
import pytest
import requests
from keystoneauth1 import exceptions, identity, session
from keystoneauth1.extras.oauth1 import V3OAuth1
from keystoneclient.v3 import client

from tests.functional.test_identity_clients import Command, Site

ANN = {'OS_USERNAME': 'ann', 'OS_PASSWORD': 'pw', 'OS_PROJECT_NAME': 'lab'}
V3 = {'OS_IDENTITY_API_VERSION': '3', 'OS_USER_DOMAIN_ID': 'default', 'OS_PROJECT_DOMAIN_ID': 'default'}


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp('keystone'), workers=2).start()
    admin = Command(made, **V3)
    for line in ('project create lab', 'project create away', 'user create --password pw ann',
                 'user create --password pw bob', 'role add --user ann --project lab member',
                 'role add --user bob --project away member'):
        admin(line)
    yield made
    assert made.daemon.terminate() == 0
    log = (made.directory / 'log').read_text(encoding='utf-8')
    assert 'Traceback' not in log and 'gAAAAA' not in log


@pytest.fixture(scope='module')
def admin(site):
    return Command(site, **V3)


@pytest.fixture(scope='module')
def ann(site):
    return Command(site, **V3, **ANN)


@pytest.fixture(scope='module')
def people(admin):
    """{name: id} of users, projects and roles: who may not list them has to know ids."""
    return {each['Name']: each['ID'] for kind in ('user', 'project', 'role')
            for each in admin.show(f'{kind} list')}


def shown(command, line):
    """The object a command prints, with the API's names: releases differ in their headings."""
    return {name.lower().replace(' ', '_'): value for name, value in command.show(line).items()}


def token_of(plugin):
    """The token document an auth plugin comes to, as its own service sees it."""
    made = session.Session(plugin)
    return made.get('/auth/tokens', endpoint_filter={'service_type': 'identity', 'interface': 'public',
                                                     'version': (3, 0)},
                    headers={'X-Subject-Token': made.get_token(),
                             'OpenStack-Identity-Access-Rules': '1.0'}).json()['token']


def test_trusts(site, ann, people):
    trust = shown(ann, 'trust create --project {lab} --role {member} --impersonate {ann} {bob}'.format(**people))
    assert trust['is_impersonation'] is True and 'member' in str(trust['roles']), trust
    assert shown(ann, f'trust show {trust["id"]}')['project_id'] == trust['project_id']
    assert [each['ID'] for each in ann.show(f'trust list --trustor {people["ann"]}')] == [trust['id']]
    by_trust = identity.V3Password(f'{site.url}/v3', username='bob', password='pw', user_domain_id='default',
                                   trust_id=trust['id'])
    token = token_of(by_trust)
    assert token['user']['name'] == 'ann' and token['OS-TRUST:trust']['id'] == trust['id']
    keystone = client.Client(session=session.Session(by_trust))
    assert keystone.trusts.get(trust['id']).impersonation is True
    ann(f'trust delete {trust["id"]}')
    by_trust.invalidate()
    with pytest.raises(exceptions.Unauthorized):
        session.Session(by_trust).get_token()


def test_application_credentials_and_access_rules(site, ann):
    rules = json.dumps([{'service': 'identity', 'method': 'GET', 'path': '/v3/auth/**'}], separators=(',', ':'))
    made = shown(ann, f'application credential create --role reader --access-rules {rules} robot')
    assert shown(ann, 'application credential show robot')['id'] == made['id']
    assert 'robot' in [each['Name'] for each in ann.show('application credential list')]
    by_id = identity.V3ApplicationCredential(f'{site.url}/v3', application_credential_id=made['id'],
                                             application_credential_secret=made['secret'])
    by_name = identity.V3ApplicationCredential(f'{site.url}/v3', application_credential_name='robot', username='ann',
                                               user_domain_id='default', application_credential_secret=made['secret'])
    for plugin in (by_id, by_name):
        token = token_of(plugin)
        assert token['application_credential']['restricted'] is True and token['project']['name'] == 'lab'
        assert [role['name'] for role in token['roles']] == ['reader']
    assert requests.get(f'{site.url}/v3/projects', timeout=5,
                        headers={'X-Auth-Token': session.Session(by_id).get_token()}).status_code == 401
    (rule,) = ann.show('access rule list')
    assert shown(ann, f'access rule show {rule["ID"]}')['path'] == '/v3/auth/**'
    ann(f'access rule delete {rule["ID"]}', fails=True)
    cloud = openstack.connection.Connection(session=site.session('ann', 'pw', 'lab'), region_name='RegionOne')
    user = cloud.current_user_id
    own = cloud.identity.create_application_credential(user, 'sdk', unrestricted=True)
    assert own.secret and {each.name for each in cloud.identity.application_credentials(user)} == {'robot', 'sdk'}
    oauth2 = identity.V3OAuth2ClientCredential(f'{site.url}/v3', f'{site.url}/v3/OS-OAUTH2/token', own.id, own.secret)
    assert session.Session(oauth2).get_auth_headers()['Authorization'].startswith('Bearer gAAAAA')
    cloud.identity.delete_application_credential(user, own.id)
    ann('application credential delete robot')
    ann(f'access rule delete {rule["ID"]}')
    by_id.invalidate()
    with pytest.raises(exceptions.Unauthorized):
        session.Session(by_id).get_token()


def test_keystoneclient(site, people):
    keystone = client.Client(session=site.session('ann', 'pw', 'lab'))
    trust = keystone.trusts.create(trustee_user=people['bob'], trustor_user=people['ann'], project=people['lab'],
                                   role_names=['reader'], impersonation=False, remaining_uses=1)
    assert [each.id for each in keystone.trusts.list(trustor_user=people['ann'])] == [trust.id]
    bob = identity.V3Password(f'{site.url}/v3', username='bob', password='pw', user_domain_id='default',
                              trust_id=trust.id)
    assert token_of(bob)['user']['name'] == 'bob'
    with pytest.raises(exceptions.NotFound):
        keystone.trusts.get(trust.id)
    rules = [{'service': 'compute', 'method': 'POST', 'path': '/v2.1/servers'}]
    cred = keystone.application_credentials.create('kc', user=people['ann'], roles=[{'name': 'reader'}],
                                                   access_rules=rules)
    assert cred.secret and keystone.application_credentials.find(user=people['ann'], name='kc').id == cred.id
    (rule,) = keystone.access_rules.list(user=people['ann'])
    assert keystone.access_rules.get(rule.id, user=people['ann']).path == '/v2.1/servers'
    with pytest.raises(exceptions.Forbidden):
        keystone.access_rules.delete(rule.id, user=people['ann'])
    keystone.application_credentials.delete(cred.id, user=people['ann'])
    keystone.access_rules.delete(rule.id, user=people['ann'])
    boss = client.Client(session=site.session())
    consumer = boss.oauth1.consumers.create(description='c')
    assert boss.oauth1.consumers.update(consumer, description='d').description == 'd'
    asked = boss.oauth1.request_tokens.create(consumer.id, consumer.secret, people['lab'])
    granted = keystone.oauth1.request_tokens.authorize(asked.id, [people['reader']])
    access = boss.oauth1.access_tokens.create(consumer.id, consumer.secret, asked.key, asked.secret,
                                              granted.oauth_verifier)
    plugin = V3OAuth1(f'{site.url}/v3', consumer_key=consumer.id, consumer_secret=consumer.secret,
                      access_key=access.key, access_secret=access.secret)
    assert token_of(plugin)['user']['name'] == 'ann'
    boss.oauth1.consumers.delete(consumer)


def test_oauth1(site, admin):
    consumer = admin.show('consumer create --description printer')
    admin(f'consumer set --description press {consumer["id"]}')
    assert admin.show(f'consumer show {consumer["id"]}')['description'] == 'press'
    assert [each['ID'] for each in admin.show('consumer list')] == [consumer['id']]
    keys = f'--consumer-key {consumer["id"]} --consumer-secret {consumer["secret"]}'
    asked = admin.show(f'request token create {keys} --project admin')
    granted = admin.show(f'request token authorize --request-key {asked["id"]} --role reader')
    access = admin.show(f'access token create {keys} --request-key {asked["key"]} --request-secret {asked["secret"]} '
                      f'--verifier {granted["oauth_verifier"]}')
    plugin = V3OAuth1(f'{site.url}/v3', consumer_key=consumer['id'], consumer_secret=consumer['secret'],
                      access_key=access['key'], access_secret=access['secret'])
    token = token_of(plugin)
    assert token['OS-OAUTH1'] == {'consumer_id': consumer['id'], 'access_token_id': access['id']}
    assert token['user']['name'] == 'admin' and token['project']['name'] == 'admin'
    keystone = client.Client(session=site.session())
    user = keystone.session.get_user_id()
    answer = keystone.session.get(f'{site.url}/v3/users/{user}/OS-OAUTH1/access_tokens').json()
    assert [each['id'] for each in answer['access_tokens']] == [access['id']]
    admin(f'consumer delete {consumer["id"]}')
    plugin.invalidate()
    with pytest.raises(exceptions.Unauthorized):
        session.Session(plugin).get_token()


def test_trust_flush(site, ann, people):
    trust = shown(ann, 'trust create --project {lab} --role {member} {ann} {bob}'.format(**people))
    ann(f'trust delete {trust["id"]}')
    site.manage('trust_flush')
