"""OAuth 1.0a: consumers, the way to an access token, tokens by it, and what ends them. Signed by oauthlib's client."""
import datetime
import logging
from urllib.parse import parse_qs

import pytest
import sqlalchemy
from oauthlib import oauth1

from essex import db
from keystone.credential.store import Vault
from keystone.db.models import AccessToken, Consumer, OauthNonce, RequestToken
from tests.unit.keystone.token_watch import TokenWatch

HOST = 'http://keystone.test:5000'
BASE = '/v3/OS-OAUTH1'


class Kit(TokenWatch):
    """Owner lets a consumer use his roles on his project."""

    def __init__(self, cloud, api):
        self.cloud, self.api = cloud, api
        self.admin, self.owner = cloud.admin_token, cloud.token(cloud.owner, cloud.project)
        self.consumer = self.new_consumer()

    def new_consumer(self, **values):
        answer = self.api('POST', f'{BASE}/consumers', {'consumer': values}, token=self.admin)
        assert answer.status_int == 201, answer.body
        return answer.json['consumer']

    def signed(self, path, key=None, body=None, headers=None, status=201, consumer=None, url=None, **more):
        """The form-encoded answer to a signed POST as a dict, or its status."""
        consumer = consumer or self.consumer
        client = oauth1.Client(consumer['id'], client_secret=consumer['secret'], **{
            **({'resource_owner_key': key['oauth_token'], 'resource_owner_secret': key['oauth_token_secret']}
               if key else {}), **more})
        _, signed, _ = client.sign(url or HOST + path, http_method='POST', headers=headers or {})
        answer = self.api('POST', path, body, headers=signed)
        assert answer.status_int == status, answer.body
        if status != 201:
            return answer.json['error']['message']
        if body is not None:
            return answer
        assert answer.content_type == 'application/x-www-form-urlencoded'
        # Times are as they are written, for clients that do not decode.
        assert '%3A' not in answer.text
        return {name: value for name, (value,) in parse_qs(answer.text).items()}

    def ask(self, project_id=None, **more):
        headers = {'Requested-Project-Id': project_id or self.cloud.project['id']}
        return self.signed(f'{BASE}/request_token', headers=headers, **{'callback_uri': 'oob', **more})

    def authorize(self, asked, roles=None, status=200, token=None):
        answer = self.api('PUT', f'{BASE}/authorize/{asked["oauth_token"]}', {'roles': roles or [{'name': 'member'}]},
                          token=token or self.owner)
        assert answer.status_int == status, answer.body
        return answer.json['token']['oauth_verifier'] if status == 200 else None

    def exchange(self, asked, verifier, **more):
        return self.signed(f'{BASE}/access_token', key=asked, verifier=verifier, **more)

    def access(self, **more):
        asked = self.ask(**more)
        return self.exchange(asked, self.authorize(asked), **more)

    def log_in(self, access, status=201, **more):
        body = {'auth': {'identity': {'methods': ['oauth1'], 'oauth1': {}}}}
        return self.signed('/v3/auth/tokens', key=access, body=body, status=status, **more)


@pytest.fixture
def kit(cloud, api):
    return Kit(cloud, api)


