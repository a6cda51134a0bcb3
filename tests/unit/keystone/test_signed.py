"""Tokens for signed EC2 and S3 requests: signatures by the clients' own code, who may ask, what is refused."""
import base64
import datetime
import hashlib
import hmac
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from keystoneclient.contrib.ec2.utils import Ec2Signer

from keystone.credential import signatures
from tests.unit.keystone.conftest import Api

EMPTY = hashlib.sha256(b'').hexdigest()


def now(seconds=0, form='%Y-%m-%dT%H:%M:%SZ'):
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).strftime(form)


@pytest.fixture
def keys(cloud):
    """The owner's key pair for his project."""
    return cloud.managers.ec2.create(cloud.owner['id'], cloud.project['id'])


@pytest.fixture
def service(cloud):
    """The token of a service."""
    return cloud.token(cloud.new_user('swift', cloud.admin_project, 'service'), cloud.admin_project)


@pytest.fixture
def ask(api, service):
    """ask(request) -> the answer of v3 to a service."""
    def call(request, token=service, path='/v3/ec2tokens', name='credentials'):
        return api('POST', path, {name: request}, token=token)
    return call


def query_request(keys, version='2', seconds=0, **more):
    params = {'AWSAccessKeyId': keys['access'], 'Action': 'DescribeInstances', 'SignatureVersion': version,
              'Timestamp': now(seconds), 'Filter.1.Name': 'a b*~é', **more}
    if version == '2':
        params['SignatureMethod'] = 'HmacSHA256'
    request = {'access': keys['access'], 'host': 'cloud.example:8773', 'verb': 'GET', 'path': '/services/Cloud',
               'params': params}
    return {**request, 'signature': Ec2Signer(keys['secret']).generate(dict(request, params=dict(params)))}


@pytest.mark.parametrize('version', ['0', '1', '2'])
def test_query_signatures_are_those_clients_make(ask, keys, cloud, version):
    answer = ask(query_request(keys, version))
    assert answer.status_int == 200, answer.body
    token = answer.json['token']
    assert token['methods'] == ['ec2credential'] and token['project']['id'] == cloud.project['id']
    assert token['user']['name'] == 'owner' and [role['name'] for role in token['roles']] == ['member', 'reader']
    text = answer.headers['X-Subject-Token']
    for _ in range(2):
        assert cloud.managers.tokens.validate(text).claims.methods == ['ec2credential']
        cloud.managers.tokens.cache.clear()
    wrong = query_request(keys, version)
    wrong['signature'] = wrong['signature'][:-2] + 'x='
    assert ask(wrong).status_int == 401


def test_every_name_of_the_body_and_both_hosts_fit(ask, keys):
    request = query_request(keys)
    for name in ('credentials', 'ec2Credentials', 'credential'):
        assert ask(request, name=name).status_int == 200
    # The client signed without the port, the service saw it with one.
    bare = {**request, 'host': 'cloud.example'}
    bare['signature'] = Ec2Signer(keys['secret']).generate(dict(bare, params=dict(bare['params'])))
    assert ask({**bare, 'host': 'cloud.example:8773'}).status_int == 200
    assert ask({**bare, 'host': 'other.example'}).status_int == 401
    sha1 = {**request, 'params': {**request['params'], 'SignatureMethod': 'HmacSHA1'}}
    text = '\n'.join(('GET', sha1['host'], sha1['path'], signatures._query(sha1['params'], 'Signature')))
    digest = hmac.new(keys['secret'].encode(), text.encode(), hashlib.sha1).digest()
    sha1['signature'] = base64.b64encode(digest).decode()
    assert ask(sha1).status_int == 200


def test_version_4_in_headers_and_in_the_query(ask, keys):
    secret = Credentials(keys['access'], keys['secret'])
    url = 'http://cloud.example:8773/services/Cloud'
    body = b'Action=DescribeInstances'
    aws = AWSRequest('POST', url, data=body, headers={'Content-Type': 'application/x-www-form-urlencoded'})
    SigV4Auth(secret, 'ec2', 'RegionOne').add_auth(aws)
    headers = dict(aws.headers.items())
    request = {'access': keys['access'], 'host': 'cloud.example:8773', 'verb': 'POST', 'path': '/services/Cloud',
               'params': {'Action': 'DescribeInstances'}, 'headers': headers,
               'body_hash': hashlib.sha256(body).hexdigest(),
               'signature': headers['Authorization'].rpartition('=')[2]}
    assert ask(request).status_int == 200
    assert ask({**request, 'body_hash': EMPTY}).status_int == 401
    old = {**headers, 'X-Amz-Date': '20120405T000000Z'}
    assert ask({**request, 'headers': old}).status_int == 401
    # No time counts but the one that was signed.
    with_time = {**request['params'], 'Timestamp': now()}
    assert ask({**request, 'params': with_time}).status_int == 200
    assert signatures.signed_at({'params': with_time, 'headers': {name.lower(): value for name, value in old.items()}}
                                ).year == 2012
    aws = AWSRequest('GET', url, params={'Action': 'DescribeInstances', 'Version': '2016-11-15'})
    SigV4QueryAuth(secret, 'ec2', 'RegionOne').add_auth(aws)
    params = dict(parse_qsl(urlsplit(aws.url).query))
    request = {'access': keys['access'], 'host': 'cloud.example:8773', 'verb': 'GET', 'path': '/services/Cloud',
               'params': params, 'headers': {}, 'body_hash': EMPTY, 'signature': params['X-Amz-Signature']}
    assert ask(request).status_int == 200
    assert ask({**request, 'path': '/services/Admin'}).status_int == 401


