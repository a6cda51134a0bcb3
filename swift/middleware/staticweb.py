"""StaticWeb: a container as a web site, with index pages, listings and pages for errors.

X-Container-Meta-Web-Index, -Web-Error, -Web-Listings, -Web-Listings-CSS, -Web-Listings-Label, -Web-Directory-Type.
For anonymous readers, for those who send X-Web-Mode: true, and for a TempURL of a prefix.
"""
import json
import urllib.parse

from webob import Request, Response

from swift.headers import true_value, utf8
from swift.middleware import web_listing
from swift.middleware.authorization import text
from swift.middleware.paths import account_path
from swift.proxy import registry
from swift.proxy.info import get_container_info
from swift.proxy.subrequest import make_env

_LIMIT = 10000
_FORWARDED = ('temp_url_sig', 'temp_url_expires', 'temp_url_prefix', 'temp_url_ip_range')


class StaticWeb:
    """WSGI filter, after the auth filters."""

    def __init__(self, app, conf):
        self.app, self.url_base = app, (conf.get('url_base') or '').rstrip('/')

    def __call__(self, environ, start_response):
        if environ['REQUEST_METHOD'] not in ('GET', 'HEAD'):
            return self.app(environ, start_response)
        try:
            _version, _account, container, obj = account_path(environ)
        except ValueError:
            return self.app(environ, start_response)
        web_mode = true_value(environ.get('HTTP_X_WEB_MODE', ''))
        if not container or not (web_mode or self._is_readers(environ)):
            return self.app(environ, start_response)
        info = get_container_info(environ, self.app, source='SW')
        site = Site(self, environ, obj, info.get('meta') or {})
        if not site.is_on:
            if web_mode and not obj:
                return text(404, 'Not Found')(environ, start_response)
            return self.app(environ, start_response)
        return (site.object() if obj else site.container())(environ, start_response)

    @staticmethod
    def _is_readers(environ):
        """Whether nobody has identified themselves; a link to one object stays one."""
        user = environ.get('REMOTE_USER')
        return not user or (user == '.wsgi.tempurl' and 'temp_url_prefix=' in environ.get('QUERY_STRING', ''))


