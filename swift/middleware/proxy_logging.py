"""The access log in the original's format, one line a request, and its figures to StatsD.

Fields: client_ip remote_addr end_time method path protocol status_int referer user_agent auth_token bytes_recvd
bytes_sent client_etag transaction_id headers request_time source log_info start_time end_time policy_index
access_user_id; each URL-quoted, `-` when empty.
"""
import functools
import logging
import re
import string
import time
from urllib.parse import quote, unquote_plus

from essex import http_body
from swift import conf as options
from swift.exceptions import ConfigurationError
from swift.middleware import names
from swift.middleware.statsd import StatsD

LOG = logging.getLogger('swift.access')
_TEMPLATE = ('{client_ip} {remote_addr} {end_time.datetime} {method} {path} {protocol} {status_int} {referer} '
             '{user_agent} {auth_token} {bytes_recvd} {bytes_sent} {client_etag} {transaction_id} {headers} '
             '{request_time} {source} {log_info} {start_time} {end_time} {policy_index} {access_user_id}')
_METHODS = 'GET,HEAD,POST,PUT,DELETE,COPY,OPTIONS,BDELETE,UPDATE'
_SECRETS = frozenset(('temp_url_sig', 'swiftinfo_sig', 'signature', 'x-amz-signature', 'token'))
# Chosen by people, who like them short: not even their beginnings are shown.
_SECRET_HEADERS = re.compile('Key|Pass|Cookie|Sync-Auth|Signature')
_LOGGED = 'swift.proxy_access_log_made'


