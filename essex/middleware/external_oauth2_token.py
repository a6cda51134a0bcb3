"""auth_token for tokens of another authorization server (Keycloak and the like): it is asked about each (RFC 7662).

The token is in `Authorization: Bearer TOKEN`. What the server tells of it, `mapping_*` turn into the user, project and
roles that the application sees as it would see Keystone's. With `thumbprint_verify` the token has to be bound to the
client's certificate, as in essex.middleware.oauth2_mtls_token. Options are in [ext_oauth2_auth] or the Paste section;
those of caching, trusted proxies and service tokens are auth_token's.
"""
import logging
import time
import uuid

import jwt
import requests
from oslo_config import cfg

from essex import config
from essex.exception import ConfigError, ServiceUnavailable
from essex.middleware import auth_token
from essex.middleware.oauth2_mtls_token import BoundToken

LOG = logging.getLogger(__name__)
GROUP = 'ext_oauth2_auth'
METHODS = ('client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'tls_client_auth')
_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
_FIELDS = tuple(f'{kind}_{name}' for kind in ('project', 'user') for name in ('id', 'name', 'domain_id', 'domain_name'))

OPTS = [
    cfg.StrOpt('introspect_endpoint', help='URL where the authorization server tells about tokens.'),
    cfg.StrOpt('audience', help='Whom a signed statement of this client is for: the server, as it names itself.'),
    cfg.StrOpt('auth_method', default='client_secret_basic', choices=METHODS,
               help='How this client authenticates there.'),
    cfg.StrOpt('client_id', help='Id of this client.'),
    cfg.StrOpt('client_secret', secret=True, help='Its secret.'),
    cfg.StrOpt('jwt_key_file', help='Its private key (PEM), for private_key_jwt.'),
    cfg.StrOpt('jwt_algorithm', help='How statements are signed; unset: HS256, with private_key_jwt RS256.'),
    cfg.IntOpt('jwt_bearer_time_out', default=3600, min=1, help='Seconds for which such a statement holds.'),
    cfg.StrOpt('certfile', help='Certificate of this client, for tls_client_auth.'),
    cfg.StrOpt('keyfile', help='Its key.'),
    cfg.StrOpt('cafile', help='Certificates that the server is checked by; unset: those of the system.'),
    cfg.BoolOpt('insecure', default=False, help='Do not check its certificate: for tests alone.'),
    cfg.IntOpt('http_connect_timeout', default=10, min=1, help='Seconds to wait for the server.'),
    cfg.IntOpt('http_request_max_retries', default=3, min=0, help='How often to try again when it is not reached.'),
    cfg.BoolOpt('thumbprint_verify', default=False,
                help='Whether a token is good with the certificate alone that it was given for.'),
    *[cfg.StrOpt(f'mapping_{name}', help=f"Where the server's answer has the {name.replace('_', ' ')}; a.b is b in a.")
      for name in (*_FIELDS, 'roles', 'system_scope')],
]
CONF = config.register(OPTS, GROUP)


class Introspection(auth_token.Validator):
    """The tokens of one process, told about by the authorization server. Raises ConfigError: options are missing."""

    def __init__(self):
        super().__init__()
        self._given = CONF[GROUP]
        needed = ['introspect_endpoint', 'client_id', 'mapping_user_id', 'mapping_roles', *{
            'private_key_jwt': ['jwt_key_file', 'audience'], 'client_secret_jwt': ['client_secret', 'audience'],
            'tls_client_auth': ['certfile']}.get(self._given.auth_method, ['client_secret'])]
        missing = [name for name in needed if not self._given[name]]
        if missing:
            raise ConfigError(f'[{GROUP}] {", ".join(missing)}: to be set for the filter external_oauth2_token.')
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.verify = not self._given.insecure and (self._given.cafile or True)
        if self._given.certfile:
            own = self._given.certfile, self._given.keyfile
            self._http.cert = own if self._given.keyfile else self._given.certfile

    def _ask(self, token, allow_expired):
        """{'token': v3's document} of a token that is active, else False."""
        answer = self._post({'token': token, 'token_type_hint': 'access_token'})
        try:
            told = answer.json() if answer.status_code == 200 else None
        except ValueError:
            told = None
        if not isinstance(told, dict) or not isinstance(told.get('active'), bool):
            LOG.error('%s answered %s to this client', self._given.introspect_endpoint, answer.status_code)
            raise ServiceUnavailable("The authorization server refused to check your token: this service's own account "
                                     'is not set up. Its operator finds more in the log.')
        return told['active'] and self._document(told)

    def _post(self, form):
        form, basic = self._authenticated(form)
        for attempt in range(self._given.http_request_max_retries, -1, -1):
            try:
                # A server that sends somewhere else is not the one that was named.
                return self._http.post(self._given.introspect_endpoint, data=form, auth=basic, allow_redirects=False,
                                       headers={'Accept': 'application/json'},
                                       timeout=self._given.http_connect_timeout)
            except requests.RequestException as error:
                LOG.error('%s cannot be asked about a token: %s', self._given.introspect_endpoint, type(error).__name__)
                if not attempt:
                    raise ServiceUnavailable('The authorization server cannot be reached to check your token. '
                                             'Try again shortly.') from error

    def _authenticated(self, form):
        """(the form with what proves who asks, credentials of HTTP's basic authentication or None)."""
        given = self._given
        if given.auth_method == 'client_secret_basic':
            return form, (given.client_id.encode(), given.client_secret.encode())
        form = {**form, 'client_id': given.client_id}
        if given.auth_method == 'client_secret_post':
            form['client_secret'] = given.client_secret
        elif given.auth_method.endswith('_jwt'):
            form.update(client_assertion_type=_ASSERTION, client_assertion=self._statement())
        return form, None

    def _statement(self):
        """A signed word of this client about itself (RFC 7523)."""
        given, now = self._given, int(time.time())
        claims = {'iss': given.client_id, 'sub': given.client_id, 'aud': given.audience, 'jti': uuid.uuid4().hex,
                  'iat': now, 'exp': now + given.jwt_bearer_time_out}
        if given.auth_method == 'client_secret_jwt':
            return jwt.encode(claims, given.client_secret, given.jwt_algorithm or 'HS256')
        try:
            with open(given.jwt_key_file, encoding='ascii') as file:
                return jwt.encode(claims, file.read(), given.jwt_algorithm or 'RS256')
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise ConfigError(f'[{GROUP}] jwt_key_file {given.jwt_key_file} is of no use: {error}') from error

    def _document(self, told):
        """What the mapping makes of the answer; False where it lacks somebody, roles or a scope."""
        found = {name: self._found(told, name) for name in (*_FIELDS, 'roles', 'system_scope')}
        roles = found['roles'].split(',') if isinstance(found['roles'], str) else found['roles']
        user, project = self._named(found, 'user'), self._named(found, 'project')
        scope = {'project': project} if project['id'] else {'domain': project['domain']} if project['domain'][
            'id'] else {'system': {'all': True}} if found['system_scope'] in (True, 'all') else None
        if not user['id'] or not _are_roles(roles) or scope is None:
            LOG.error('[%s] the mapping finds no user, no roles or no scope in what is told of a token', GROUP)
            return False
        ends = told.get('exp')
        if not isinstance(ends, (int, float)) or isinstance(ends, bool):
            # One that says no end is asked about again when it is forgotten.
            ends = time.time() + max(1, self._options.token_cache_time)
        cnf = told.get('cnf')
        return {'token': {'methods': ['oauth2'], 'user': user, **scope, 'cnf': cnf if isinstance(cnf, dict) else {},
                          'roles': [{'name': role.strip()} for role in roles],
                          'expires_at': time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime(ends))}}

    def _found(self, told, name):
        """The value the option for `name` leads to, None where there is none."""
        for part in (self._given[f'mapping_{name}'] or '').split('.'):
            told = told.get(part) if isinstance(told, dict) else None
        return told

    @staticmethod
    def _named(found, kind):
        """A user or project with its domain. What is no text counts for nothing."""
        values = {name: found[f'{kind}_{name}'] for name in ('id', 'name', 'domain_id', 'domain_name')}
        values = {name: value if isinstance(value, str) else None for name, value in values.items()}
        return {'id': values['id'], 'name': values['name'],
                'domain': {'id': values['domain_id'], 'name': values['domain_name']}}


def _are_roles(roles):
    """Whether these are names of roles: one with a comma would count for several."""
    return isinstance(roles, list) and bool(roles) and all(
        isinstance(role, str) and role.strip() and role.isprintable() and ',' not in role for role in roles)


class ExternalToken(BoundToken):
    """WSGI filter."""

    validator_class = Introspection

    @staticmethod
    def _is_holder(user, environ):
        return not CONF[GROUP].thumbprint_verify or BoundToken._is_holder(user, environ)

    def _challenge(self):
        return 'WWW-Authenticate', 'Bearer'


def filter_factory(global_conf, **local_conf):
    """Paste: options of [ext_oauth2_auth] and those of auth_token. ValueError for a wrong value."""
    own = {name: local_conf.pop(name) for name in [*local_conf] if name in CONF[GROUP]}
    for name, value in own.items():
        try:
            CONF.set_override(name, value, GROUP)
        except ValueError as error:
            raise ValueError(f'option {name} of the filter external_oauth2_token: {error}') from None
    return auth_token.factory(ExternalToken)(global_conf, **local_conf)
