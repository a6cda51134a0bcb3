"""Find out who calls: validate X-Auth-Token at Keystone, once per token and cache period.

Sets environ['essex.context'] and the classic headers (X-User-Id, X-Project-Id, X-Roles ...), which it first
strips from every request. Without a valid token the answer is 401, unless `delay_auth_decision` is set: then the
request goes on with X-Identity-Status Invalid and no context.
"""
import calendar
import collections
import hashlib
import logging
import re
import time

from keystoneauth1 import exceptions as ks_exceptions
from oslo_config import cfg

from essex import config, context
from essex.client import session
from essex.exception import ServiceUnavailable
from essex.wsgi.request import json_response

LOG = logging.getLogger(__name__)

_VERSIONED = re.compile(r'/v3/?$')

OPTS = [
    cfg.IntOpt('token_cache_time', default=60, min=0,
               help='Seconds a validated token is believed before Keystone is asked again.'),
    cfg.IntOpt('token_cache_size', default=10000, min=1, help='Tokens remembered at most.'),
    cfg.BoolOpt('delay_auth_decision', default=False, help='Let requests without a valid token through, unidentified.'),
]
CONF = config.register(OPTS, session.GROUP)

_SET = ('X-Identity-Status', 'X-User-Id', 'X-User-Name', 'X-User-Domain-Id', 'X-User-Domain-Name', 'X-Project-Id',
        'X-Project-Name', 'X-Project-Domain-Id', 'X-Project-Domain-Name', 'X-Domain-Id', 'X-Domain-Name', 'X-Roles',
        'X-Service-Roles', 'X-Service-User-Id', 'X-Service-Identity-Status', 'X-Service-Catalog', 'X-Is-Admin-Project',
        'OpenStack-System-Scope', 'X-Tenant-Id', 'X-Tenant-Name', 'X-Tenant', 'X-User', 'X-Role')
_STRIP = tuple('HTTP_' + name.upper().replace('-', '_') for name in _SET)


class TokenCache:
    """Validated tokens by digest, least recently used out first. Kept in this process alone."""

    def __init__(self, size, seconds):
        self.size, self.seconds, self._items = size, seconds, collections.OrderedDict()

    @staticmethod
    def _key(token):
        # The token itself is a secret; its digest is not.
        return hashlib.sha256(token.encode()).digest()

    def get(self, token):
        """The token's data, False for a token known to be invalid, None when it is not known."""
        key = self._key(token)
        item = self._items.get(key)
        if item is None:
            return None
        data, until = item
        if time.time() >= until:
            del self._items[key]
            return None
        self._items.move_to_end(key)
        return data

    def put(self, token, data, expires=None):
        """Remember `data` (or False) until the cache time or the token's own expiry (epoch seconds)."""
        until = time.time() + self.seconds
        self._items[self._key(token)] = (data, min(until, expires) if expires else until)
        while len(self._items) > self.size:
            self._items.popitem(last=False)


class Validator:
    """Asks Keystone about tokens."""

    def __init__(self):
        options = CONF[session.GROUP]
        self.cache = TokenCache(options.token_cache_size, options.token_cache_time)

    def validate(self, token):
        """The `token` object of Keystone's answer, or False. Raises ServiceUnavailable when Keystone is away."""
        found = self.cache.get(token)
        if found is None:
            found = self._ask(token)
            expires = context_expiry(found) if found else None
            self.cache.put(token, found, expires)
        return found

    @staticmethod
    def _ask(token):
        # Header values cannot hold these, so it cannot be a token.
        if not token.isascii() or not token.isprintable() or len(token) > 16384:
            return False
        url = f'{CONF[session.GROUP].auth_url.rstrip("/")}/auth/tokens'
        try:
            response = session.service_session().get(url, headers={'X-Subject-Token': token}, raise_exc=False,
                                                     authenticated=True)
        except ks_exceptions.ClientException as error:
            LOG.error('Keystone at %s cannot be asked about a token: %s', url, error)
            raise ServiceUnavailable('The identity service cannot be reached to check your token. '
                                     'Try again shortly.') from error
        if response.status_code == 200:
            return response.json()['token']
        if response.status_code in (401, 403) or response.status_code >= 500:
            LOG.error('Keystone at %s refused this service: %s', url, response.status_code)
            raise ServiceUnavailable('The identity service refused to check your token: this service\'s own account '
                                     'is not set up. Its operator finds more in the log.')
        return False


def context_expiry(token):
    """The token's expiry in epoch seconds."""
    stamp = token['expires_at'].rstrip('Z').split('.')[0]
    return calendar.timegm(time.strptime(stamp, '%Y-%m-%dT%H:%M:%S'))


