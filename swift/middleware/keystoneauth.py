"""Who may do what, by Keystone's projects and roles. Stands behind essex.middleware.auth_token.

The account of a project is `<reseller prefix><project id>`. Whoever has an operator role in the project owns it;
containers may be opened to others by `project:user` pairs, to roles of the own project, and to referrers.
"""
import dataclasses

from swift import conf as conf_file
from swift.headers import utf8
from swift.middleware import acl
from swift.middleware.authorization import denied, not_found, synchronises
from swift.middleware.paths import account_path
from swift.middleware.reseller import Resellers
from swift.proxy import registry
from swift.proxy.info import get_account_info

_DOMAIN_HEADER = 'X-Account-Sysmeta-Project-Domain-Id'
_DOMAIN_SYSMETA = 'project-domain-id'
# The project's domain is not known to the token that made the account.
_UNKNOWN = '_unknown'


@dataclasses.dataclass(frozen=True)
class Identity:
    """What auth_token found out about the caller. Roles are lower case."""

    user_id: str
    user_name: str
    user_domain: str
    project_id: str
    project_name: str
    project_domain: str
    roles: frozenset
    service_roles: frozenset
    system: bool

    @classmethod
    def of(cls, environ):
        """The Identity of a request, None when its token was not confirmed."""
        if environ.get('HTTP_X_IDENTITY_STATUS') != 'Confirmed':
            return None
        names = ('USER_ID', 'USER_NAME', 'USER_DOMAIN_ID', 'PROJECT_ID', 'PROJECT_NAME', 'PROJECT_DOMAIN_ID')
        return cls(*[environ.get('HTTP_X_' + name) or '' for name in names], _roles(environ, 'HTTP_X_ROLES'),
                   _roles(environ, 'HTTP_X_SERVICE_ROLES'), environ.get('HTTP_OPENSTACK_SYSTEM_SCOPE') == 'all')


def _roles(environ, name):
    return frozenset(role.strip().lower() for role in environ.get(name, '').split(',') if role.strip())


