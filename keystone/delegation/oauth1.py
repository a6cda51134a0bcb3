"""The rules of OAuth 1.0a: a user lets a program (a consumer) use some of his roles on a project.

The consumer asks with a request token, the user authorizes that and passes on the verifier, and with it the
consumer gets an access token; with that it authenticates in the user's name. Times in seconds.
"""
import datetime
import secrets

from oauthlib.oauth1 import AccessTokenEndpoint, RequestTokenEndpoint, ResourceEndpoint
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden, Unauthorized
from keystone import origin
from keystone.credential.store import Vault
from keystone.db import oauth1, records
from keystone.db.models import AccessToken, Consumer, RequestToken
from keystone.delegation import roles as roles_
from keystone.delegation.limits import end_no_later, keep_roles
from keystone.delegation.signatures import Validator, is_over, nonce_key
from keystone.exception import (
    AccessTokenNotFound,
    AuthFailed,
    ConsumerNotFound,
    IdConflict,
    RequestTokenNotFound,
    RoleNotFound,
    TokenNotFound,
)
from keystone.ids import new_id

OPTS = [
    cfg.IntOpt('request_token_duration', default=28800, min=0,
               help='Seconds a request token can be authorized and exchanged. 0: for ever.'),
    cfg.IntOpt('access_token_duration', default=86400, min=0, help='Seconds an access token is good for. 0: for ever.'),
]
CONF = config.register(OPTS, 'oauth1')


def _end(seconds):
    return db.utcnow() + datetime.timedelta(seconds=seconds) if seconds else None


def _public(consumer):
    """The consumer without its secret."""
    return {name: value for name, value in consumer.items() if name not in ('secret', 'key_hash')}