def test_consumers(kit, cloud):
    made = kit.new_consumer(description='a printer', color='red')
    secret = made.pop('secret')
    path = f'{BASE}/consumers/{made["id"]}'
    assert made == {'id': made['id'], 'description': 'a printer', 'color': 'red', 'links': {'self': HOST + path}}
    assert len(secret) == 32 and kit.consumer['description'] is None
    assert kit.api('GET', path, token=kit.admin).json == {'consumer': made}
    listed = kit.api('GET', f'{BASE}/consumers', token=kit.admin).json['consumers']
    assert made in listed and len(listed) == 2 and secret not in str(listed)
    answer = kit.api('PATCH', path, {'consumer': {'description': 'new', 'color': None}}, token=kit.admin)
    assert answer.json['consumer'] == {**{name: made[name] for name in ('id', 'links')}, 'description': 'new'}
    assert kit.api('PATCH', path, {'consumer': {'secret': 'x'}}, token=kit.admin).status_int == 400
    for nothing in ({}, None):
        assert kit.api('POST', f'{BASE}/consumers', nothing, token=kit.admin).status_int == 201
    for who, token in cloud.cast().items():
        expected = {'admin': 200, 'nobody': 401}.get(who, 403)
        assert kit.api('GET', path, token=token).status_int == expected
        assert kit.api('GET', f'{BASE}/consumers', token=token).status_int == expected
        if who != 'admin':
            assert kit.api('DELETE', path, token=token).status_int == expected
            assert kit.api('PATCH', path, {'consumer': {'description': 'x'}}, token=token).status_int == expected
            assert kit.api('POST', f'{BASE}/consumers', {'consumer': {}}, token=token).status_int == expected
    assert kit.api('DELETE', path, token=kit.admin).status_int == 204
    for method, body in (('GET', None), ('PATCH', {'consumer': {'description': 'x'}}), ('DELETE', None)):
        assert kit.api(method, path, body, token=kit.admin).status_int == 404


def test_the_way_to_a_token(kit, cloud):
    asked = kit.ask()
    assert set(asked) == {'oauth_token', 'oauth_token_secret', 'oauth_expires_at', 'oauth_callback_confirmed'}
    verifier = kit.authorize(asked, [{'name': 'reader'}])
    access = kit.exchange(asked, verifier)
    assert set(access) == {'oauth_token', 'oauth_token_secret', 'oauth_expires_at'}
    end = datetime.datetime.fromisoformat(access['oauth_expires_at'])
    assert abs((end - datetime.datetime.now(datetime.UTC)).total_seconds() - 86400) < 60
    answer = kit.log_in(access)
    token, token_id = answer.json['token'], answer.headers['X-Subject-Token']
    assert token['OS-OAUTH1'] == {'consumer_id': kit.consumer['id'], 'access_token_id': access['oauth_token']}
    assert token['user']['id'] == cloud.owner['id'] and token['project']['id'] == cloud.project['id']
    assert token['methods'] == ['oauth1'] and [role['name'] for role in token['roles']] == ['reader']
    assert kit.validate(token_id).json['token'] == token and kit.alive(token_id)
    # Nothing further can be got with it.
    identity = {'methods': ['token'], 'token': {'id': token_id}}
    assert kit.api('POST', '/v3/auth/tokens', {'auth': {'identity': identity}}).status_int == 403
    kit.authorize(kit.ask(), [{'name': 'reader'}], 403, token_id)
    trust = {'trustor_user_id': cloud.owner['id'], 'trustee_user_id': cloud.stranger['id'], 'impersonation': True}
    assert kit.api('POST', '/v3/OS-TRUST/trusts', {'trust': trust}, token=token_id).status_int == 403
    # The request token was used up; the access token was not.
    kit.exchange(asked, verifier, status=401)
    assert kit.log_in(access).status_int == 201


