"""The console proxy: static page, and WebSockets relayed to the VNC servers that tokens name."""
import collections
import logging
import mimetypes
import os
import socket
from urllib.parse import parse_qs, urlsplit

import webob
from oslo_config import cfg

from essex import concurrency, config
from nova.console import tokens

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.ListOpt('allowed_origins', default=[], help='Hosts (name[:port]) whose pages may open consoles, beside the '
                                                    "proxy's own."),
    cfg.IntOpt('connections_per_token', default=8, min=1, help='Consoles open at once with one token.'),
    cfg.IntOpt('connect_timeout', default=5, min=1, help='Seconds to wait for the VNC server of a guest.'),
]
CONF = config.register(OPTS, 'console')

STATIC = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'static')
_CHUNK = 65536
_EXPIRED = ('This console link is unknown or has expired. Ask for a new one: openstack console url show SERVER, or the '
            'dashboard.')


def static_files(root=STATIC):
    """{'/path': (file, media type)} of everything that may be fetched: what is not in it does not exist."""
    files = {}
    for directory, _, names in os.walk(root):
        for name in names:
            kind = 'text/javascript' if name.endswith('.js') else mimetypes.guess_type(name)[0]
            if kind in ('text/html', 'text/css', 'text/javascript'):
                path = os.path.join(directory, name)
                files['/' + os.path.relpath(path, root)] = (path, kind)
    return files


class Proxy:
    """WSGI application: /vnc_auto.html and its files, /check, /websockify."""

    def __init__(self):
        self._files = static_files()
        self._open = collections.Counter()
        self._websocket = concurrency.websocket(self._relay, protocols=('binary',))

    def __call__(self, environ, start_response):
        request = webob.Request(environ)
        if request.path == '/websockify':
            # Screens arrive compressed already: to deflate them again costs time and saves nothing.
            environ.pop('HTTP_SEC_WEBSOCKET_EXTENSIONS', None)
            refusal = self._refusal(request)
            return (refusal or self._websocket)(environ, start_response)
        return self._plain(request)(environ, start_response)

    def _plain(self, request):
        if request.method not in ('GET', 'HEAD'):
            refusal = webob.Response(status=405, text='Only GET is possible here.', allow=('GET', 'HEAD'))
            return _secured(refusal, request)
        if request.path == '/check':
            return _secured(self._refusal(request) or webob.Response(text='This link opens a console.'), request)
        if request.path not in self._files:
            return _secured(webob.Response(status=404, text='There is nothing here. Console links look like '
                                                            '/vnc_auto.html?token=...'), request)
        path, kind = self._files[request.path]
        with open(path, 'rb') as file:
            response = webob.Response(body=file.read(), content_type=kind, charset='utf-8')
        response.cache_control = 'no-cache'
        return _secured(response, request)

    def _refusal(self, request):
        """A response that says why a console cannot be opened, or None when it can."""
        origin = request.headers.get('Origin')
        own = urlsplit(request.host_url).netloc
        if origin and urlsplit(origin).netloc not in (own, *CONF.console.allowed_origins):
            return webob.Response(status=403, text='Pages of another site may not open consoles.')
        row = tokens.check(_token(request.environ))
        if row is None:
            return webob.Response(status=401, text=_EXPIRED)
        if self._open[row.token_hash] >= CONF.console.connections_per_token:
            return webob.Response(status=429, text='Too many consoles are open with this link. Close one.')
        request.environ['nova.console'] = row
        return None

    def _relay(self, browser):
        row = browser.environ['nova.console']
        self._open[row.token_hash] += 1
        try:
            self._connect(browser, row)
        except OSError as error:
            LOG.warning('console of %s at %s:%s: %s', row.instance_uuid, row.host, row.port, error)
        finally:
            self._open[row.token_hash] -= 1
            if not self._open[row.token_hash]:
                del self._open[row.token_hash]

    @staticmethod
    def _connect(browser, row):
        with socket.create_connection((row.host, row.port), timeout=CONF.console.connect_timeout) as guest:
            guest.settimeout(None)
            guest.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            LOG.info('console of %s opened by %s', row.instance_uuid, browser.environ.get('REMOTE_ADDR'))
            upward = concurrency.spawn(_from_guest, guest, browser)
            try:
                _from_browser(browser, guest)
            finally:
                upward.kill()
                LOG.info('console of %s closed', row.instance_uuid)


def _from_guest(guest, browser):
    """Until either side ends. Sending waits while the browser does not read: nothing piles up here."""
    try:
        while True:
            data = guest.recv(_CHUNK)
            if not data:
                break
            browser.send(data)
    except OSError as error:
        LOG.debug('console ends: %s', error)
    # The guest has gone: wakes the other direction, which waits for the browser.
    browser.close()


def _from_browser(browser, guest):
    while True:
        data = browser.wait()
        if data is None:
            return
        guest.sendall(data if isinstance(data, bytes) else data.encode('latin-1'))


def _token(environ):
    """That of the query, or of a cookie as consoles of 2012 send it. Pages of other sites are refused either way."""
    asked = parse_qs(environ.get('QUERY_STRING', '')).get('token')
    return asked[-1] if asked else webob.Request(environ).cookies.get('token', '')


def _secured(response, request):
    """Headers that keep the page to itself: no other script, no frame, no address given away."""
    scheme = 'wss' if request.scheme == 'https' else 'ws'
    ancestors = ' '.join(["'self'", *CONF.console.allowed_origins])
    response.headers.update({
        'Content-Security-Policy': (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
            f"connect-src 'self' {scheme}://{request.host}; base-uri 'none'; form-action 'none'; "
            f'frame-ancestors {ancestors}'),
        'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
        'Cross-Origin-Opener-Policy': 'same-origin'})
    return response
