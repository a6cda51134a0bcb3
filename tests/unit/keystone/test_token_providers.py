"""The same life of a token whatever writes it; JWS as published."""
import time
import uuid

import jwt
import pytest

from essex.exception import ConfigError
from keystone.api import loaded
from keystone.exception import KeysMissing, TokenNotFound
from keystone.token.jws import JwsProvider, make_key_pair
from keystone.token.model import Claims, new_audit_id
from tests.unit.keystone.conftest import Api

USER, PROJECT, THING = (uuid.uuid4().hex for _ in range(3))


@pytest.fixture
def jws_keys(conf, tmp_path):
    """Directories with one pair of keys."""
    private, public = make_key_pair()
    for kind, text in (('private', private), ('public', public)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f'{kind}.pem').write_bytes(text)
        conf.set(f'jws_{kind}_key_repository', str(tmp_path / kind), 'jwt_tokens')
    return tmp_path


@pytest.fixture(params=['fernet', 'jws', 'uuid'])
def cloud(request, cloud, conf, jws_keys):
    """The cloud with each provider."""
    conf.set('provider', request.param, 'token')
    loaded.reset()
    cloud.managers = loaded.managers()
    return cloud


def test_the_life_of_a_token(cloud, conf):
    api = Api(cloud)
    scope = {'project': {'id': cloud.project['id']}}
    body = {'auth': {'identity': {'methods': ['password'], 'password': {
        'user': {'id': cloud.owner['id'], 'password': 'the-password'}}}, 'scope': scope}}
    password = body['auth']['identity']
    made = api('POST', '/v3/auth/tokens', body)
    text = made.headers['X-Subject-Token']
    for fresh in (False, True):
        if fresh:
            cloud.managers.tokens.cache.clear()
        shown = api('GET', '/v3/auth/tokens', token=text, subject=text)
        assert shown.status_int == 200 and shown.json == made.json
    body = {'auth': {'identity': {'methods': ['token'], 'token': {'id': text}}, 'scope': scope}}
    second = api('POST', '/v3/auth/tokens', body)
    assert second.json['token']['expires_at'] == made.json['token']['expires_at']
    assert second.json['token']['audit_ids'][1] == made.json['token']['audit_ids'][0]
    assert api('DELETE', '/v3/auth/tokens', token=text, subject=text).status_int == 204
    other = second.headers['X-Subject-Token']
    assert api('GET', '/v3/auth/tokens', token=text, subject=other).status_int == 401
    # What was got with it goes with it.
    assert api('GET', '/v3/auth/tokens', token=other, subject=other).status_int == 401
    body['auth']['identity'] = password
    other = api('POST', '/v3/auth/tokens', body).headers['X-Subject-Token']
    assert api('GET', '/v3/auth/tokens', token=other, subject=text).status_int == 404
    assert api('GET', '/v3/auth/tokens', token=other, subject=other).status_int == 200
    cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': False})
    assert api('GET', '/v3/users', token=other).status_int == 401


def test_after_its_end_a_service_may_still_ask(cloud, monkeypatch):
    text, later = cloud.token(cloud.owner, cloud.project), time.time() + 3700
    cloud.managers.tokens.cache.clear()
    monkeypatch.setattr('keystone.token.manager.time.time', lambda: later)
    with pytest.raises(TokenNotFound):
        cloud.managers.tokens.validate(text)
    assert cloud.managers.tokens.validate(text, window=3600).id == text


class TestJws:

    KINDS = ({}, {'project_id': PROJECT}, {'domain_id': 'default'}, {'system': True},
             {'project_id': PROJECT, 'trust_id': THING}, {'project_id': PROJECT, 'app_cred_id': THING},
             {'project_id': PROJECT, 'access_token_id': THING}, {'project_id': PROJECT, 'thumbprint': 'abc'},
             {'idp_id': 'acme', 'protocol_id': 'saml2', 'group_ids': [THING, 'staff'], 'project_id': PROJECT})

    @pytest.fixture
    def provider(self, jws_keys):
        return JwsProvider()

    @pytest.mark.parametrize('kind', KINDS)
    def test_every_kind_survives(self, provider, kind):
        claims = Claims(USER, ['password'], [new_audit_id()], 1700000000, 1700003600.0, **kind)
        assert provider.decode(provider.encode(claims)) == claims

    def test_the_claims_are_as_published(self, provider):
        claims = Claims(USER, ['token', 'password'], ['a', 'b'], 1700000000, 1700003600.0, system=True)
        token = provider.encode(claims)
        assert jwt.get_unverified_header(token) == {'alg': 'ES256', 'typ': 'JWT'}
        assert jwt.decode(token, options={'verify_signature': False}) == {
            'sub': USER, 'iat': 1700000000, 'exp': 1700003600, 'openstack_methods': ['token', 'password'],
            'openstack_audit_ids': ['a', 'b'], 'openstack_system': 'all'}

    def test_another_issuer_is_believed_when_its_public_key_is_there(self, provider, jws_keys, monkeypatch):
        private, public = make_key_pair()
        payload = {'sub': USER, 'iat': 1700000000, 'exp': 1700003600, 'openstack_methods': ['password'],
                   'openstack_audit_ids': ['a'], 'openstack_group_ids': ['g']}
        foreign = jwt.encode(payload, private, algorithm='ES256')
        with pytest.raises(TokenNotFound):
            provider.decode(foreign)
        (jws_keys / 'public' / 'other.pem').write_bytes(public)
        now = time.monotonic()
        monkeypatch.setattr('keystone.token.jws.time.monotonic', lambda: now + 2)
        assert provider.decode(foreign).group_ids == ['g']

    def test_what_is_not_signed_with_es256_is_not_found(self, provider, jws_keys):
        payload = {'sub': USER, 'iat': 1, 'exp': 2, 'openstack_methods': [], 'openstack_audit_ids': []}
        token = provider.encode(Claims(USER, [], [], 1, 2))
        public = (jws_keys / 'public' / 'public.pem').read_text(encoding='utf-8')
        odd = [jwt.encode(payload, None, algorithm='none'), jwt.encode(payload, 'k' * 32, algorithm='HS256'), '',
               'a.b.c', token[:-3], token + 'x', 'ä', public]
        for text in odd:
            with pytest.raises(TokenNotFound):
                provider.decode(text)
        private = (jws_keys / 'private' / 'private.pem').read_bytes()
        for wrong in ({}, {'sub': USER}, {**payload, 'exp': 'soon'}, {**payload, 'openstack_group_ids': 7}):
            with pytest.raises(TokenNotFound):
                provider.decode(jwt.encode(wrong, private, algorithm='ES256'))

    def test_keys_that_are_missing_or_broken_are_said(self, conf, tmp_path, jws_keys):
        (jws_keys / 'public' / 'broken.pem').write_bytes(b'-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')
        with pytest.raises(ConfigError, match='cannot be read'):
            JwsProvider().decode('a.b.c')
        for kind in ('private', 'public'):
            conf.set(f'jws_{kind}_key_repository', str(tmp_path / 'none'), 'jwt_tokens')
        with pytest.raises(KeysMissing, match='create_jws_keypair'):
            JwsProvider().encode(Claims(USER, [], [], 1, 2))
        with pytest.raises(KeysMissing, match='create_jws_keypair'):
            JwsProvider().decode('a.b.c')