class Site:
    """One request to a container's site. object() and container() give the response."""

    def __init__(self, web, environ, obj, meta):
        self.app, self.url_base, self.environ, self.obj = web.app, web.url_base, environ, obj
        self.index, self.error = meta.get('web-index', '').strip(), meta.get('web-error', '').strip()
        self.lists = true_value(meta.get('web-listings', '').strip())
        self.css, self.label = meta.get('web-listings-css', '').strip(), meta.get('web-listings-label', '').strip()
        self.directory_type = meta.get('web-directory-type', '').strip() or 'text/directory'
        # The container's own path, without a slash at its end.
        self.base = '/'.join(environ['PATH_INFO'].split('/', 4)[:4])
        self.is_on = bool(self.index or self.error or self.lists)

    def container(self):
        """The index, a listing or an error."""
        if not self.index and not self.lists:
            return self._checked(self._ask())
        if not self.environ['PATH_INFO'].endswith('/'):
            return self._slash()
        if self.index:
            response = self._ask(f'{self.base}/{self.index}')
            if response.status_int != 404:
                return self._checked(response)
            _close(response)
        return self._listing('')

    def object(self):
        """The object; below a name that is none, its index, a listing or an error."""
        response = self._ask()
        if response.status_int < 400 and not self._is_marker(response):
            return response
        if response.status_int >= 400 and response.status_int != 404:
            return self._with_page(response)
        if not self.index and not self.lists:
            return self._with_page(response) if response.status_int == 404 else response
        _close(response)
        directory = self.environ['PATH_INFO'].endswith('/')
        found = self._index_below(directory)
        if found is not None:
            return found
        if directory:
            return self._listing(self.obj)
        return self._slash() if self._has_children() else self._with_page(_missing())

    def _index_below(self, directory):
        if not self.index:
            return None
        path = self.environ['PATH_INFO'] + ('' if directory else '/') + self.index
        response = self._ask(path)
        if response.status_int >= 400:
            _close(response)
            return None if response.status_int == 404 else self._with_page(response)
        if directory:
            return response
        _close(response)
        return self._slash()

    def _is_marker(self, response):
        return (response.content_type == self.directory_type and (response.content_length or 0) <= 1
                and response.status_int == 200)

    # Subrequests

    def _ask(self, path=None):
        """The response of the request, or of the same one to another path (a WSGI string)."""
        environ = {key: value for key, value in self.environ.items() if not key.startswith('webob.')}
        environ['swift.source'] = 'SW'
        if path is not None:
            environ.update({'PATH_INFO': path, 'QUERY_STRING': ''})
        return Request(environ).get_response(self.app)

    def _list(self, prefix, marker, limit):
        """The response of a JSON listing of one level; `prefix`, `marker` WSGI strings."""
        query = urllib.parse.urlencode({'format': 'json', 'delimiter': '/', 'prefix': prefix, 'marker': marker,
                                        'limit': limit}, encoding='latin-1')
        environ = make_env(self.environ, 'GET', query=query, source='SW')
        environ['PATH_INFO'] = self.base
        return Request(environ).get_response(self.app)

    def _has_children(self):
        response = self._list(self.obj + '/', '', 1)
        return response.status_int == 200 and bool(_rows(response))

    # Answers

    def _listing(self, prefix):
        query = urllib.parse.parse_qs(self.environ.get('QUERY_STRING', ''), encoding='latin-1')
        links = self._links(query, prefix)
        if not self.lists or links is None:
            return self._with_page(_missing())
        marker = query.get('marker', [''])[0]
        response = self._list(prefix, marker, _LIMIT)
        if response.status_int >= 300:
            return self._with_page(response)
        rows = _rows(response)
        if not rows and prefix and not marker:
            return self._with_page(_missing())
        return self._page(prefix, rows, links, query)

    def _page(self, prefix, rows, links, query):
        title = _text(self.label + '/' + prefix if self.label else self._client_path())
        more = None
        if len(rows) >= _LIMIT:
            last = rows[-1].get('name') or rows[-1]['subdir']
            more = f'{links or "?"}{"&" if links else ""}{urllib.parse.urlencode({"marker": last})}'
        limit = query.get('temp_url_prefix', [''])[0]
        body = web_listing.page(f'Listing of {title}', _text(prefix), rows, bool(prefix) and prefix != limit,
                                self._stylesheet(prefix), links, more)
        response = Response(text=body, content_type='text/html', charset='utf-8')
        response.headers['Content-Security-Policy'] = web_listing.POLICY
        return response

    def _links(self, query, prefix):
        """The query that links on the page need ('' or `?...`); None when a signed link does not reach `prefix`."""
        if self.environ.get('REMOTE_USER') != '.wsgi.tempurl':
            return ''
        if not prefix.startswith(query.get('temp_url_prefix', ['\n'])[0]):
            return None
        return '?' + urllib.parse.urlencode({name: query[name][0] for name in _FORWARDED if name in query},
                                            encoding='latin-1')

    def _stylesheet(self, prefix):
        if not self.css or self.css.startswith(('/', 'http://', 'https://')):
            return _text(self.css) or None
        return '../' * prefix.count('/') + urllib.parse.quote(self.css.encode('latin-1'))

    def _slash(self):
        """301 to the same with a slash, so that relative links of its page are below it."""
        path = urllib.parse.quote(self._client_path().encode('latin-1')) + '/'
        query = self.environ.get('swift.client_query', self.environ.get('QUERY_STRING', ''))
        base = self.url_base or Request(self.environ).host_url
        return Response(status=301, location=base + path + (f'?{query}' if query else ''), content_type='text/html',
                        charset='utf-8', text='<html><h1>Moved Permanently</h1></html>')

    def _client_path(self):
        return self.environ.get('swift.client_path') or self.environ['PATH_INFO']

    def _checked(self, response):
        return response if response.status_int < 400 else self._with_page(response)

    def _with_page(self, response):
        """The response, with the body of the site's own page for its status when there is one."""
        if not self.error:
            return response
        environ = make_env(self.environ, 'GET', source='SW')
        environ['PATH_INFO'] = f'{self.base}/{response.status_int}{self.error}'
        own = Request(environ).get_response(self.app)
        if own.status_int != 200:
            _close(own)
            return response
        _close(response)
        own.status = response.status
        if 'WWW-Authenticate' in response.headers:
            own.headers['WWW-Authenticate'] = response.headers['WWW-Authenticate']
        return own


def _missing():
    return text(404, 'Not Found')


def _rows(response):
    try:
        rows = json.loads(response.body)
    except ValueError:
        return []
    return rows if isinstance(rows, list) else []


def _text(wsgi_text):
    try:
        return utf8(wsgi_text)
    except UnicodeError:
        return wsgi_text


def _close(response):
    close = getattr(response.app_iter, 'close', None)
    if close is not None:
        close()


def filter_factory(global_conf, **local_conf):
    """Paste: url_base, the site's scheme and host in redirects (else those of the request)."""
    conf = {**global_conf, **local_conf}
    registry.register('staticweb')
    return lambda app: StaticWeb(app, conf)
