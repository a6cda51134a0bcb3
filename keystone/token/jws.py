"""JWS tokens (RFC 7515, ES256): signed, readable by anyone, with claims as Keystone publishes them.

Only who issues tokens needs the private key; the public keys of every issuer lie in one directory.
"""
import os
import time

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from oslo_config import cfg

from essex import config
from essex.exception import ConfigError
from keystone.exception import KeysMissing, TokenNotFound
from keystone.token.model import Claims
from keystone.token.provider import TokenProvider

OPTS = [
    cfg.StrOpt('jws_public_key_repository', default='/etc/keystone/jws-keys/public',
               help='Directory of the public keys (PEM files) whose tokens are accepted.'),
    cfg.StrOpt('jws_private_key_repository', default='/etc/keystone/jws-keys/private',
               help='Directory of the key that signs tokens, in the file private.pem.'),
]
CONF = config.register(OPTS, 'jwt_tokens')

ALGORITHM = 'ES256'
# Seconds between two looks at the keys.
_LOOK_EVERY = 1.0
# {claim: field of Claims} of those that are written as they are.
_PRIVATE = {'openstack_methods': 'methods', 'openstack_audit_ids': 'audit_ids', 'openstack_domain_id': 'domain_id',
            'openstack_project_id': 'project_id', 'openstack_trust_id': 'trust_id', 'openstack_idp_id': 'idp_id',
            'openstack_protocol_id': 'protocol_id', 'openstack_access_token_id': 'access_token_id',
            'openstack_app_cred_id': 'app_cred_id', 'openstack_thumbprint': 'thumbprint'}


class JwsProvider(TokenProvider):
    """Tokens as compact JWS."""

    def __init__(self):
        self.private_path = os.path.join(CONF.jwt_tokens.jws_private_key_repository, 'private.pem')
        self.public_path = CONF.jwt_tokens.jws_public_key_repository
        self._private, self._public, self._next = None, [], 0.0
        # {PEM text: key}, so that a look parses only what is new.
        self._parsed = {}

    def _look(self):
        """Read the keys, at most once a second: a directory may have changed."""
        now = time.monotonic()
        if now >= self._next:
            text = _read(self.private_path)
            self._private = text and self._parse(text, serialization.load_pem_private_key, password=None)
            self._public = [self._parse(text, serialization.load_pem_public_key)
                            for text in _public_keys(self.public_path)]
            self._next = now + _LOOK_EVERY

    def _parse(self, text, load, **more):
        if text not in self._parsed:
            try:
                self._parsed[text] = load(text, **more)
            except (ValueError, TypeError, UnsupportedAlgorithm) as error:
                raise ConfigError(f'A key in {self.public_path} or {self.private_path} cannot be read: {error}'
                                  ) from error
        return self._parsed[text]

    def encode(self, claims):
        self._look()
        if self._private is None:
            raise KeysMissing(path=self.private_path, command='create_jws_keypair')
        payload = {'sub': claims.user_id, 'iat': int(claims.issued_at), 'exp': int(claims.expires_at)}
        payload.update((name, getattr(claims, field)) for name, field in _PRIVATE.items()
                       if getattr(claims, field) is not None)
        if claims.system:
            payload['openstack_system'] = 'all'
        if claims.group_ids is not None:
            payload['openstack_group_ids'] = [{'id': group_id} for group_id in claims.group_ids]
        return jwt.encode(payload, self._private, algorithm=ALGORITHM)

    def decode(self, token_id):
        self._look()
        if not self._public:
            raise KeysMissing(path=self.public_path, command='create_jws_keypair')
        for key in self._public:
            try:
                # Who asks decides how long after its end a token is good.
                payload = jwt.decode(token_id, key, algorithms=[ALGORITHM], options={'verify_exp': False})
            except jwt.InvalidSignatureError:
                continue
            except (jwt.InvalidTokenError, ValueError) as error:
                raise TokenNotFound() from error
            return _claims(payload)
        raise TokenNotFound()


def _claims(payload):
    try:
        read = {field: payload[name] for name, field in _PRIVATE.items() if name in payload}
        groups = payload.get('openstack_group_ids')
        if groups is not None:
            read['group_ids'] = [each['id'] if isinstance(each, dict) else each for each in groups]
        return Claims(user_id=payload['sub'], issued_at=int(payload['iat']), expires_at=float(payload['exp']),
                      system=payload.get('openstack_system') == 'all', **read)
    except (KeyError, TypeError, ValueError) as error:
        raise TokenNotFound() from error


def _read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None


def _public_keys(path):
    try:
        names = sorted(os.listdir(path))
    except FileNotFoundError:
        return []
    keys = (_read(os.path.join(path, name)) for name in names if not name.startswith('.'))
    return [key for key in keys if key and b'PUBLIC KEY' in key]


def make_key_pair():
    """(private, public) PEM texts, as bytes, of a new key for ES256."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM,
                                           serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public