def test_what_is_refused(kit, cloud):
    other, asked = kit.new_consumer(), kit.ask()
    unknown = {'id': 'unknown', 'secret': 'x'}
    kit.ask(project_id='unknown', status=404)
    kit.ask(consumer=unknown, status=404)
    kit.ask(consumer={**kit.consumer, 'secret': 'wrong'}, status=401)
    kit.ask(url='http://elsewhere:5000/v3/OS-OAUTH1/request_token', status=401)
    kit.ask(callback_uri=None, status=400)
    kit.ask(timestamp='1000000000', status=400)
    kit.ask(signature_method=oauth1.SIGNATURE_PLAINTEXT, status=400)
    kit.signed(f'{BASE}/request_token', status=400)
    for header in ('', 'OAuth', 'OAuth oauth_consumer_key', 'Basic eA==', 'OAuth oauth_consumer_key="%zz"'):
        headers = {'Authorization': header, 'Requested-Project-Id': cloud.project['id']}
        for path in ('request_token', 'access_token'):
            assert kit.api('POST', f'{BASE}/{path}', headers=headers).status_int == 400, header
        identity = {'methods': ['oauth1'], 'oauth1': {}}
        answer = kit.api('POST', '/v3/auth/tokens', {'auth': {'identity': identity}}, headers=headers)
        assert answer.status_int == 401, header
    kit.authorize({'oauth_token': 'unknown'}, status=404)
    kit.authorize(asked, [{'name': 'admin'}], 401)
    kit.authorize(asked, [{'name': 'unknown'}], 404)
    kit.authorize(asked, [{'id': 'unknown'}], 401)
    kit.authorize(asked, status=401, token=kit.cloud.token(cloud.stranger, cloud.elsewhere))
    kit.exchange(asked, 'early', status=401)
    verifier = kit.authorize(asked)
    kit.authorize(asked, status=403, token=kit.cloud.token(cloud.member, cloud.project))
    kit.exchange(asked, 'wrong', status=401)
    kit.exchange(asked, None, status=400)
    kit.exchange(asked, verifier, consumer=other, status=401)
    kit.exchange({**asked, 'oauth_token_secret': 'x'}, verifier, status=401)
    access = kit.exchange(asked, verifier)
    kit.log_in(access, 401, consumer=other)
    kit.log_in(access, 401, consumer=unknown)
    kit.log_in({**access, 'oauth_token': 'unknown'}, 401)
    kit.log_in(asked, 401)
    # The same signature counts once.
    once = {'nonce': 'n1', 'timestamp': str(int(datetime.datetime.now().timestamp()))}
    kit.log_in(access, **once)
    kit.log_in(access, 401, **once)


def test_durations(kit, conf):
    conf.set('request_token_duration', 0, 'oauth1')
    conf.set('access_token_duration', 0, 'oauth1')
    assert 'oauth_expires_at' not in kit.ask() and 'oauth_expires_at' not in kit.access()
    conf.set('request_token_duration', 10, 'oauth1')
    conf.set('access_token_duration', 10, 'oauth1')
    late, (asked, verifier) = kit.ask(), [(asked, kit.authorize(asked)) for asked in (kit.ask(),)][0]
    access = kit.access()
    past = db.utcnow() - datetime.timedelta(hours=1)
    with db.writer() as session:
        for model in (RequestToken, AccessToken):
            session.query(model).filter(model.expires_at.isnot(None)).update({'expires_at': past})
        session.query(OauthNonce).update({'used_at': past})
    kit.authorize(late, status=401)
    kit.exchange(asked, verifier, status=401)
    kit.log_in(access, 401)
    # What is over is forgotten by and by.
    kit.ask()
    with db.reader() as session:
        assert session.query(OauthNonce).count() == 1 and session.query(RequestToken).count() == 2
        assert session.query(AccessToken).count() == 1


def test_access_tokens_of_a_user(kit, cloud):
    key = kit.access()['oauth_token']
    mine = f'/v3/users/{cloud.owner["id"]}/OS-OAUTH1/access_tokens'
    path = f'{mine}/{key}'
    shown = kit.api('GET', path, token=kit.owner).json['access_token']
    assert shown == {'id': key, 'consumer_id': kit.consumer['id'], 'project_id': cloud.project['id'],
                     'authorizing_user_id': cloud.owner['id'], 'expires_at': shown['expires_at'],
                     'links': {'self': HOST + path, 'roles': f'{HOST + path}/roles'}}
    assert kit.api('GET', mine, token=kit.owner).json['access_tokens'] == [shown]
    (role,) = kit.api('GET', f'{path}/roles', token=kit.owner).json['roles']
    assert role['name'] == 'member'
    assert kit.api('GET', f'{path}/roles/{role["id"]}', token=kit.owner).json['role'] == role
    for wrong in (f'{path}/roles/none', f'{mine}/none', f'{mine}/none/roles'):
        assert kit.api('GET', wrong, token=kit.owner).status_int == 404
    for url in (mine, path, f'{path}/roles', f'{path}/roles/{role["id"]}'):
        codes = {who: kit.api('GET', url, token=token).status_int for who, token in cloud.cast().items()}
        assert codes == {'admin': 200, 'owner': 200, 'member': 403, 'stranger': 403, 'nobody': 401}
    assert kit.api('DELETE', path, token=cloud.token(cloud.member, cloud.project)).status_int == 403
    assert kit.api('DELETE', path, token=kit.owner).status_int == 204
    assert kit.api('DELETE', path, token=kit.owner).status_int == 404


