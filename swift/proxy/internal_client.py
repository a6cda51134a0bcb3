"""The proxy as a library: daemons read and change data through the pipeline, without a socket and without a token."""
import io
import json
import logging
import os
from urllib.parse import quote

import webob
from paste.deploy import loadapp

from essex import concurrency
from swift import conf as options
from swift.exceptions import ConfigurationError, SwiftError
from swift.headers import wsgi
from swift.middleware.catch_errors import CatchErrors
from swift.middleware.memcache import CacheFilter
from swift.middleware.memcache import make as make_cache
from swift.proxy.server import Application

LOG = logging.getLogger(__name__)
_PAGE = 10000


class UnexpectedResponse(SwiftError):
    """No acceptable status after all tries. `resp` is the last webob.Response."""

    def __init__(self, message, resp):
        super().__init__(message)
        self.resp = resp


class InternalClient:
    """Runs requests in this process.

    `conf_path_or_app`: a file with [pipeline:main] (as internal-client.conf), a WSGI application, or a dict of the
    proxy's options, for a pipeline of catch_errors, cache and proxy. Names are text; header values WSGI strings.
    acceptable_statuses may hold codes and kinds: (2, 404) is all 2xx, and 404.
    """

    def __init__(self, conf_path_or_app, user_agent, request_tries=3, app=None):
        self.user_agent, self.request_tries = user_agent, request_tries
        self.app = app or _application(conf_path_or_app)

    def make_request(self, method, path, headers=None, acceptable_statuses=(2,), body=b'', query=''):
        """A webob.Response; `path` is URL-encoded, `body` bytes or a file. Raises UnexpectedResponse.

        What is not acceptable is tried again after 1, 2, 4 ... seconds, as long as the body can be sent again.
        """
        response = None
        for attempt in range(self.request_tries):
            if attempt:
                concurrency.sleep(2 ** (attempt - 1))
                if hasattr(body, 'read') and not _rewind(body):
                    break
            response = self._request(method, path, dict(headers or {}), body, query).get_response(self.app)
            status = response.status_int
            if status in acceptable_statuses or status // 100 in acceptable_statuses:
                return response
            if status // 100 == 4 and status not in (408, 429, 498):
                break      # it will not get better
            _close(response)
        raise UnexpectedResponse(f'{method} {path}: {response.status} {response.headers.get("X-Trans-Id", "")}',
                                 response)

    def _request(self, method, path, headers, body, query):
        request = webob.Request.blank(path, environ={'REQUEST_METHOD': method})
        request.environ['QUERY_STRING'] = query or request.environ['QUERY_STRING']
        headers.setdefault('User-Agent', self.user_agent)
        for name, value in headers.items():
            request.headers[name] = value
        # blank() makes up a type where there is none.
        if 'Content-Type' not in headers:
            request.environ.pop('CONTENT_TYPE', None)
        if hasattr(body, 'read'):
            request.environ['wsgi.input'] = body
            if 'Content-Length' not in headers:
                request.environ.pop('CONTENT_LENGTH', None)
                request.environ['HTTP_TRANSFER_ENCODING'] = 'chunked'
        else:
            request.environ['wsgi.input'] = io.BytesIO(body)
            request.environ['CONTENT_LENGTH'] = str(len(body))
        request.environ.update({'swift_owner': True, 'swift.trans_id': headers.get('X-Trans-Id', '-'),
                                'REMOTE_ADDR': '127.0.0.1', 'swift.authorize_override': True,
                                'HTTP_X_BACKEND_ALLOW_RESERVED_NAMES': 'true'})
        return request

    @staticmethod
    def make_path(account, container=None, obj=None):
        """The URL-encoded path of names."""
        return quote('/v1/' + '/'.join(name for name in (account, container, obj) if name is not None))

    def _listing(self, path, marker, end_marker, prefix, acceptable_statuses):
        while True:
            query = (f'format=json&limit={_PAGE}&marker={quote(marker, safe="")}'
                     f'&end_marker={quote(end_marker, safe="")}&prefix={quote(prefix, safe="")}')
            response = self.make_request('GET', path, {}, acceptable_statuses, query=query)
            if response.status_int != 200:
                _close(response)
                return
            rows = json.loads(response.body)
            if not rows:
                return
            yield from rows
            marker = rows[-1].get('name', rows[-1].get('subdir'))

    def iter_containers(self, account, marker='', end_marker='', prefix='', acceptable_statuses=(2, 404)):
        """Yield the JSON items of an account's containers."""
        return self._listing(self.make_path(account), marker, end_marker, prefix, acceptable_statuses)

    def iter_objects(self, account, container, marker='', end_marker='', prefix='', acceptable_statuses=(2, 404)):
        """Yield the JSON items of a container's objects."""
        return self._listing(self.make_path(account, container), marker, end_marker, prefix, acceptable_statuses)

    get_container = iter_objects

    def _head(self, path, acceptable_statuses, headers=None):
        response = self.make_request('HEAD', path, headers, acceptable_statuses)
        _close(response)
        return response

    def get_account_info(self, account, acceptable_statuses=(2, 404)):
        """(containers, objects)."""
        headers = self._head(self.make_path(account), acceptable_statuses).headers
        return (int(headers.get('X-Account-Container-Count', 0)), int(headers.get('X-Account-Object-Count', 0)))

    def container_exists(self, account, container):
        """Whether there is such a container."""
        return self._head(self.make_path(account, container), (2, 404)).status_int != 404

    def get_container_metadata(self, account, container, acceptable_statuses=(2,)):
        """{lower-case header: value}."""
        return _lower(self._head(self.make_path(account, container), acceptable_statuses))

    def create_container(self, account, container, headers=None, acceptable_statuses=(2,)):
        """Make it; harmless when it is there."""
        _close(self.make_request('PUT', self.make_path(account, container), headers, acceptable_statuses))

    def delete_container(self, account, container, headers=None, acceptable_statuses=(2, 404)):
        """Delete an empty one."""
        _close(self.make_request('DELETE', self.make_path(account, container), headers, acceptable_statuses))

    def upload_object(self, body, account, container, obj, headers=None, acceptable_statuses=(2,)):
        """PUT `body`, bytes or a file (chunked, unless the headers have Content-Length)."""
        _close(self.make_request('PUT', self.make_path(account, container, obj), headers, acceptable_statuses, body))

    def get_object(self, account, container, obj, headers=None, acceptable_statuses=(2,), query=''):
        """(status, headers, an iterator of pieces; close() it when you stop early)."""
        response = self.make_request('GET', self.make_path(account, container, obj), headers, acceptable_statuses,
                                     query=query)
        return response.status_int, response.headers, response.app_iter

    def get_object_metadata(self, account, container, obj, headers=None, acceptable_statuses=(2,)):
        """{lower-case header: value}."""
        return _lower(self._head(self.make_path(account, container, obj), acceptable_statuses, headers))

    def set_object_metadata(self, account, container, obj, metadata, acceptable_statuses=(2,)):
        """POST: `metadata` is all there will be."""
        headers = {f'X-Object-Meta-{name}': wsgi(value) for name, value in metadata.items()}
        _close(self.make_request('POST', self.make_path(account, container, obj), headers, acceptable_statuses))

    def delete_object(self, account, container, obj, headers=None, acceptable_statuses=(2, 404)):
        """Delete it."""
        _close(self.make_request('DELETE', self.make_path(account, container, obj), headers, acceptable_statuses))


