"""TempURL: whoever has a signed link may do one thing to one object (or to those below a prefix) until it expires.

The signature is an HMAC over `METHOD\\nexpires\\npath`, by a key in X-Account-Meta-Temp-URL-Key[-2] or in that of the
container. Nobody is told why a link does not work.
"""
import ipaddress
import posixpath
import time
import urllib.parse

from swift import conf as conf_file
from swift.middleware import signatures
from swift.middleware.authorization import text
from swift.middleware.paths import account_path
from swift.proxy import registry

METHODS = 'GET HEAD PUT POST DELETE'
# A writer must not make the object point at others, which its readers would then get.
_POINTERS = ('x-object-manifest', 'x-symlink-target', 'x-copy-from')
_DEFAULTS = {'methods': METHODS, 'incoming_remove_headers': 'x-timestamp x-open-expired', 'incoming_allow_headers': '',
             'outgoing_remove_headers': 'x-object-meta-*', 'outgoing_allow_headers': 'x-object-meta-public-*'}


class HeaderRules:
    """Which headers go: those `remove` names and `allow` does not; a name may end in `*`."""

    def __init__(self, remove, allow):
        self._remove, self._allow = self._split(remove), self._split(allow)

    @staticmethod
    def _split(names):
        names = [name.lower() for name in names]
        return ({name for name in names if not name.endswith('*')},
                tuple(name[:-1] for name in names if name.endswith('*')))

    def removes(self, name):
        name = name.lower()
        return self._has(self._remove, name) and not self._has(self._allow, name)

    @staticmethod
    def _has(rules, name):
        exact, prefixes = rules
        return name in exact or name.startswith(prefixes)


class Link:
    """What a request's query says. Attributes are WSGI strings; `expires` is None when it is wrong or past."""

    def __init__(self, query):
        def first(name):
            return values[name][0] if name in values else None
        values = urllib.parse.parse_qs(query, keep_blank_values=True, encoding='latin-1')
        self.signature, self.expires_text = first('temp_url_sig'), first('temp_url_expires')
        self.prefix, self.ip_range = first('temp_url_prefix'), first('temp_url_ip_range')
        self.filename, self.inline = first('filename'), 'inline' in values
        self.expires = signatures.expiry(self.expires_text) if self.expires_text else None

    @property
    def given(self):
        return self.signature is not None or self.expires_text is not None

    def query(self):
        """The query that goes on: nothing in it makes the request another one (`multipart-manifest`, `symlink`)."""
        pairs = {'temp_url_sig': self.signature, 'temp_url_expires': self.expires_text, 'temp_url_prefix': self.prefix,
                 'temp_url_ip_range': self.ip_range, 'filename': self.filename}
        kept = {name: value for name, value in pairs.items() if value is not None}
        return urllib.parse.urlencode(kept, encoding='latin-1') + ('&inline' if self.inline else '')

    def admits(self, address):
        """Whether a client at `address` is within the range the link is for."""
        if self.ip_range is None:
            return True
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(self.ip_range)
        except ValueError:
            return False


class TempUrl:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.methods = conf_file.words(conf, 'methods', METHODS)
        self.digests = signatures.allowed_digests(conf)

        def rules(direction):
            return HeaderRules(*[conf_file.words(conf, name, _DEFAULTS[name]) for name in (
                f'{direction}_remove_headers', f'{direction}_allow_headers')])
        self.incoming, self.outgoing = rules('incoming'), rules('outgoing')

    def __call__(self, environ, start_response):
        if environ['REQUEST_METHOD'] == 'OPTIONS' or 'temp_url_' not in environ.get('QUERY_STRING', ''):
            return self.app(environ, start_response)
        link = Link(environ['QUERY_STRING'])
        if not link.given:
            return self.app(environ, start_response)
        environ['swift.source'] = 'TU'
        scope = self._scope(environ, link)
        if scope is None:
            return text(401, '401 Unauthorized: Temp URL invalid\n', WWW_Authenticate='Swift realm="unknown"')(
                environ, start_response)
        if environ['REQUEST_METHOD'] in ('PUT', 'POST'):
            for name in _POINTERS:
                if 'HTTP_' + name.upper().replace('-', '_') in environ:
                    return text(400, f'The header {name.title()!r} is not allowed in this tempurl\n')(
                        environ, start_response)
        self._clean(environ)
        signatures.authorize(environ, scope, '.wsgi.tempurl')
        environ['QUERY_STRING'] = link.query()
        return self.app(environ, self._answering(environ, link, start_response))

    def _scope(self, environ, link):
        """'account' or 'container', whose key the link is signed with; None when the link is not valid."""
        method = environ['REQUEST_METHOD']
        signature = signatures.parse(link.signature or '', self.digests)
        if signature is None or link.expires is None or method not in self.methods:
            return None
        try:
            version, account, container, obj = account_path(environ, 4)
        except ValueError:
            return None
        if not obj.strip('/') or not link.admits(environ.get('REMOTE_ADDR', '')):
            return None
        path = f'/{version}/{account}/{container}/{obj}'
        if link.prefix is not None:
            if not obj.startswith(link.prefix):
                return None
            path = f'prefix:/{version}/{account}/{container}/{link.prefix}'
        # Whoever may read or write may also ask whether it is there.
        methods = ('HEAD', 'GET', 'PUT', 'POST') if method == 'HEAD' else (method,)
        address = '' if link.ip_range is None else f'ip={link.ip_range}\n'
        messages = [f'{address}{name}\n{link.expires}\n{path}'.encode('latin-1') for name in methods]
        return signatures.signed_scope(environ, self.app, signature, messages)

    def _clean(self, environ):
        for key in [key for key in environ if key.startswith('HTTP_')]:
            if self.incoming.removes(key[5:].replace('_', '-')):
                del environ[key]

    def _answering(self, environ, link, start_response):
        shown = environ['REQUEST_METHOD'] in ('GET', 'HEAD')
        name = posixpath.basename(environ['PATH_INFO'].rstrip('/'))

        def start(status, headers, *exc_info):
            headers = [(key, value) for key, value in headers if not self.outgoing.removes(key)]
            if shown and status.startswith('2'):
                headers = _presented(headers, link, name)
            return start_response(status, headers, *exc_info)
        return start


def _presented(headers, link, name):
    """Headers with which a browser saves or shows the object, and forgets it when the link expires."""
    stored = next((value for key, value in headers if key.lower() == 'content-disposition'), None)
    if link.inline:
        value = _disposition('inline', link.filename) if link.filename else 'inline'
    elif link.filename:
        value = _disposition('attachment', link.filename)
    else:
        value = stored or _disposition('attachment', name)
    kept = [(key, value) for key, value in headers if key.lower() not in ('content-disposition', 'expires')]
    expires = time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(link.expires))
    return [*kept, ('Content-Disposition', value.replace('\r', '%0D').replace('\n', '%0A')), ('Expires', expires)]


def _disposition(kind, name):
    # Percent-encoding leaves nothing that could end the string or the header.
    quoted = urllib.parse.quote(name.encode('latin-1'), safe=' /')
    return f'{kind}; filename="{quoted}"; filename*=UTF-8\'\'{urllib.parse.quote(name.encode("latin-1"), safe="")}'


def filter_factory(global_conf, **local_conf):
    """Paste: methods, {incoming,outgoing}_{remove,allow}_headers, allowed_digests."""
    conf = {**global_conf, **local_conf}
    lists = {name: conf_file.words(conf, name, default) for name, default in _DEFAULTS.items()}
    registry.register('tempurl', **lists, **signatures.info(conf))
    return lambda app: TempUrl(app, conf)
