"""Object storage as other services use it: the containers and objects of one account, with data that streams."""
import time
import urllib.parse

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import plugin
from requests.exceptions import RequestException

from essex import exception

CHUNK = 1024 * 1024
# Names in one page of a listing.
_PAGE = 10000
# Seconds before its end that a token is replaced, and the life of one that does not tell.
_SPARE, _LIFE = 300, 3600


class ObjectError(exception.ServiceUnavailable):
    """What object storage did not do. `status` is that of its answer, None when there was none."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.status = status


class TempAuth(plugin.BaseAuthPlugin):
    """Version 1 of authentication: an address that gives a storage URL and a token for a user and a key."""

    def __init__(self, auth_url, user, key):
        super().__init__()
        self._auth_url, self._user, self._key = auth_url, user, key
        self._given = None

    def _get(self, made):
        if self._given is None or self._given[2] < time.monotonic():
            headers = {'X-Auth-User': self._user, 'X-Auth-Key': self._key}
            # Unlogged: what is hidden in a log of requests does not include this key.
            answer = made.get(self._auth_url, headers=headers, authenticated=False, log=False)
            expires = answer.headers.get('X-Auth-Token-Expires', '')
            life = int(expires) if expires.isdigit() else _LIFE
            self._given = (answer.headers.get('X-Storage-Url'), answer.headers.get('X-Auth-Token'),
                           time.monotonic() + max(life - _SPARE, life / 2))
        return self._given

    def get_token(self, session, **kwargs):
        """See BaseAuthPlugin."""
        return self._get(session)[1]

    def get_endpoint(self, session, **kwargs):
        """See BaseAuthPlugin."""
        return self._get(session)[0]

    def invalidate(self):
        """See BaseAuthPlugin."""
        known, self._given = self._given, None
        return known is not None


class ObjectClient:
    """Calls on one account. Every method raises ObjectError when the answer is not a good one, or does not come.

    `adapter` is keystoneauth's; with `inner` the host of its endpoint gets the prefix snet-.
    """

    def __init__(self, adapter, inner=False):
        self._adapter, self._inner = adapter, inner

    @property
    def url(self):
        """The account's URL."""
        try:
            found = self._adapter.get_endpoint()
        except (keystone_exceptions.ClientException, LookupError) as error:
            raise _unreachable(error) from error
        if not found:
            raise ObjectError('there is no object storage in the catalog')
        return _inner(found) if self._inner else found

    @property
    def project_id(self):
        """The project of the account that asks."""
        try:
            return self._adapter.get_project_id()
        except keystone_exceptions.ClientException as error:
            raise _unreachable(error) from error

    @property
    def user_id(self):
        """The user that asks."""
        try:
            return self._adapter.get_user_id()
        except keystone_exceptions.ClientException as error:
            raise _unreachable(error) from error

    def put(self, container, name, chunks=None, size=None, headers=None):
        """Store what the iterator `chunks` yields, `size` bytes if that is known; returns the MD5 of what was stored.

        Nothing is stored when `chunks` raises, and that is raised: unless it is an OSError, which the HTTP library
        takes for one of the connection.
        """
        # A body that has been read cannot be sent again.
        body = {} if chunks is None else {'data': _body(chunks, size), 'allow_reauth': False, 'connect_retries': 0,
                                          'redirect': False}
        response = self._call('PUT', _path(container, name), headers={**(headers or {})}, **body)
        return response.headers.get('ETag', '').strip('"')

    def get(self, container, name, offset=0, length=None, headers=None):
        """(headers, iterator) of the data from `offset`; the iterator has close() and raises ObjectError."""
        wanted = {'Accept-Encoding': 'identity', **(headers or {})}
        if offset or length is not None:
            wanted['Range'] = f'bytes={offset}-{"" if length is None else offset + length - 1}'
        response = self._call('GET', _path(container, name), headers=wanted, stream=True)
        return response.headers, Chunks(response)

    def head(self, container, name, headers=None):
        """The object's headers."""
        return self._call('HEAD', _path(container, name),
                          headers={'Accept-Encoding': 'identity', **(headers or {})}).headers

    def delete(self, container, name):
        """Delete an object; returns whether there was one."""
        return self._call('DELETE', _path(container, name), accept=(404,)).status_code != 404

    def put_container(self, container, headers=None):
        """Make a container, or change it."""
        self._call('PUT', _path(container), headers={**(headers or {})})

    def has_container(self, container):
        """Whether there is such a container."""
        return self._call('HEAD', _path(container), accept=(404,)).status_code != 404

    def delete_container(self, container):
        """Delete an empty container; returns whether there was one."""
        return self._call('DELETE', _path(container), accept=(404,)).status_code != 404

    def names(self, container, prefix):
        """Yield the names of objects that begin with `prefix`; none in a container that is not there."""
        marker = ''
        while True:
            response = self._call('GET', _path(container), accept=(404,), headers={'Accept': 'application/json'},
                                  params={'prefix': prefix, 'marker': marker, 'limit': _PAGE, 'format': 'json'})
            rows = response.json() if response.status_code == 200 else []
            if not rows:
                return
            yield from (row['name'] for row in rows)
            marker = rows[-1]['name']

    def _call(self, method, path, accept=(), **kwargs):
        try:
            if self._inner:
                kwargs['endpoint_override'] = self.url
            response = self._adapter.request(path, method, raise_exc=False, **kwargs)
        except (keystone_exceptions.ClientException, LookupError) as error:
            raise _unreachable(error) from error
        if response.status_code >= 300 and response.status_code not in accept:
            response.close()
            raise ObjectError(f'object storage answered {response.status_code} {response.reason}',
                              response.status_code)
        return response


class Chunks:
    """The data of an answer."""

    def __init__(self, response):
        self._response = response
        self._chunks = response.iter_content(CHUNK)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self._chunks)
        except (RequestException, OSError) as error:
            raise ObjectError(f'the data ended early ({type(error).__name__})') from error

    def close(self):
        """Break off. Harmless when it is over."""
        self._response.close()


def _body(chunks, size):
    """Chunks as requests takes them: of a length, or without one to be sent in HTTP's own chunks."""
    return iter(chunks) if size is None else _Sized(chunks, size)


class _Sized:
    """Chunks of a known length. With none it is false, and not asked for any."""

    def __init__(self, chunks, size):
        self._chunks, self._size = chunks, size

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter(self._chunks)


def _path(*names):
    return '/' + '/'.join(urllib.parse.quote(name, safe='') for name in names)


def _inner(url):
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=f'snet-{parts.netloc}').geturl()


def _unreachable(error):
    """The ObjectError for a call that got no answer; what the HTTP library adds is for the log alone."""
    status = getattr(error, 'http_status', None)
    if status in (401, 403):
        return ObjectError(f'the account was refused with {status}', status)
    return ObjectError(f'object storage cannot be reached: {str(error).partition(": HTTP")[0].partition(": (")[0]}')