def of_daemon(conf, user_agent):
    """The InternalClient of a daemon, by its options internal_client_conf_path and request_tries.

    Without the former it is internal-client.conf of swift_dir, and without that a pipeline of the proxy alone.
    """
    swift_dir = conf.get('swift_dir', '/etc/swift')
    usual = os.path.join(swift_dir, 'internal-client.conf')
    source = conf.get('internal_client_conf_path') or (usual if os.path.exists(usual) else {'swift_dir': swift_dir})
    return InternalClient(source, user_agent, options.integer(conf, 'request_tries', 3, 1))


def _application(source):
    if callable(source):
        return source
    if isinstance(source, dict):
        # Accounts are there for daemons when anything is written into them.
        proxy = Application({'account_autocreate': 'true', 'allow_account_management': 'true', **source})
        return CatchErrors(CacheFilter(proxy, make_cache(source)), source)
    if not os.path.exists(source):
        raise ConfigurationError(f'{source} does not exist: it has the pipeline of the internal client')
    return loadapp(f'config:{os.path.abspath(source)}')


def _lower(response):
    return {name.lower(): value for name, value in response.headers.items()}


def _rewind(body):
    try:
        body.seek(0)
    except (AttributeError, OSError):
        return False
    return True


def _close(response):
    if hasattr(response.app_iter, 'close'):
        response.app_iter.close()
