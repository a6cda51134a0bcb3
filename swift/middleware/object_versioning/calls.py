"""Requests that keep versions, made with authority once the user's own right was checked."""
from swift import headers
from swift.middleware import copied
from swift.middleware.segments import text
from swift.proxy.subrequest import make_env, make_subrequest

DELETED = 'application/x-deleted;swift_versions_deleted=1'
_TYPED = 'swift.content_type_overridden'     # types with parameters of ours, swift_bytes or swift_versions_deleted
_RESERVED = {'X-Backend-Allow-Reserved-Names': 'true'}


class Refused(Exception):
    """What ends the work with an answer."""

    def __init__(self, response):
        super().__init__(response.status)
        self.response = response


def authorize(req, acl):
    """Ask whether the user may do what he asks for. Raises Refused."""
    req.acl = req.environ['swift.acl'] = acl
    ask = req.environ.get('swift.authorize')
    refused = ask(req) if ask else None
    if refused is not None:
        raise Refused(refused)


def ask(req, app, method, path, more=None, **named):
    """The Response to a request of our own; `more` headers. Its body is the caller's to close."""
    sub = make_subrequest(req.environ, method, path, source='OV', authorized=True,
                          headers={**_RESERVED, **(more or {})}, **named)
    sub.environ[_TYPED] = True
    return sub.get_response(app)


def store(req, app, path, kept, found):
    """PUT the body of a response to a path of ours, with the headers `kept`."""
    sub = make_subrequest(req.environ, 'PUT', path, source='OV', authorized=True, headers={**_RESERVED, **kept})
    sub.environ.update({_TYPED: True, 'wsgi.input': copied.Input(found)})
    sub.content_length = found.content_length
    return sub.get_response(app)


def settle(response):
    """`response` without its body."""
    copied.close_body(response)
    return response


def forward(req, app, path, more=None, query=None):
    """The user's request made for another path: same method, headers and body."""
    env = make_env(req.environ, path=path, query=req.query_string if query is None else query, source='OV',
                   authorized=True, agent=req.environ.get('HTTP_USER_AGENT'))
    for key, value in req.environ.items():
        if key.startswith('HTTP_') or key in ('CONTENT_TYPE', 'CONTENT_LENGTH', 'wsgi.input', 'eventlet.input'):
            env.setdefault(key, value)
            if not key.startswith('HTTP_'):
                env[key] = value
    env[_TYPED] = req.environ.get(_TYPED, False)
    sub = type(req)(env)
    sub.headers.update({**_RESERVED, **(more or {})})
    return sub.get_response(app)


def want_success(response, doing):
    """Raises Refused, 503 or the 4xx it was, when a request of our own failed."""
    if response.status_int // 100 != 2:
        copied.close_body(response)
        status = response.status_int if 400 <= response.status_int < 500 and response.status_int != 404 else 503
        raise Refused(text(status, f'{doing} answered {response.status}.\n'))


def without(query, *left_out):
    """A query string without some parameters."""
    return '&'.join(part for part in query.split('&') if part and part.split('=')[0] not in left_out)


def is_true(value):
    """As headers.true_value; ValueError for what is neither yes nor no."""
    if headers.true_value(value.strip()):
        return True
    if value.strip().lower() in ('false', '0', 'no', 'off', 'f', 'n'):
        return False
    raise ValueError(value)