def s3_request(keys, secret=None):
    text = 'GET\n\n\nMon, 09 Jul 2012 10:00:00 +0000\n/bucket/ö'.encode()
    signature = base64.b64encode(hmac.new((secret or keys['secret']).encode(), text, hashlib.sha1).digest()).decode()
    return {'access': keys['access'], 'token': base64.urlsafe_b64encode(text).decode(), 'signature': signature}


def test_s3(ask, api, keys, cloud, service):
    answer = ask(s3_request(keys), path='/v3/s3tokens')
    assert answer.status_int == 200 and answer.json['token']['project']['name'] == 'demo'
    assert cloud.managers.tokens.validate(answer.headers['X-Subject-Token'])
    assert ask(s3_request(keys, 'x' * 32), path='/v3/s3tokens').status_int == 401
    access = api('POST', '/v2.0/s3tokens', {'credentials': s3_request(keys)}, token=service).json['access']
    assert access['token']['tenant']['name'] == 'demo' and access['serviceCatalog']
    # Version 4, by botocore.
    aws = AWSRequest('GET', 'http://s3.example/bucket/key')
    aws.context['timestamp'] = now(form='%Y%m%dT%H%M%SZ')
    signer = S3SigV4Auth(Credentials(keys['access'], keys['secret']), 's3', 'RegionOne')
    signer._modify_request_before_signing(aws)
    text = signer.string_to_sign(aws, signer.canonical_request(aws))
    request = {'access': keys['access'], 'token': base64.urlsafe_b64encode(text.encode()).decode(),
               'signature': signer.signature(text, aws)}
    assert ask(request, path='/v3/s3tokens').status_int == 200
    for odd in (text.replace('/s3/', '/ec2/'), text.replace('\n', ''), 'AWS4-HMAC-SHA256'):
        token = base64.urlsafe_b64encode(odd.encode()).decode()
        assert ask({**request, 'token': token}, path='/v3/s3tokens').status_int == 400
    for token in ('ä', 'x', base64.urlsafe_b64encode(b'\xff\xfe').decode()):
        assert ask({**request, 'token': token}, path='/v3/s3tokens').status_int == 400


def test_v2_answers_with_an_access_document(api, cloud, keys, conf):
    answer = api('POST', '/v2.0/ec2tokens', {'ec2Credentials': query_request(keys)}, token=cloud.admin_token)
    assert answer.json['access']['user']['name'] == 'owner' and answer.json['access']['serviceCatalog']
    for path, request in (('ec2tokens', query_request(keys)), ('s3tokens', s3_request(keys))):
        body = {'credentials': request}
        assert api('POST', f'/v2.0/{path}', body).status_int == 401
        assert api('POST', f'/v2.0/{path}', body, token=cloud.token(cloud.owner, cloud.project)).status_int == 403
        assert api('POST', f'/v2.0/{path}', body, token=cloud.admin_token).status_int == 200
    # Filters of the Essex era send no token.
    conf.set('open_v2_tokens', True, 'ec2')
    for path, request in (('ec2tokens', query_request(keys)), ('s3tokens', s3_request(keys))):
        assert api('POST', f'/v2.0/{path}', {'credentials': request}).status_int == 200


def test_only_services_and_administrators_ask_v3(ask, keys, cloud):
    for request, path in ((query_request(keys), '/v3/ec2tokens'), (s3_request(keys), '/v3/s3tokens')):
        assert ask(request, token=None, path=path).status_int == 401
        assert ask(request, token=cloud.token(cloud.owner, cloud.project), path=path).status_int == 403
        assert ask(request, token=cloud.admin_token, path=path).status_int == 200


def test_what_is_old_is_refused(ask, keys, conf):
    for seconds in (-16 * 60, 16 * 60):
        assert ask(query_request(keys, seconds=seconds)).status_int == 401
    assert ask(query_request(keys, seconds=-14 * 60)).status_int == 200
    assert ask(query_request(keys, Timestamp='')).status_int == 401
    beside = {'X-Amz-Date': now(form='%Y%m%dT%H%M%SZ')}
    assert ask({**query_request(keys, Timestamp=''), 'headers': beside}).status_int == 401
    assert ask(query_request(keys, Timestamp='yesterday')).status_int == 400
    conf.set('auth_ttl', 0, 'credential')
    assert ask(query_request(keys, seconds=-10 ** 6)).status_int == 200