class KeystoneAuth:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.resellers = Resellers(conf, operator_roles='admin, swiftoperator', service_roles='',
                                   project_reader_roles='')
        self.reseller_admin_role = conf.get('reseller_admin_role', 'ResellerAdmin').strip().lower()
        self.system_readers = {role.lower() for role in conf_file.words(conf, 'system_reader_roles')}
        self.default_domain = conf.get('default_domain_id', 'default')
        self.allow_names = conf_file.boolean(conf, 'allow_names_in_acls', True)
        self.allow_overrides = conf_file.boolean(conf, 'allow_overrides', True)

    def __call__(self, environ, start_response):
        if self.allow_overrides and environ.get('swift.authorize_override'):
            return self.app(environ, start_response)
        identity = Identity.of(environ)
        environ['swift.clean_acl'] = acl.clean_acl
        if identity is None:
            environ['swift.authorize'] = self.authorize_anonymous
        else:
            environ['keystone.identity'] = identity
            environ['REMOTE_USER'] = identity.project_id or identity.user_id
            environ['swift.authorize'] = self.authorize
            if self.reseller_admin_role in identity.roles:
                environ['reseller_request'] = True
        return self.app(environ, self._showing_domain(environ, start_response))

    @staticmethod
    def _showing_domain(environ, start_response):
        """The project's domain in answers: people ask for it when names in ACLs do not do what they expect."""
        def start(status, headers, *exc_info):
            more = [('X-Account-Project-Domain-Id', value) for name, value in headers
                    if name.lower() == _DOMAIN_HEADER.lower() and value != _UNKNOWN]
            return start_response(status, headers + more, *exc_info)
        return start

    def authorize_anonymous(self, req):
        """None when somebody without a valid token may, else the answer."""
        path = self._path(req)
        if path is None:
            return not_found()
        account, _container, obj = path
        if self.resellers.prefix_of(account) is None:
            return denied(req)
        referrers, allowed = acl.parse_acl(req.environ.get('swift.acl'))
        if req.method == 'OPTIONS' or synchronises(req) or self._refers(req, obj, referrers, allowed):
            return None
        return denied(req)

    def authorize(self, req):
        """None when the request may go on, else the answer. Sets `swift_owner`. The order is the table's."""
        path = self._path(req)
        if path is None:
            return not_found()
        account, container, obj = path
        identity = req.environ['keystone.identity']
        if self.resellers.prefix_of(account) is None:
            return denied(req)
        req.environ['swift_owner'] = False
        self._keep_domain(req, account, container, obj, identity)
        if self.reseller_admin_role in identity.roles:
            req.environ['swift_owner'] = True
            return None
        if self._reads_by_role(req, account, identity):
            # Who owns an account mostly has the reader's role as well: Keystone's roles imply each other.
            req.environ['swift_owner'] = self._owns(account, identity)
            return None
        if not container and req.method in ('PUT', 'DELETE'):
            return denied(req)
        referrers, allowed = acl.parse_acl(req.environ.get('swift.acl'))
        if self._crosses(req, account, identity, allowed):
            return None
        if self._owns(account, identity):
            req.environ['swift_owner'] = True
            return None
        if req.method == 'OPTIONS' or synchronises(req) or self._refers(req, obj, referrers, allowed):
            return None
        if self._is_own(account, identity) and not identity.roles.isdisjoint(role.lower() for role in allowed):
            return None
        return denied(req)

    @staticmethod
    def _path(req):
        try:
            _version, account, container, obj = account_path(req.environ)
            return utf8(account), container, obj
        except ValueError:
            return None

    @staticmethod
    def _refers(req, obj, referrers, allowed):
        return acl.referrer_allowed(req.referer, referrers) and bool(obj or '.rlistings' in allowed)

    def _is_own(self, account, identity):
        prefix = self.resellers.prefix_of(account)
        return bool(identity.project_id) and account == prefix + identity.project_id

    def _owns(self, account, identity):
        if not self._is_own(account, identity):
            return False
        options = self.resellers.options_of(account)
        if identity.roles.isdisjoint(role.lower() for role in options['operator_roles']):
            return False
        services = {role.lower() for role in options['service_roles']}
        return not services or not identity.service_roles.isdisjoint(services)

    def _reads_by_role(self, req, account, identity):
        if req.method not in ('GET', 'HEAD'):
            return False
        if identity.system and not identity.roles.isdisjoint(self.system_readers):
            return True
        readers = self.resellers.options_of(account)['project_reader_roles']
        return self._is_own(account, identity) and not identity.roles.isdisjoint(role.lower() for role in readers)

    # `project:user` in a container's list

    def _crosses(self, req, account, identity, allowed):
        pairs = [entry for entry in allowed if ':' in entry]
        if not pairs:
            return False
        projects, users = {'*', identity.project_id}, {'*', identity.user_id}
        if not {f'{project}:{user}' for project in projects if project for user in users}.isdisjoint(pairs):
            return True
        if not self._names_count(req, account, identity):
            return False
        projects |= {identity.project_name}
        users |= {identity.user_name}
        return not {f'{project}:{user}' for project in projects if project
                    for user in users if user}.isdisjoint(pairs)

    def _names_count(self, req, account, identity):
        """Names are unique within a domain alone: they count when caller and account are of the default one."""
        ours = ('', self.default_domain)
        if not self.allow_names or identity.user_domain not in ours or identity.project_domain not in ours:
            return False
        return self._is_own(account, identity) or self._stored_domain(req) in (None, '', self.default_domain)

    def _stored_domain(self, req):
        return (get_account_info(req.environ, self.app).get('sysmeta') or {}).get(_DOMAIN_SYSMETA)

    def _keep_domain(self, req, account, container, obj, identity):
        """Note the project's domain with its account when a request makes or changes the account."""
        if obj or req.method not in ('PUT', 'POST') or (container and req.method != 'PUT'):
            return
        stored = self._stored_domain(req)
        known = identity.project_domain if self._is_own(account, identity) else _UNKNOWN
        if (stored is None and known) or (stored == _UNKNOWN and known not in ('', _UNKNOWN)):
            req.headers[_DOMAIN_HEADER] = known


def filter_factory(global_conf, **local_conf):
    """Paste: reseller_prefix, [<PREFIX>_]operator_roles, service_roles, project_reader_roles, reseller_admin_role,
    system_reader_roles, default_domain_id, allow_names_in_acls, allow_overrides."""
    conf = {**global_conf, **local_conf}
    registry.register('keystoneauth')
    return lambda app: KeystoneAuth(app, conf)
