"""A request to the object server: its path, headers and timestamp, checked. Parsed by hand: every operation pays."""
import functools
from urllib.parse import unquote

from essex import concurrency
from swift import digests, erasure, headers
from swift.timestamp import Timestamp


class Refused(Exception):
    """Ends a request with a status, a text and headers."""

    def __init__(self, status, text='', **more):
        self.status, self.text = status, text
        self.headers = {name.replace('_', '-'): value for name, value in more.items()}
        super().__init__(text)


class Request:
    """A request about an object. Raises Refused (400, 503) when its path, policy or timestamp is wrong."""

    def __init__(self, environ, policies):
        self.environ = environ
        self.method = environ['REQUEST_METHOD']
        parts = environ['PATH_INFO'].split('/', 5)
        if len(parts) != 6 or parts[0] or not all(parts[1:]):
            raise Refused(400, f'Invalid path: {environ["PATH_INFO"]}')
        self.device, self.partition = parts[1], partition(parts[2])
        try:
            self.account, self.container, self.obj = (headers.utf8(part) for part in parts[3:])
        except UnicodeError:
            raise Refused(400, 'Invalid path: not UTF-8') from None
        self.policy = policy(environ, policies)
        self.replication = headers.true_value(environ.get('HTTP_X_BACKEND_REPLICATION'))

    def get(self, name, default=None):
        """A header, or `default`."""
        return self.environ.get(_key(name), default)

    @functools.cached_property
    def timestamp(self):
        """X-Timestamp. Raises Refused 400 when it is missing or none."""
        text = self.environ.get('HTTP_X_TIMESTAMP')
        if not text:
            raise Refused(400, 'Missing X-Timestamp header')
        try:
            return Timestamp(text)
        except ValueError:
            raise Refused(400, f'X-Timestamp should be a UNIX timestamp float value; was {text!r}') from None

    @functools.cached_property
    def expired_too(self):
        """Whether objects whose time is over are to be found as well."""
        return self.replication or headers.true_value(self.environ.get('HTTP_X_BACKEND_OPEN_EXPIRED'))

    @functools.cached_property
    def delete_at(self):
        """X-Delete-At in seconds, 0 without. Raises Refused 400."""
        text = self.environ.get('HTTP_X_DELETE_AT')
        if not text:
            return 0
        if not (text.isascii() and text.isdecimal()) or len(text) > 10:
            raise Refused(400, 'Invalid X-Delete-At')
        if int(text) < int(self.timestamp) and not self.replication:
            raise Refused(400, 'X-Delete-At in past')
        return int(text)

    @functools.cached_property
    def content_type(self):
        """Content-Type, None without. The WSGI server makes one up, but tells what it has read."""
        found = self.environ.get('CONTENT_TYPE')
        read = self.environ.get('headers_raw')
        if found == 'text/plain' and read is not None and not any(name.lower() == 'content-type' for name, _ in read):
            return None
        return found or None

    @functools.cached_property
    def length(self):
        """Content-Length, None when the body is chunked. Raises Refused 400 or 411."""
        text = self.environ.get('CONTENT_LENGTH')
        if text:
            length = headers.whole(text)
            if length is None:
                raise Refused(400, 'Invalid Content-Length header value')
            return length
        if 'chunked' in self.environ.get('HTTP_TRANSFER_ENCODING', '').lower():
            return None
        raise Refused(411, 'Missing Content-Length header.')

    @functools.cached_property
    def fragment_index(self):
        """The index of the fragments of an SSYNC or of X-Object-Sysmeta-Ec-Frag-Index, None without.

        Raises Refused 400.
        """
        text = self.get('X-Backend-Ssync-Frag-Index') or self.get(erasure.INDEX)
        if not text:
            return None
        index = headers.whole(text)
        if index is None or self.policy.code is None or index >= self.policy.code.total:
            raise Refused(400, f'{text[:40]!r} is no fragment index of the policy {self.policy.name}')
        return index

    @functools.cached_property
    def announced(self):
        """How long a body in chunks will be, None when that is not told. Raises Refused 400."""
        text = self.get(digests.LENGTH)
        length = headers.whole(text)
        if text and length is None:
            raise Refused(400, f'Invalid {digests.LENGTH} header value')
        return length

    @functools.cached_property
    def listing(self):
        """(account, container) whose listing has the object. Raises Refused 400."""
        path = self.get('X-Backend-Quoted-Container-Path') or self.get('X-Backend-Container-Path')
        if not path:
            return self.account, self.container
        try:
            account, slash, container = headers.utf8(unquote(path, 'latin-1')).strip('/').partition('/')
        except UnicodeError:
            raise Refused(400, 'Invalid X-Backend-Container-Path: not UTF-8') from None
        return (account, container) if slash else (self.account, self.container)

    def metadata(self, allowed, data=True):
        """{name: value} of the headers kept with an object; those of the system only with its `data`."""
        kept = {}
        environ = self.environ
        for key in environ:
            if key.startswith('HTTP_X_OBJECT_'):
                name = _name(key)
                if (headers.is_user_meta('object', name) or headers.is_transient_sys_meta(name)
                        or data and headers.is_sys_meta('object', name)):
                    kept[name] = environ[key]
        for key, name in allowed:
            if environ.get(key):
                kept[name] = environ[key]
        more = environ.get('HTTP_X_BACKEND_REPLICATION_HEADERS')
        for name in more.split() if more else ():
            if environ.get(_key(name)) is not None and name.lower() not in _OWN:
                kept[_title(name)] = environ[_key(name)]
        return kept


def read(timeout, function, *args):
    """What a function that reads from the body returns. Raises Refused 408 after `timeout` seconds, 499."""
    try:
        with concurrency.Timeout(timeout):
            return function(*args)
    except concurrency.Timeout:
        raise Refused(408, 'Request Timeout') from None
    except (OSError, ValueError) as error:
        # ValueError: a chunk that is none.
        raise Refused(499, f'Client Disconnect: {error!r}') from None


# What this server says itself of an object, or what is no header of one.
_OWN = {'content-type', 'content-type-timestamp', 'content-length', 'etag', 'x-timestamp', 'name'}


def partition(text):
    """A partition of a path. Raises Refused 400: it becomes part of a file's name."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise Refused(400, f'Invalid partition: {text}')
    return text


def policy(environ, policies):
    """The policy of X-Backend-Storage-Policy-Index. Raises Refused 503 when this node does not know it."""
    index = environ.get('HTTP_X_BACKEND_STORAGE_POLICY_INDEX')
    found = policies.by_index(index)
    if found is None:
        raise Refused(503, f'No policy with index {index}')
    return found


def allowed_headers(text):
    """[(key of the environment, name)] of a list of header names."""
    names = [each.strip() for each in text.split(',') if each.strip()]
    return [(_key(name), _title(name)) for name in names if name.lower() not in _OWN]


@functools.lru_cache(4096)
def _key(name):
    key = name.upper().replace('-', '_')
    return key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}'


@functools.lru_cache(4096)
def _name(key):
    return key[5:].replace('_', '-').title()


def _title(name):
    return name.title()
