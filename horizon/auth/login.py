"""Who is logged in: tokens in the session, what Keystone says of them in the cache."""
import dataclasses
import hashlib
import logging
import re
import time
from datetime import UTC

from django.core.cache import cache
from django.middleware.csrf import rotate_token
from django.utils.translation import gettext as _
from keystoneauth1 import access as keystone_access
from keystoneauth1 import exceptions
from keystoneauth1.identity import v2, v3

from horizon.api import client, errors
from horizon.options import CONF

LOG = logging.getLogger(__name__)
_KEY = 'login'
_KEPT = ('token', 'unscoped', 'auth_url', 'version', 'region', 'expires')
_INTERFACES = {'publicURL': 'public', 'internalURL': 'internal', 'adminURL': 'admin'}


@dataclasses.dataclass
class Login:
    """A user with a token of a project (or of none)."""

    token: str = dataclasses.field(repr=False)
    unscoped: str = dataclasses.field(repr=False)
    auth_url: str
    version: str
    region: str
    expires: float
    user_id: str
    user_name: str
    user_domain_id: str
    user_domain_name: str
    project_id: str
    project_name: str
    project_domain_id: str
    roles: list
    catalog: list = dataclasses.field(repr=False)
    projects: list = dataclasses.field(repr=False)

    def has_role(self, *names):
        """Whether the user has one of these roles here; names are compared as Keystone does, without case."""
        return bool({each.lower() for each in self.roles} & {each.lower() for each in names})

    @property
    def is_admin(self):
        """Whether the user has the role admin."""
        return self.has_role('admin')

    def has_service(self, kind):
        """Whether the catalog names a service of this type."""
        return self.client.has(kind)

    @property
    def regions(self):
        """Names of the regions in the catalog, sorted."""
        return sorted({each['region'] for entry in self.catalog for each in entry['endpoints'] if each['region']})

    @property
    def client(self):
        """Calls as this user, in this project and region."""
        return client.Client(self.token, self.catalog, self.region)

    @property
    def identity_url(self):
        """Keystone's v3, whatever version the user logged in with."""
        return self.auth_url.removesuffix('/').removesuffix('/v2.0').removesuffix('/v3') + '/v3'

    def identity(self, method, path, body=None, **kwargs):
        """JSON of a call to Keystone where the user logged in; raises ApiError."""
        return self.client.send('identity', method, path, body, base=self.identity_url, **kwargs)


class LoginFailed(Exception):
    """A log-in that Keystone refused, with a sentence for people.

    `reason`: credentials, expired (with the user's id), passcode (with the receipt), refused or unreachable.
    """

    def __init__(self, message, reason='credentials', user_id=None, receipt=None):
        super().__init__(message)
        self.reason, self.user_id, self.receipt = reason, user_id, receipt


def _user_in(sentence):
    """The user id Keystone names when it says that a password has expired."""
    found = re.search(r'\b[0-9a-f]{32,64}\b', sentence)
    return found and found.group()


def with_password(auth_url, version, name, password, domain):
    """An unscoped access of keystoneauth for a name and password. Raises LoginFailed."""
    if version == '2.0':
        plugin = v2.Password(auth_url, name, password)
    else:
        plugin = v3.Password(auth_url, username=name, password=password, user_domain_name=domain, unscoped=True)
    return _access(plugin)


def with_passcode(auth_url, name, domain, receipt, passcode):
    """The unscoped access of a log-in that wants a second factor, with the receipt of the first. Raises LoginFailed."""
    factor = v3.TOTPMethod(passcode=passcode, username=name, user_domain_name=domain)
    return _access(v3.Auth(auth_url, [factor, v3.ReceiptMethod(receipt=receipt)], unscoped=True))


def change_password(cloud, identity_url, user_id, old, new):
    """Set a user's own password. Raises ApiError: what Keystone's rules say against it; `reason` is 'credentials' when
    the old one is wrong."""
    try:
        cloud.call('identity', 'POST', f'/users/{user_id}/password', base=identity_url, log=False,
                   json={'user': {'original_password': old, 'password': new}})
    except errors.TokenExpired as error:
        # This call asks for no token: it is the password that was refused.
        raise errors.ApiError('identity', error.what, _('The current password is wrong.'), 400, error.request_id,
                              'credentials') from error


def _access(plugin):
    try:
        return plugin.get_access(client.connections())
    except exceptions.MissingAuthMethods as error:
        raise LoginFailed('A passcode is needed too.', 'passcode', receipt=error.receipt) from error
    except exceptions.Unauthorized as error:
        if 'expired' in str(error).lower() and 'password' in str(error).lower():
            raise LoginFailed('The password has expired.', 'expired', user_id=_user_in(str(error))) from error
        raise LoginFailed('The user name or the password is wrong.') from error
    except exceptions.HttpError as error:
        raise LoginFailed(f'Keystone answered: {error.message}', 'refused') from error
    except exceptions.ClientException as error:
        raise LoginFailed('Keystone does not answer. Try again in a moment.', 'unreachable') from error


def begin(request, access, auth_url, version, region=None, project_id=None):
    """Log a user in with an unscoped access: a project is chosen, the session begins anew. Returns the Login.

    `project_id`: where the user was last; else the default project, else the first one.
    """
    projects = _projects(auth_url, version, access.auth_token)
    scoped = _first_scope(auth_url, version, access, projects, project_id)
    # Whatever an attacker put into the session before is gone, and so is the CSRF token.
    request.session.flush()
    rotate_token(request)
    return store(request, _from_access(scoped, access.auth_token, auth_url, version, region, projects))


