"""Paste filter: who calls, from X-Auth-Token. A request without a valid token goes on unidentified."""
import hmac

from oslo_config import cfg

from essex import access_rules, config, context
from essex.exception import NotFound
from keystone import origin
from keystone.api import loaded
from keystone.resource.names import is_admin_project

CONF = config.register([
    cfg.StrOpt('admin_token', secret=True,
               help='A token that may do everything, to set up a cloud that has no user yet. Better unset: '
                    'keystone-manage bootstrap does the same.')])


class AuthContext:
    """WSGI filter: environ['essex.context'] and environ['keystone.token'] for a valid token."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        token_id = environ.get('HTTP_X_AUTH_TOKEN')
        if token_id:
            self._identify(environ, token_id)

        def start(status, headers, *exc_info):
            # Every answer depends on who asks, and a cache in between has to know.
            if not any(name == 'Vary' for name, _ in headers):
                headers.append(('Vary', 'X-Auth-Token'))
            return start_response(status, headers, *exc_info)
        bound = origin.bind(environ)
        try:
            return self.app(environ, start)
        finally:
            origin.unbind(bound)

    def _identify(self, environ, token_id):
        if CONF.admin_token and hmac.compare_digest(token_id.encode('latin-1'), CONF.admin_token.encode()):
            environ['essex.context'] = context.RequestContext(is_admin=True, **_request_of(environ))
            return
        try:
            token = loaded.managers().tokens.validate(token_id)
        except NotFound:
            return
        rules = token.shown.get('application_credential', {}).get('access_rules')
        path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
        if rules and not access_rules.allow(rules, 'identity', environ['REQUEST_METHOD'], path):
            return
        environ['keystone.token'] = token
        environ['essex.context'] = context_of(token, environ)


def _request_of(environ):
    return {'request_id': environ.get('essex.request_id'), 'remote_address': environ.get('REMOTE_ADDR'),
            'global_request_id': environ.get('essex.global_request_id')}


def context_of(token, environ):
    """The RequestContext of a validated token."""
    user, project = token.user, token.project or {}
    return context.RequestContext(
        user_id=user['id'], user_name=user['name'], user_domain_id=user['domain_id'], project_id=project.get('id'),
        project_name=project.get('name'), project_domain_id=token.project_domain and token.project_domain['id'],
        domain_id=token.domain and token.domain['id'], system_scope='all' if token.claims.system else None,
        # Where no such project is configured, every project may administrate.
        is_admin_project=not token.project or is_admin_project(project, token.project_domain) is not False,
        roles=[role['name'] for role in token.roles], auth_token=token.id, **_request_of(environ))


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return AuthContext