class ProxyLogging:
    """WSGI filter; stands twice in a pipeline (outside for clients, inside for what filters ask): logs each once."""

    def __init__(self, app, conf):
        self.app = app
        own = {**conf, **{name.removeprefix('access_'): value for name, value in conf.items()
                          if name.startswith('access_log_')}}
        self._reveal = options.integer(own, 'reveal_sensitive_prefix', 16, 0)
        self._with_headers = options.boolean(own, 'log_headers', False)
        self._only = frozenset(name.title() for name in options.words(own, 'log_headers_only'))
        self._methods = frozenset(options.words(own, 'log_statsd_valid_http_methods', _METHODS))
        self._format = _compiled(conf.get('log_msg_template', _TEMPLATE))
        self._statsd = StatsD.of(own)

    def __call__(self, environ, start_response):
        if environ.get(_LOGGED):
            return self.app(environ, start_response)
        environ[_LOGGED] = True
        entry = _Entry(self, environ)
        original = environ.get('wsgi.input')
        if original is not None:
            environ['wsgi.input'] = entry.input = _Counted(original)

        def start(status, headers, exc_info=None):
            entry.status, entry.headers = int(status[:3]), headers
            return start_response(status, headers, *((exc_info,) if exc_info else ()))

        try:
            body = self.app(environ, start)
        except BaseException:
            entry.status = 500
            entry.finish()
            raise
        if isinstance(body, (list, tuple)):
            entry.sent = 0 if entry.bodyless() else sum(map(len, body))
            entry.finish()
            return body
        return _Watched(body, entry)

    def log(self, entry):
        """Write the line, count it."""
        environ = entry.environ
        end = time.time()
        query = environ.get('QUERY_STRING')
        path = quote((environ.get('SCRIPT_NAME', '') + entry.path).encode('latin-1'))
        if query:
            path += '?' + self._query(query)
        token = environ.get('HTTP_X_AUTH_TOKEN') or environ.get('HTTP_X_STORAGE_TOKEN')
        client = (environ.get('HTTP_X_CLUSTER_CLIENT_IP')
                  or environ.get('HTTP_X_FORWARDED_FOR', '').split(',')[0].strip() or environ.get('REMOTE_ADDR'))
        values = {
            'client_ip': client, 'remote_addr': environ.get('REMOTE_ADDR'), 'method': environ['REQUEST_METHOD'],
            'path': _Ready(path), 'protocol': environ.get('SERVER_PROTOCOL'), 'status_int': entry.status,
            'referer': self._url(environ.get('HTTP_REFERER')), 'user_agent': environ.get('HTTP_USER_AGENT'),
            'auth_token': self._hidden(token) if token else None, 'bytes_recvd': entry.received() or None,
            'bytes_sent': entry.sent or None, 'client_etag': environ.get('HTTP_ETAG'),
            'transaction_id': environ.get('swift.trans_id'), 'headers': self._headers(environ),
            'request_time': _Ready(f'{end - entry.began:.4f}'), 'source': environ.get('swift.source'),
            'log_info': ','.join(environ.get('swift.log_info', ())) or None,
            'start_time': _Moment(entry.began), 'end_time': _Moment(end), 'policy_index': entry.policy(),
            'access_user_id': environ.get('swift.access_logging', {}).get('user_id'), 'ttfb': _Ready('-'),
            'pid': None, 'account': None, 'container': None, 'object': None, 'domain': environ.get('HTTP_HOST')}
        # Not LOG.info(): it would look for its caller, at half the cost of the line.
        if LOG.isEnabledFor(logging.INFO):
            LOG.handle(logging.LogRecord(LOG.name, logging.INFO, __file__, 0, self._format(values), None, None))
        if self._statsd:
            self._count(entry, end - entry.began)

    def _query(self, query):
        """A query whose secrets are cut short, however their names are spelled."""
        parts = []
        for part in query.split('&'):
            name, equals, value = part.partition('=')
            secret = equals and unquote_plus(name).lower() in _SECRETS
            parts.append(f'{name}={self._hidden(value)}' if secret else part)
        return '&'.join(parts)

    def _url(self, url):
        before, mark, query = (url or '').partition('?')
        return f'{before}?{self._query(query)}' if mark else url

    def _hidden(self, secret):
        return secret if len(secret) <= self._reveal else f'{secret[:self._reveal]}...'

    def _headers(self, environ):
        if not self._with_headers:
            return None
        found = ((key[5:].replace('_', '-').title(), value) for key, value in environ.items()
                 if key.startswith('HTTP_'))
        return '\n'.join(f'{name}: {self._shown(name, value)}' for name, value in found
                         if not self._only or name in self._only)

    def _shown(self, name, value):
        if _SECRET_HEADERS.search(name):
            return '...'
        if name == 'Referer':
            return self._url(value)
        return self._hidden(value) if 'Token' in name or name == 'Authorization' else value

    def _count(self, entry, seconds):
        method = entry.environ['REQUEST_METHOD']
        method = method if method in self._methods else 'BAD_METHOD'
        name = f'proxy-server.{entry.kind()}.{method}.{entry.status}'
        self._statsd.timing(f'{name}.timing', seconds)
        self._statsd.count(f'{name}.xfer', entry.received() + entry.sent)


class _Entry:
    """One request on its way."""

    def __init__(self, logging_filter, environ):
        self._filter, self.environ, self.began = logging_filter, environ, time.time()
        self.path = environ.get('PATH_INFO', '')
        self.status, self.headers, self.sent, self.input, self._done = 0, (), 0, None, False

    def received(self):
        return self.input.count if self.input else 0

    def bodyless(self):
        return self.environ['REQUEST_METHOD'] == 'HEAD' or self.status in (204, 304)

    def policy(self):
        wanted = ('x-backend-storage-policy-index',)
        return next((value for name, value in self.headers if name.lower() in wanted),
                    self.environ.get('HTTP_X_BACKEND_STORAGE_POLICY_INDEX'))

    def kind(self):
        if self.environ.get('swift.source'):
            return self.environ['swift.source']
        named = names.of({'PATH_INFO': self.path})
        if named is None:
            return 'UNKNOWN'
        return 'object' if named.obj else 'container' if named.container else 'account'

    def finish(self):
        """Log, once."""
        if not self._done:
            self._done = True
            if self.input is not None and self.input.broken:
                self.status = 499
            self._filter.log(self)