def _projects(auth_url, version, token):
    """[{id, name, domain_id}] the user may work in."""
    made = client.Client(token, [])
    path, key = ('/tenants', 'tenants') if version == '2.0' else ('/auth/projects', 'projects')
    found = made.send('identity', 'GET', path, base=auth_url.rstrip('/'))[key]
    return sorted(({'id': each['id'], 'name': each['name'], 'domain_id': each.get('domain_id', 'default')}
                   for each in found if each.get('enabled', True)), key=lambda each: each['name'].lower())


def _first_scope(auth_url, version, access, projects, wanted):
    known = [each['id'] for each in projects]
    order = [each for each in (wanted, getattr(access, 'default_project_id', None)) if each in known]
    for project_id in dict.fromkeys([*order, *known]):
        try:
            return rescope(auth_url, version, access.auth_token, project_id)
        except LoginFailed:
            continue   # a project that is closed to the user meanwhile: the next one
    return access


def rescope(auth_url, version, unscoped, project_id):
    """The access of an unscoped token in a project. Raises LoginFailed."""
    plugin = v2.Token(auth_url, unscoped, tenant_id=project_id) if version == '2.0' else \
        v3.Token(auth_url, unscoped, project_id=project_id)
    return _access(plugin)


def switch(request, project_id):
    """Work in another project. Raises LoginFailed."""
    login = request.login
    access = rescope(login.auth_url, login.version, login.unscoped, project_id)
    projects = _projects(login.auth_url, login.version, login.unscoped)
    return store(request, _from_access(access, login.unscoped, login.auth_url, login.version, login.region, projects))


def _from_access(access, unscoped, auth_url, version, region, projects):
    catalog = _catalog(access)
    made = Login(
        token=access.auth_token, unscoped=unscoped, auth_url=auth_url, version=version, region=None,
        expires=access.expires.replace(tzinfo=UTC).timestamp() if access.expires.tzinfo is None
        else access.expires.timestamp(),
        user_id=access.user_id, user_name=access.username, user_domain_id=access.user_domain_id or 'default',
        user_domain_name=access.user_domain_name or CONF.horizon.default_domain, project_id=access.project_id,
        project_name=access.project_name, project_domain_id=access.project_domain_id, roles=list(access.role_names),
        catalog=catalog, projects=projects)
    made.region = region if region in made.regions else (made.regions or [None])[0]
    return made


def _catalog(access):
    if not access.has_service_catalog():
        return []
    return [{'type': each['type'], 'name': each.get('name') or each['type'],
             'endpoints': list(_endpoints(each['endpoints']))} for each in access.service_catalog.catalog]


def _endpoints(found):
    for each in found:
        if 'interface' in each:
            yield {'interface': each['interface'], 'region': each.get('region_id') or each.get('region'),
                   'url': each['url']}
            continue
        for name, interface in _INTERFACES.items():
            if name in each:
                yield {'interface': interface, 'region': each.get('region'), 'url': each[name]}


def store(request, login):
    """Keep a login: tokens in the session, the rest in the cache."""
    request.session[_KEY] = {name: getattr(login, name) for name in _KEPT}
    request.session.set_expiry(max(1, min(CONF.horizon.session_timeout, int(login.expires - time.time()))))
    known = dataclasses.asdict(login)
    # A shared cache must not hold what opens doors: the tokens are in the session alone.
    del known['token'], known['unscoped']
    cache.set(_cache_key(login.token), known, max(1, login.expires - time.time()))
    request.login = login
    return login


def current(request):
    """The Login of a request, None without one. Raises TokenExpired, or ApiError when Keystone does not answer."""
    kept = request.session.get(_KEY)
    if not kept:
        return None
    if kept['expires'] <= time.time():
        raise errors.TokenExpired('identity', 'use the session', 'The session has ended.', 401)
    known = cache.get(_cache_key(kept['token']))
    if known is None:
        return store(request, _again(kept))
    return Login(**{**known, **{name: kept[name] for name in ('token', 'unscoped', 'region')}})


def _again(kept):
    """Learn from Keystone what the cache no longer has."""
    access = _validated(kept) if kept['version'] == '3' else None
    projects = _projects(kept['auth_url'], kept['version'], kept['unscoped'])
    if access is None:
        try:
            unscoped = _access(v2.Token(kept['auth_url'], kept['unscoped']))
        except LoginFailed as error:
            raise errors.ApiError('identity', 'use the session', str(error)) from error
        access = _first_scope(kept['auth_url'], kept['version'], unscoped, projects, None)
    return _from_access(access, kept['unscoped'], kept['auth_url'], kept['version'], kept['region'], projects)


def _validated(kept):
    answer = client.Client(kept['token'], []).call('identity', 'GET', '/auth/tokens', base=kept['auth_url'].rstrip('/'),
                                                   headers={'X-Subject-Token': kept['token']})
    return keystone_access.create(body=answer.json(), auth_token=kept['token'])


def _cache_key(token):
    # Nor do names in it.
    return 'login-' + hashlib.sha256(token.encode()).hexdigest()


def end(request):
    """Log out: the tokens are revoked at Keystone, the session ends. A Keystone that is down does not keep one in."""
    kept = request.session.get(_KEY)
    request.session.flush()
    if not kept:
        return
    for token in {kept['token'], kept['unscoped']}:
        cache.delete(_cache_key(token))
        _revoke(kept, token)


def _revoke(kept, token):
    made, base = client.Client(token, []), kept['auth_url'].rstrip('/')
    try:
        if kept['version'] == '2.0':
            made.call('identity', 'DELETE', f'/tokens/{token}', base=base)
        else:
            made.call('identity', 'DELETE', '/auth/tokens', base=base, headers={'X-Subject-Token': token})
    except errors.ApiError as error:
        LOG.warning('a token was not revoked at log-out: %s', error)