class Oauth1Manager:
    """Consumers, their request tokens, and the access tokens users gave them."""

    def __init__(self, changes, identity, resource, roles, grants, revocation):
        self.changes, self.identity, self.resource = changes, identity, resource
        self.roles, self.grants, self.revocation = roles, grants, revocation
        self.vault = Vault()
        validator = Validator(self.vault, self._save_request_token, self._save_access_token)
        self._nonce_life = datetime.timedelta(seconds=2 * validator.timestamp_lifetime)
        self._requests = RequestTokenEndpoint(validator, new_id)
        self._accesses = AccessTokenEndpoint(validator, new_id)
        self._resources = ResourceEndpoint(validator)

    def _seal(self, secret):
        sealed = self.vault.seal(secret)
        return {'secret': sealed['encrypted_blob'], 'key_hash': sealed['key_hash']}

    def get_consumer(self, consumer_id):
        """The consumer without its secret. Raises ConsumerNotFound."""
        with db.reader() as session:
            consumer = oauth1.get_consumer(session, consumer_id)
        if consumer is None:
            raise ConsumerNotFound(consumer_id)
        return _public(consumer)

    def list_consumers(self, hints):
        """Consumers that pass `hints`, without their secrets."""
        with db.reader() as session:
            found = records.listing(session, Consumer, hints)
        return [_public(consumer) for consumer in found]

    @db.retry
    def create_consumer(self, values):
        """A new consumer; the answer has its secret, for the only time."""
        secret = new_id()
        consumer = {'description': None, **values, 'id': new_id(), **self._seal(secret)}
        with db.writer() as session:
            records.create(session, Consumer, consumer, IdConflict(kind='consumer', id=consumer['id']))
            self.changes.tell('created', 'OS-OAUTH1:consumer', consumer['id'])
        return {**self.get_consumer(consumer['id']), 'secret': secret}

    @db.retry
    def update_consumer(self, consumer_id, values):
        """Change a consumer's description and extras. Raises ConsumerNotFound, BadRequest (its secret stays)."""
        self.get_consumer(consumer_id)
        if not {'secret', 'key_hash'}.isdisjoint(values):
            raise BadRequest('The secret of a consumer cannot be changed.')
        with db.writer() as session:
            records.change(session, Consumer, consumer_id, values, IdConflict(kind='consumer', id=consumer_id))
            self.changes.tell('updated', 'OS-OAUTH1:consumer', consumer_id)
        return self.get_consumer(consumer_id)

    @db.retry
    def delete_consumer(self, consumer_id):
        """Remove a consumer with its request and access tokens, and the tokens by them. Raises ConsumerNotFound."""
        with self.changes.writer() as session:
            if not oauth1.remove_consumer(session, consumer_id):
                raise ConsumerNotFound(consumer_id)
            self.revocation.revoke(consumer_id=consumer_id)
            self.changes.tell('deleted', 'OS-OAUTH1:consumer', consumer_id)

    def request_token(self, project_id):
        """The form-encoded answer to a consumer's signed request to act on a project.

        Raises ConsumerNotFound, ProjectNotFound, BadRequest, Unauthorized.
        """
        return self._answer(self._requests.create_request_token_response, {'project_id': project_id})

    def access_token(self):
        """The form-encoded answer to a signed request to exchange a request token.

        Raises ConsumerNotFound, BadRequest, Unauthorized.
        """
        return self._answer(self._accesses.create_access_token_response, {})

    @staticmethod
    def _answer(respond, credentials):
        signed = origin.current().signed_request()
        try:
            _, body, status = respond(**signed, credentials=credentials)
        except ValueError as error:
            raise BadRequest(f'The signed request is malformed: {error}.') from error
        if status == 401:
            raise Unauthorized('The OAuth signature or what it is for is not valid.')
        if status != 200:
            raise BadRequest(f'The signed request is not valid: {body}.')
        return body

    def _use_nonce(self, session, request):
        now = db.utcnow()
        if not oauth1.use_nonce(session, nonce_key(request), now):
            raise Unauthorized('This signed request was used already.')
        oauth1.purge(session, now, now - self._nonce_life)

    @db.retry
    def _save_request_token(self, token, request):
        values = {'id': token['oauth_token'], **self._seal(token['oauth_token_secret']),
                  'consumer_id': request.client_key, 'project_id': token.pop('project_id'),
                  'expires_at': _end(CONF.oauth1.request_token_duration)}
        # Only now: who cannot sign learns nothing about projects.
        self.resource.get_project(values['project_id'])
        with db.writer() as session:
            self._use_nonce(session, request)
            oauth1.add(session, RequestToken, values)
            self.changes.tell('created', 'OS-OAUTH1:request_token', values['id'])
        self._tell_end(token, values)

    @db.retry
    def _save_access_token(self, token, request):
        del token['oauth_authorized_realms']
        with db.writer() as session:
            self._use_nonce(session, request)
            asked = oauth1.get_token(session, RequestToken, request.resource_owner_key)
            if not oauth1.take_request_token(session, request.resource_owner_key):
                raise Unauthorized('The request token was exchanged already.')
            values = {'id': token['oauth_token'], **self._seal(token['oauth_token_secret']),
                      'consumer_id': asked['consumer_id'], 'authorizing_user_id': asked['authorizing_user_id'],
                      'project_id': asked['project_id'], 'role_ids': asked['role_ids'],
                      'expires_at': _end(CONF.oauth1.access_token_duration)}
            oauth1.add(session, AccessToken, values)
            self.changes.tell('created', 'OS-OAUTH1:access_token', values['id'])
        self._tell_end(token, values)

    @staticmethod
    def _tell_end(token, values):
        if values['expires_at'] is not None:
            token['oauth_expires_at'] = values['expires_at'].strftime('%Y-%m-%dT%H:%M:%S.%fZ')

    @db.retry
    def authorize(self, user_id, request_token_id, wanted_roles):
        """Let the consumer use these roles ([{id} or {name}]) of the user; returns the verifier.

        Raises RequestTokenNotFound, RoleNotFound (unknown name), Unauthorized (expired, or not the user's roles),
        Forbidden (authorized already).
        """
        with db.writer() as session:
            asked = oauth1.get_token(session, RequestToken, request_token_id)
            if asked is None:
                raise RequestTokenNotFound(request_token_id)
            if is_over(asked):
                raise Unauthorized('The request token has expired.')
            role_ids = roles_.named(session, wanted_roles)
            try:
                held = roles_.held(session, self.grants, user_id, asked['project_id'])
            except TokenNotFound:
                held = set()
            if not held.issuperset(role_ids):
                raise Unauthorized('You do not have all of these roles on the project that the consumer asks for.')
            values = {'verifier': secrets.token_hex(8), 'authorizing_user_id': user_id, 'role_ids': role_ids}
            if not oauth1.authorize(session, request_token_id, values):
                raise Forbidden('The request token was authorized already.')
        return values['verifier']

    def list_access_tokens(self, user_id):
        """The access tokens a user gave."""
        with db.reader() as session:
            return oauth1.access_tokens_of(session, user_id)

    def get_access_token(self, user_id, token_id):
        """An access token the user gave. Raises AccessTokenNotFound."""
        with db.reader() as session:
            token = oauth1.get_token(session, AccessToken, token_id)
        if token is None or token['authorizing_user_id'] != user_id:
            raise AccessTokenNotFound(token_id)
        return token

    def roles_of(self, user_id, token_id):
        """The roles an access token hands on. Raises AccessTokenNotFound."""
        return roles_.shown(self.get_access_token(user_id, token_id)['role_ids'])

    def role_of(self, user_id, token_id, role_id):
        """One of them. Raises AccessTokenNotFound, RoleNotFound."""
        for role in self.roles_of(user_id, token_id):
            if role['id'] == role_id:
                return role
        raise RoleNotFound(role_id)

    @db.retry
    def delete_access_token(self, user_id, token_id):
        """Take an access token back, with the tokens by it. Raises AccessTokenNotFound."""
        with self.changes.writer() as session:
            if not oauth1.remove_access_token(session, user_id, token_id):
                raise AccessTokenNotFound(token_id)
            self.revocation.revoke(access_token_id=token_id)
            self.changes.tell('deleted', 'OS-OAUTH1:access_token', token_id)

    def authenticate(self):
        """(the full user, the access token) of a signed request. Raises AuthFailed."""
        try:
            valid, request = self._resources.validate_protected_resource_request(**origin.current().signed_request())
        except (ValueError, ConsumerNotFound) as error:
            raise AuthFailed() from error
        if not valid:
            raise AuthFailed()
        self._count(request)
        with db.reader() as session:
            token = oauth1.get_token(session, AccessToken, request.resource_owner_key)
        user = token and self.identity.driver.full_user(token['authorizing_user_id'])
        if not user or not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        return user, token

    @db.retry
    def _count(self, request):
        with db.writer() as session:
            self._use_nonce(session, request)

    def complete(self, session, token):
        """Fill in a token by an access token (TokenManager.extend)."""
        access = oauth1.get_token(session, AccessToken, token.claims.access_token_id)
        if access is None or (access['authorizing_user_id'], access['project_id']) != (token.user['id'],
                                                                                     token.claims.project_id):
            raise TokenNotFound()
        keep_roles(token, access['role_ids'], self.roles)
        end_no_later(token, access['expires_at'])
        token.shown['OS-OAUTH1'] = {'access_token_id': access['id'], 'consumer_id': access['consumer_id']}
        token.more_facts.update(access_token_id=(access['id'],), consumer_id=(access['consumer_id'],))
