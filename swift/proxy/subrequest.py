"""Requests that filters make on behalf of the one they handle: same caller, same caches, same transaction id."""
import io

import webob

from swift.headers import wsgi

# What a subrequest is not about: the body, conditions, ranges and the answer of the request it is made for.
_DROPPED = frozenset(('wsgi.input', 'eventlet.input', 'CONTENT_LENGTH', 'CONTENT_TYPE', 'QUERY_STRING',
                      'RAW_PATH_INFO', 'headers_raw', 'swift.acl', 'swift.source',
                      'swift.content_type_overridden', 'swift.leave_relative_location',
                      'swift.proxy_access_log_made', 'swift.callback.update_footers'))
_KEPT_HEADERS = frozenset(('HTTP_HOST', 'HTTP_REFERER', 'HTTP_X_AUTH_TOKEN', 'HTTP_X_STORAGE_TOKEN',
                           'HTTP_X_SERVICE_TOKEN', 'HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_FOR',
                           'HTTP_X_CLUSTER_CLIENT_IP', 'HTTP_X_OPENSTACK_REQUEST_ID',
                           'HTTP_X_BACKEND_ALLOW_RESERVED_NAMES'))
_IDENTITY = ('HTTP_X_IDENTITY_', 'HTTP_X_SERVICE_', 'HTTP_X_USER', 'HTTP_X_PROJECT', 'HTTP_X_TENANT',
             'HTTP_X_DOMAIN', 'HTTP_X_ROLES', 'HTTP_X_IS_ADMIN', 'HTTP_X_SYSTEM', 'HTTP_X_TRUST')


def allow(request):
    """The authorisation of a request that is authorised already."""


def make_env(env, method=None, path=None, agent='Swift', query='', source=None, authorized=False):
    """The WSGI environment of a subrequest: no body, no conditions, no ranges.

    `path` is text, neither URL-encoded nor a WSGI string (use `headers.utf8` on what comes from PATH_INFO).
    `agent` may hold %(orig)s, the User-Agent of the request. `authorized`: may do everything and sees what owners see.
    """
    made = {key: value for key, value in env.items() if key not in _DROPPED and _is_kept(key)}
    made['REQUEST_METHOD'] = method or env['REQUEST_METHOD']
    made['PATH_INFO'] = env['PATH_INFO'] if path is None else wsgi(path)
    made['SCRIPT_NAME'] = env.get('SCRIPT_NAME', '') if path is None else ''
    made['QUERY_STRING'] = query or ''
    made['wsgi.input'] = io.BytesIO()
    made['CONTENT_LENGTH'] = '0'
    made['swift.infocache'] = env.setdefault('swift.infocache', {})
    agent = agent % {'orig': env.get('HTTP_USER_AGENT', '')} if agent and '%(orig)s' in agent else agent
    if agent:
        made['HTTP_USER_AGENT'] = agent.strip()
    if source or env.get('swift.source'):
        made['swift.source'] = source or env['swift.source']
    if authorized:
        made.update({'swift.authorize': allow, 'swift.authorize_override': True, 'swift_owner': True,
                     'REMOTE_USER': '.wsgi.pre_authed'})
    return made


def _is_kept(key):
    if key.startswith('HTTP_'):
        return key in _KEPT_HEADERS or key.startswith(_IDENTITY)
    return not key.startswith('webob.')


def make_subrequest(env, method=None, path=None, body=b'', headers=None, agent='Swift', query='', source=None,
                    authorized=False):
    """A webob.Request as of `make_env`. `headers` (WSGI strings) replace what is there; None removes."""
    request = webob.Request(make_env(env, method, path, agent, query, source, authorized))
    if body:
        request.body = body
    for name, value in (headers or {}).items():
        if value is None:
            request.headers.pop(name, None)
        else:
            request.headers[name] = value
    return request