def test_tokens_die_with_what_they_rest_on(kit, cloud):
    managers = cloud.managers

    def dies(change, undo=None):
        kit.owner = cloud.token(cloud.owner, cloud.project)
        access = kit.access()
        token_id = kit.log_in(access).headers['X-Subject-Token']
        assert kit.alive(token_id)
        change(access)
        assert kit.validate(token_id).status_int == 404 and not kit.alive(token_id)
        kit.log_in(access, 401)
        if undo:
            undo(access)
            assert kit.log_in(access)

    dies(lambda access: managers.oauth1.delete_access_token(cloud.owner['id'], access['oauth_token']))
    dies(lambda access: cloud.ungrant(cloud.owner, 'member', cloud.project),
         lambda access: cloud.grant(cloud.owner, 'member', cloud.project))
    dies(lambda access: managers.identity.update_user(cloud.owner['id'], {'enabled': False}),
         lambda access: managers.identity.update_user(cloud.owner['id'], {'enabled': True}))
    dies(lambda access: managers.resource.update_project(cloud.project['id'], {'enabled': False}),
         lambda access: managers.resource.update_project(cloud.project['id'], {'enabled': True}))
    kept = kit.consumer
    dies(lambda access: managers.oauth1.delete_consumer(kit.consumer['id']))
    kit.consumer = kit.new_consumer()
    assert kit.consumer['id'] != kept['id']
    dies(lambda access: managers.identity.delete_user(cloud.owner['id']))
    with db.reader() as session:
        assert session.query(AccessToken).count() == 0


def test_no_secret_is_logged(kit, caplog):
    caplog.set_level(logging.DEBUG)
    asked = kit.ask()
    access = kit.exchange(asked, kit.authorize(asked))
    kit.log_in(access)
    kit.log_in({**access, 'oauth_token_secret': 'guessed'}, 401)
    for secret in (kit.consumer['secret'], asked['oauth_token_secret'], access['oauth_token_secret']):
        assert secret not in caplog.text


def test_the_database_has_no_secret_and_a_rotation_of_keys_loses_none(kit):
    asked, access = kit.ask(), kit.access()
    with db.reader() as session:
        rows = [dict(row) for model in (Consumer, RequestToken, AccessToken)
                for row in session.execute(sqlalchemy.select(model.__table__)).mappings()]
    for secret in (kit.consumer['secret'], asked['oauth_token_secret'], access['oauth_token_secret']):
        assert secret not in str(rows)
    shown = kit.api('GET', f'{BASE}/consumers/{kit.consumer["id"]}', token=kit.admin).json['consumer']
    tokens = kit.api('GET', f'/v3/users/{kit.cloud.owner["id"]}/OS-OAUTH1/access_tokens', token=kit.owner)
    assert 'key_hash' not in str((shown, tokens.json)) and rows[0]['secret'] not in str(shown)
    assert kit.api('PATCH', f'{BASE}/consumers/{kit.consumer["id"]}', {'consumer': {'key_hash': 'x'}},
                   token=kit.admin).status_int == 400
    vault = Vault()
    assert vault.behind() == 0
    for _ in range(3):
        vault.keys.rotate()
        vault = Vault()
        assert vault.behind() == vault.migrate() == 3 and vault.behind() == 0
    kit.cloud.managers.oauth1.vault.keys._next = 0
    kit.log_in(access)
    kit.exchange(asked, kit.authorize(asked))
