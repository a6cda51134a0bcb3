"""What controllers of accounts, containers and objects have in common."""
import functools
import time

import webob

from swift.headers import is_sys_or_user_meta, true_value
from swift.proxy import reading, responses
from swift.proxy.body import Plain
from swift.proxy.errors import Refusal
from swift.timestamp import Timestamp

# Headers of a request that storage nodes have no business with: credentials, and what is between two hops.
_PRIVATE = frozenset(('Host', 'Connection', 'Keep-Alive', 'Te', 'Trailer', 'Upgrade', 'Transfer-Encoding', 'Expect',
                      'Content-Length', 'Proxy-Authorization', 'Authorization', 'Cookie', 'Accept', 'Accept-Encoding',
                      'Accept-Language', 'User-Agent', 'Referer', 'Origin', 'X-Auth-Token', 'X-Storage-Token',
                      'X-Service-Token', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Roles',
                      'X-Service-Catalog', 'X-Trans-Id', 'X-Openstack-Request-Id', 'X-Newest', 'X-Timestamp',
                      'X-Copy-From', 'X-Cluster-Client-Ip', 'X-Container-Host', 'X-Container-Partition',
                      'X-Container-Device', 'X-Delete-After', 'X-Delete-At', 'X-Is-Admin-Project'))
_PRIVATE_PREFIXES = ('X-User-', 'X-Project-', 'X-Tenant-', 'X-Domain-', 'X-Service-', 'X-Identity-', 'X-Delete-At-',
                     'X-Account-Host', 'X-Account-Partition', 'X-Account-Device', 'X-System-', 'X-Trust-')
_HIDDEN = frozenset(('connection', 'date', 'keep-alive', 'transfer-encoding', 'server', 'x-trans-id',
                     'x-openstack-request-id',
                     # Said by the proxy, whatever nodes say.
                     'accept-ranges'))


@functools.lru_cache(4096)
def header_name(key):
    """`X-Object-Meta-Color` of HTTP_X_OBJECT_META_COLOR; None of a key that is no header."""
    return key[5:].replace('_', '-').title() if key.startswith('HTTP_') else None


@functools.lru_cache(4096)
def passes(name):
    """Whether storage nodes are told a request's header (title-cased)."""
    return name not in _PRIVATE and not name.startswith(_PRIVATE_PREFIXES)


@functools.lru_cache(4096)
def shown_name(name):
    """A node's header as the client gets it, None of what is between two hops."""
    return None if name in _HIDDEN else name.title()