def context_from(token, environ, raw):
    """The RequestContext of a validated token. `raw` is the token itself."""
    project, user = token.get('project') or {}, token['user']
    roles = [role['name'] for role in token.get('roles', ())]
    return context.RequestContext(
        user_id=user['id'], user_name=user['name'], user_domain_id=user.get('domain', {}).get('id'),
        project_id=project.get('id'), project_name=project.get('name'),
        project_domain_id=project.get('domain', {}).get('id'), domain_id=(token.get('domain') or {}).get('id'),
        system_scope='all' if token.get('system', {}).get('all') else None, roles=roles,
        is_admin='admin' in (role.lower() for role in roles), auth_token=raw, service_catalog=token.get('catalog'),
        request_id=environ.get('essex.request_id'), global_request_id=environ.get('essex.global_request_id'),
        remote_address=environ.get('REMOTE_ADDR'), is_admin_project=token.get('is_admin_project', True))


class AuthToken:
    """WSGI filter."""

    def __init__(self, app, delay=None, validator=None):
        self.app, self._delay, self._validator = app, delay, validator

    @property
    def validator(self):
        if self._validator is None:
            self._validator = Validator()
        return self._validator

    def __call__(self, environ, start_response):
        for name in _STRIP:
            environ.pop(name, None)
        raw = environ.get('HTTP_X_AUTH_TOKEN') or environ.get('HTTP_X_STORAGE_TOKEN')
        try:
            token = self.validator.validate(raw) if raw else False
            if token:
                self._identify(environ, token, raw)
        except ServiceUnavailable as error:
            return _answer(503, error.title, str(error))(environ, start_response)
        if not token:
            delay = CONF[session.GROUP].delay_auth_decision if self._delay is None else self._delay
            if not delay:
                return self._refuse()(environ, start_response)
            environ['HTTP_X_IDENTITY_STATUS'] = 'Invalid'
            return self.app(environ, self._with_challenge(start_response))
        bound = context.bind(environ['essex.context'])
        try:
            return self.app(environ, start_response)
        finally:
            context.unbind(bound)

    def _identify(self, environ, token, raw):
        made = context_from(token, environ, raw)
        service = environ.get('HTTP_X_SERVICE_TOKEN')
        if service:
            service_token = self.validator.validate(service)
            if service_token:
                made.service_roles = tuple(role['name'] for role in service_token.get('roles', ()))
                environ['HTTP_X_SERVICE_ROLES'] = ','.join(made.service_roles)
        environ['essex.context'] = made
        values = {'X-Identity-Status': 'Confirmed', 'X-User-Id': made.user_id, 'X-User-Name': made.user_name,
                  'X-User': made.user_name, 'X-User-Domain-Id': made.user_domain_id, 'X-Project-Id': made.project_id,
                  'X-Project-Name': made.project_name, 'X-Project-Domain-Id': made.project_domain_id,
                  'X-Tenant-Id': made.project_id, 'X-Tenant-Name': made.project_name, 'X-Tenant': made.project_name,
                  'X-Domain-Id': made.domain_id, 'X-Roles': ','.join(made.roles), 'X-Role': ','.join(made.roles),
                  'OpenStack-System-Scope': made.system_scope}
        for name, value in values.items():
            if value is not None:
                environ['HTTP_' + name.upper().replace('-', '_')] = value

    @staticmethod
    def _challenge():
        options = CONF[session.GROUP]
        return 'WWW-Authenticate', f'Keystone uri="{options.www_authenticate_uri or options.auth_url}"'

    def _with_challenge(self, start_response):
        def start(status, headers, *exc_info):
            more = [self._challenge()] if status.startswith('401') else []
            return start_response(status, headers + more, *exc_info)
        return start

    def _refuse(self):
        response = _answer(401, 'Unauthorized', 'The request you have made requires authentication: send a valid '
                                                'token in X-Auth-Token.')
        response.headers.update([self._challenge()])
        return response


def _answer(code, title, message):
    return json_response({'error': {'code': code, 'title': title, 'message': message}}, code)


def _apply(options):
    """Make the options of a Paste section those of the group. ValueError for a wrong value."""
    known = CONF[session.GROUP]
    for name, value in options.items():
        if name not in known:
            LOG.warning('Option %s of the filter authtoken means nothing here', name)
            continue
        if name == 'auth_url' and not _VERSIONED.search(value):
            # Stock configurations name Keystone's root and leave the version to discovery.
            value = value.rstrip('/') + '/v3'
        try:
            CONF.set_override(name, value, session.GROUP)
        except ValueError as error:
            raise ValueError(f'option {name} of the filter authtoken: {error}') from None
    session.reset()


def filter_factory(global_conf, delay_auth_decision=None, **local_conf):
    """Paste: `delay_auth_decision` overrides the option of that name; so do all others of [keystone_authtoken]."""
    if local_conf:
        _apply(local_conf)
    delay = None if delay_auth_decision is None else delay_auth_decision.lower() in ('1', 'true', 'yes', 'on')
    return lambda app: AuthToken(app, delay)