def test_who_knows_a_key_does_not_keep_its_owner_out(ask, keys, conf):
    conf.set('failures_per_user', 1, 'auth')
    for request, path in ((query_request(keys), '/v3/ec2tokens'), (s3_request(keys), '/v3/s3tokens')):
        for _ in range(3):
            assert ask({**request, 'signature': 'forged'}, path=path).status_int == 401
        assert ask(request, path=path).status_int == 200


def test_who_is_gone_or_may_nothing_gets_nothing(ask, cloud, keys):
    cloud.grant(cloud.owner, 'reader', cloud.project)
    cloud.ungrant(cloud.owner, 'member', cloud.project)
    cloud.ungrant(cloud.owner, 'reader', cloud.project)
    assert ask(query_request(keys)).status_int == 401
    cloud.grant(cloud.owner, 'member', cloud.project)
    assert ask(query_request(keys)).status_int == 200
    cloud.managers.resource.update_project(cloud.project['id'], {'enabled': False})
    assert ask(query_request(keys)).status_int == 401
    cloud.managers.resource.update_project(cloud.project['id'], {'enabled': True})
    cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': False})
    assert ask(query_request(keys)).status_int == 401
    assert ask(query_request({**keys, 'access': 'unknown'})).status_int == 401
    assert ask(s3_request({**keys, 'access': 'unknown'}), path='/v3/s3tokens').status_int == 401


def test_a_tenant_behind_the_key_has_to_be_its_own(ask, keys, cloud):
    for tenant, status in ((cloud.project['id'], 200), ('demo', 200), ('elsewhere', 401), ('', 401)):
        request = query_request({**keys, 'access': f'{keys["access"]}:{tenant}'})
        assert ask(request).status_int == status, tenant
    # A key that was imported with its tenant in front is one name.
    made = cloud.managers.ec2.create(cloud.owner['id'], cloud.project['id'], access='demo:123')
    assert ask(query_request(made)).status_int == 200


@pytest.mark.parametrize('body', [{}, {'credentials': {}}, {'credentials': None}, {'credentials': {'access': 'x'}},
                                  {'credentials': {'access': 'x', 'signature': 1}}, {'other': {}}, [],
                                  {'credentials': {'access': 'x', 'signature': 'y', 'params': []}},
                                  {'credentials': {'access': 'x', 'signature': 'y', 'params': {}}},
                                  {'credentials': {'access': 'x', 'signature': 'y',
                                                   'params': {'SignatureVersion': '3'}}},
                                  {'credentials': {'access': 'x', 'signature': 'y', 'headers': {
                                      'Authorization': 'AWS4-HMAC-SHA256 nonsense'}}}])
def test_bad_bodies_are_400(api, service, body):
    for path in ('/v2.0/ec2tokens', '/v3/ec2tokens'):
        assert api('POST', path, body, token=service).status_int == 400
    assert api('POST', '/v3/s3tokens', body, token=service).status_int == 400


def test_keys_made_with_a_delegated_token_are_worth_no_more(cloud, api, ask):
    tokens = cloud.managers.tokens
    cloud.grant(cloud.owner, 'manager', project=cloud.project)
    tokens.extend('app_cred_id', lambda session, token: setattr(
        token, 'roles', [role for role in token.roles if role['name'] == 'member']))
    user = cloud.managers.identity.full_user(cloud.owner['id'])
    scope = cloud.managers.auth.scopes.resolve(user, {'project': {'id': cloud.project['id']}})
    token = tokens.issue(user, ['password'], scope, app_cred_id='c' * 32).id
    path = f'/v3/users/{user["id"]}/credentials/OS-EC2'
    assert api('POST', path, {'tenant_id': cloud.elsewhere['id']}, token=token).status_int == 403
    made = api('POST', path, {'tenant_id': cloud.project['id']}, token=token).json['credential']
    assert set(made) == {'access', 'secret', 'user_id', 'tenant_id', 'trust_id', 'links'}
    assert [role['name'] for role in ask(query_request(made)).json['token']['roles']] == ['member']


def test_keys_in_memory(cloud, conf, service):
    from keystone.api import loaded
    conf.set('driver', 'keystone.contrib.ec2.backends.kvs.Ec2', 'ec2')
    loaded.reset()
    api, token, other = Api(cloud), cloud.token(cloud.owner, cloud.project), cloud.token(cloud.member, cloud.project)
    path = f'/v3/users/{cloud.owner["id"]}/credentials/OS-EC2'
    made = api('POST', path, {'tenant_id': cloud.project['id']}, token=token).json['credential']
    assert [each['access'] for each in api('GET', path, token=token).json['credentials']] == [made['access']]
    assert api('GET', f'{path}/{made["access"]}', token=other).status_int == 403
    request = {'credentials': query_request(made)}
    assert api('POST', '/v2.0/ec2tokens', request, token=service).status_int == 200
    assert api('DELETE', f'{path}/{made["access"]}', token=token).status_int == 204
    assert api('GET', f'{path}/{made["access"]}', token=token).status_int == 404
    assert api('POST', '/v2.0/ec2tokens', request, token=service).status_int == 401