class Controller:
    """One request. Subclasses set `kind`, `methods` and define a method in lower case for each."""

    kind = None
    methods = ()
    # Methods that are authorised once more when the container's ACL is known, before they do anything.
    delays_denial = ()

    def __init__(self, app, environ, account=None, container=None, obj=None):
        self.app, self.environ = app, environ
        self.account, self.container, self.obj = account, container, obj
        self.authorized = False

    def allowed(self):
        """The methods there are."""
        return {*self.methods, 'OPTIONS'}

    def handle(self, method):
        """The response. Raises Refusal."""
        authorize = self.environ.get('swift.authorize')
        if authorize is None:
            self.environ.setdefault('swift_owner', True)
            self.authorized = True
        elif method != 'OPTIONS':
            refused = authorize(webob.Request(self.environ))
            if refused is None:
                self.authorized = True
            elif method not in self.delays_denial:
                return refused
        return getattr(self, method.lower())()

    def authorize(self, acl):
        """Ask again, now that the ACL is known. Raises Refusal."""
        self.environ['swift.acl'] = acl
        if not self.authorized:
            refused = self.environ['swift.authorize'](webob.Request(self.environ))
            if refused is not None:
                raise Refusal(refused)
            self.authorized = True

    def header(self, name, default=None):
        """A header of the request; `name` as in WSGI without HTTP_."""
        return self.environ.get('HTTP_' + name, default)

    def sent_headers(self):
        """[(Title-Cased-Name, value)] of the request, with the content's type when it was told."""
        made = [(header_name(key), value) for key, value in self.environ.items() if key.startswith('HTTP_')]
        content_type = content_type_of(self.environ)
        return [*made, ('Content-Type', content_type)] if content_type else made

    def timestamp(self):
        """When the request happens: now, or what a trusted filter put into X-Timestamp. Raises Refusal."""
        given = self.header('X_TIMESTAMP')
        if given is None:
            return Timestamp.now()
        try:
            return Timestamp(given)
        except ValueError:
            raise Refusal(responses.error(400, 'X-Timestamp should be a UNIX timestamp float value')) from None

    def metadata_headers(self, known):
        """Metadata of an account or container that a request sets; X-Remove-... empties it."""
        prefix, made = f'X-Remove-{self.kind.title()}-', {}
        for name, value in self.sent_headers():
            if name.startswith(prefix):
                name, value = 'X-' + name[9:], ''
            if is_sys_or_user_meta(self.kind, name) or name.lower() in known or name.startswith('X-Backend-'):
                made[name] = value
        if not self.environ.get('swift_owner'):
            made = {name: value for name, value in made.items()
                    if name.lower() not in self.app.options.owner_headers}
        return made

    def read_nodes(self, ring, part, target, method):
        """Answer a GET or HEAD of an account or container from its nodes; None when they do not know it."""
        placement = self.app.options.placement(None)
        query = self.environ.get('QUERY_STRING', '')
        headers = {**self.app.headers(self.environ, method), 'X-Timestamp': f'{time.time():.5f}',
                   **{name: value for name, value in self.sent_headers()
                      if name.startswith(('X-Backend-', 'If-')) and passes(name)}}
        reader = reading.Reader(self.app, self.app.nodes(ring, part, placement), part, method, target, headers,
                                with_json(query), self.is_newest(), placement)
        answer = reader.find()
        if answer is not None:
            return answer, self.streamed(answer)
        answer = reader.verdict
        if answer is None:
            raise Refusal(self.unavailable(method, reader.problems))
        return answer, self.relayed(answer)

    def is_newest(self):
        """Whether all replicas are to be compared."""
        newest = self.header('X_NEWEST')
        return newest is not None and true_value(newest.strip())

    def streamed(self, answer):
        """A response with the body of a node's answer."""
        return webob.Response(status=responses.status_line(answer.status, answer.reason),
                              headerlist=client_headers(answer),
                              app_iter=Plain(answer, self.app.options.object_chunk_size))

    def relayed(self, answer):
        """The response for an answer that nothing is to be told of but its status, and why."""
        headers = [pair for pair in client_headers(answer)
                   if pair[0].startswith('X-') or pair[0] in ('Etag', 'Last-Modified', 'Content-Range')]
        if answer.status < 400:
            return responses.empty(answer.status, headers)
        text = answer.body.decode('utf-8', 'replace') if answer.status not in (404, 409) and answer.body else None
        return responses.error(answer.status, text if text and '<' not in text else None, headers)

    def unavailable(self, method, problems, detail=''):
        """503, and which copies failed."""
        known = '; '.join(dict.fromkeys(problems)) or 'too few storage nodes answered alike'
        return responses.error(503, f'{self.kind.title()} {method} failed{detail}: {known}.\n')

    def without_owner_headers(self, response):
        """The response as its caller may see it."""
        if not self.environ.get('swift_owner'):
            hidden = self.app.options.owner_headers
            response.headerlist = [pair for pair in response.headerlist if pair[0].lower() not in hidden]
        return response

    def options(self):
        """OPTIONS without a preflight: what there is."""
        return responses.empty(200, [('Allow', ', '.join(sorted(self.allowed())))])


def with_json(query):
    """A query that asks for JSON, whatever it asked for."""
    if 'format=' in query:
        query = '&'.join(part for part in query.split('&') if not part.startswith('format='))
    return f'{query}&format=json' if query else 'format=json'


def client_headers(answer):
    """[(name, value)] of a node's answer for a client."""
    made = []
    for key, value in answer.headers.items():
        name = shown_name(key)
        if name == 'Etag':
            made.append((name, value.replace('"', '')))
        elif name is not None:
            made.append((name, value))
    return made


def content_type_of(environ):
    """The Content-Type that the client sent, '' when it sent none."""
    value = environ.get('CONTENT_TYPE') or ''
    raw = environ.get('headers_raw')
    # eventlet makes up text/plain where there is none.
    if value == 'text/plain' and raw is not None and not any(name.lower() == 'content-type' for name, _ in raw):
        return ''
    return value