class _Counted:
    """The body of a request, counted."""

    def __init__(self, original):
        self._original, self.count, self.broken = original, 0, False

    def read(self, *args):
        return self._counting(self._original.read, args)

    def readline(self, *args):
        return self._counting(self._original.readline, args)

    def read_some(self, view, least):
        """See http_body.read_some."""
        try:
            count = http_body.read_some(self._original, view, least)
        except Exception:
            self.broken = True
            raise
        self.count += count
        return count

    def read_on(self, view):
        """See http_body.read_on."""
        count = http_body.read_on(self._original, view)
        self.count += count
        return count

    def _counting(self, call, args):
        try:
            piece = call(*args)
        except Exception:
            self.broken = True
            raise
        self.count += len(piece)
        return piece

    def __iter__(self):
        return iter(self.readline, b'')

    def __getattr__(self, name):
        return getattr(self._original, name)


class _Watched:
    """The body of an answer, counted; who closes it before its end has gone: 499."""

    def __init__(self, body, entry):
        self._body, self._entry, self._iterator, self._over = body, entry, None, False

    def __iter__(self):
        return self

    def __next__(self):
        if self._iterator is None:
            self._iterator = iter(self._body)
        try:
            piece = next(self._iterator)
        except StopIteration:
            self._over = True
            self._entry.finish()
            raise
        except BaseException:
            self._over, self._entry.status = True, 500
            raise
        if not self._entry.bodyless():
            self._entry.sent += len(piece)
        return piece

    def close(self):
        """Close what is below, and log."""
        try:
            if hasattr(self._body, 'close'):
                self._body.close()
        finally:
            if not self._over and not self._entry.bodyless():
                self._entry.status = 499
            self._entry.finish()


@functools.lru_cache(64)
def _datetime(seconds):
    return time.strftime('%d/%b/%Y/%H/%M/%S', time.gmtime(seconds))


class _Ready(str):
    """Needs no quoting any more."""


class _Moment:
    """A time in the forms that a template may ask for."""

    def __init__(self, seconds):
        self._seconds = seconds

    def __str__(self):
        return f'{self._seconds:.9f}'

    @property
    def datetime(self):
        return _datetime(int(self._seconds))

    @property
    def s(self):
        return f'{int(self._seconds)}'

    @property
    def ms(self):
        return f'{int(self._seconds * 1000)}'

    @property
    def us(self):
        return f'{int(self._seconds * 1000000)}'


def _compiled(template):
    """A function {field: value} -> line. Raises ConfigurationError."""
    parts = []
    for literal, field, _, _ in string.Formatter().parse(template):
        parts.append((literal, *(field or '').partition('.')[::2]))
    sample = {name for _, name, _ in parts if name}
    unknown = sample - _FIELDS
    if unknown:
        raise ConfigurationError(f'log_msg_template knows no {", ".join(sorted(unknown))}')

    def line(values):
        made = []
        for literal, name, attribute in parts:
            made.append(literal)
            if name:
                value = values[name]
                made.append(_quoted(getattr(value, attribute) if attribute else value))
        return ''.join(made)

    return line


_FIELDS = frozenset(('client_ip', 'remote_addr', 'method', 'path', 'protocol', 'status_int', 'referer', 'user_agent',
                     'auth_token', 'bytes_recvd', 'bytes_sent', 'client_etag', 'transaction_id', 'headers',
                     'request_time', 'source', 'log_info', 'start_time', 'end_time', 'policy_index', 'access_user_id',
                     'ttfb', 'pid', 'account', 'container', 'object', 'domain'))
_SAFE = re.compile(r'[\w.~/:-]+', re.ASCII)


def _quoted(value):
    if value is None or value == '':
        return '-'
    text = str(value)
    if isinstance(value, (_Ready, int, _Moment)) or _SAFE.fullmatch(text):
        return text
    return quote(text.encode('latin-1', 'replace'), safe='/:')


def filter_factory(global_conf, **local_conf):
    """Paste."""
    conf = {**global_conf, **local_conf}
    return lambda app: ProxyLogging(app, conf)
