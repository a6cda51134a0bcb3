"""What account and container servers have in common: paths, timestamps, metadata, listings, errors as statuses.

Only the database work of a request runs in a thread: one hop each. Responses are `webob.Response`.
"""
import json
import logging
import os
import time
from urllib.parse import parse_qsl, quote

import orjson
import webob

import swift
from essex import concurrency
from swift import cluster, headers
from swift import conf as options
from swift.db import files, listing
from swift.db.batches import Batches
from swift.db.errors import DatabaseExists, DatabaseMissing
from swift.devices import Devices
from swift.exceptions import DriveFull, DriveNotMounted, LockTimeout
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_TYPES = {'json': 'application/json', 'xml': 'application/xml'}
_LARGEST = 2 ** 63 - 1      # that SQLite holds


class Refused(Exception):
    """Ends a request with a status and a text."""

    def __init__(self, status, text='', **named):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, named.get('headers') or {}


def answer(status, named=None, text='', content_type='text/plain'):
    """A response with a short text."""
    response = webob.Response(status=status, body=text.encode(), content_type=content_type, charset='utf-8')
    if not text:
        # Also of a 204: without a length eventlet would send it in chunks.
        response.headers['Content-Length'] = '0'
    response.headers.update(named or {})
    return response


def head_answer(request, named):
    """The 204 to a HEAD, of the type a GET would have: proxies of the original show it to the client."""
    response = answer(204, named)
    asked = dict(parse_qsl(request.query_string)).get('format', '').lower()
    response.headers['Content-Type'] = f'{_TYPES.get(asked, "text/plain")}; charset=utf-8'
    return response


class Place:
    """What a path names: device, partition, account, perhaps container and object (text)."""

    __slots__ = ('account', 'container', 'device', 'obj', 'partition')

    def __init__(self, path, deepest):
        parts = path.split('/', deepest)
        if len(parts) < 4 or parts[0] or not all(parts[1:4]) or (len(parts) > 4 and not all(parts[4:5])):
            raise Refused(400, f'Invalid path: {path!r}')
        try:
            self.device, self.partition, self.account, self.container, self.obj = (
                *(headers.utf8(part) for part in parts[1:]), *[None] * (6 - len(parts)))
        except UnicodeDecodeError:
            raise Refused(412, 'Invalid UTF8 or contains NULL') from None
        if not is_partition(self.partition) or self.obj == '':
            raise Refused(400, f'Invalid path: {path!r}')


def is_partition(text):
    """Whether a part of a path may be a partition: it becomes part of a file's name."""
    return text.isascii() and text.isdecimal() and len(text) <= 10


def count(text):
    """The number in a header that goes into a table. Raises ValueError."""
    value = int(text) if len(text) <= 20 else _LARGEST + 1
    if abs(value) > _LARGEST:
        raise ValueError('the number is too large')
    return value


def quoted_path(request):
    """The path of a request, for logs: names in it may be no UTF-8, and hold line breaks."""
    return quote(request.environ['PATH_INFO'], encoding='latin-1')


class DatabaseServer:
    """A WSGI application. Subclasses set `kind` and name the methods they have; put(request) answers PUT."""

    kind = None
    methods = ()
    save_headers = frozenset()

    def __init__(self, conf):
        self.conf = conf
        self.cluster = cluster.load(conf.get('swift_dir', '/etc/swift'))
        self.devices = Devices(conf)
        self.constraints = self.cluster.constraints
        self.log_requests = options.boolean(conf, 'log_requests', True)
        wanted = conf.get('replication_server')
        allowed = set(self.methods) | {'REPLICATE'}
        if wanted is not None:
            allowed = {'REPLICATE'} if options.boolean(conf, 'replication_server', False) else set(self.methods)
        self._threads = options.integer(conf, 'threads_per_disk', 4, 0)
        self._pools = {}    # device -> ThreadPool
        self.batches = Batches()
        self._handlers = {method: getattr(self, method.lower()) for method in allowed}

    def __call__(self, environ, start_response):
        began = time.time()
        request = webob.Request(environ)
        response = self._respond(request)
        if self.log_requests and LOG.isEnabledFor(logging.INFO):
            self._log(request, response, time.time() - began)
        return response(environ, start_response)

    def _respond(self, request):
        handler = self._handlers.get(request.method)
        try:
            if handler is None:
                allow = {'Allow': ', '.join(sorted(self._handlers))}
                if request.method == 'OPTIONS':
                    # How swift-recon sees that the servers a ring names are what it takes them for.
                    return answer(200, {**allow, 'Server': f'{self.kind}-server/{swift.__version__}'})
                raise Refused(405, 'Method Not Allowed', headers=allow)
            return handler(request)
        except Refused as error:
            return answer(error.status, error.headers, error.text)
        except DatabaseMissing:
            return answer(404, text='Not Found')
        except DatabaseExists:
            return answer(409, text='Conflict')
        except (DriveNotMounted, DriveFull) as error:
            LOG.warning('507 for %s: %r', quoted_path(request), error)
            return answer('507 Insufficient Storage', text='The device is not there, or full')
        except LockTimeout:
            return answer(503, text='The database is busy')
        except ConnectionError:
            return answer('499 Client Disconnect')
        except OSError:
            LOG.exception('507 for %s: the disk fails', quoted_path(request))
            return answer('507 Insufficient Storage', text='The disk fails')
        except Exception:
            LOG.exception('ERROR __call__ error with %s %s', request.method, quoted_path(request))
            return answer(500, text='Internal Server Error')

    def _log(self, request, response, seconds):
        moment = time.strftime('%d/%b/%Y:%H:%M:%S +0000', time.gmtime())
        # Replicators ask for everything again and again.
        level = logging.DEBUG if request.method == 'REPLICATE' else logging.INFO
        LOG.log(level, '%s - - [%s] "%s %s" %d %s "%s" "%s" "%s" %.4f "-" %d -', request.remote_addr or '-', moment,
                 request.method, quoted_path(request), response.status_int, response.content_length or '-',
                 request.headers.get('Referer', '-'), request.headers.get('X-Trans-Id', '-'),
                 request.user_agent or '-', seconds, os.getpid())

    # What requests carry

    def database_path(self, place, *names):
        """The path of the database of names on the device of a request. Raises DriveNotMounted."""
        device = self.devices.path(place.device)
        return files.database_path(device, self.kind, place.partition, self.cluster.hash_path(*names))

    def in_thread(self, device, function, *args):
        """Call what blocks on the disk of a device. Raises DriveNotMounted, and what the call raises."""
        pool = self._pools.get(device)
        if pool is None:
            self.devices.path(device)
            # One slow disk keeps its own threads busy and no others.
            pool = self._pools[device] = concurrency.ThreadPool(self._threads, device)
        return pool.run(function, *args)

    @staticmethod
    def timestamp(request):
        """X-Timestamp in its internal form. Refuses with 400."""
        try:
            return Timestamp(request.headers['X-Timestamp']).internal
        except KeyError:
            raise Refused(400, 'Missing X-Timestamp header') from None
        except ValueError:
            raise Refused(400, 'Invalid X-Timestamp header') from None

    def policy_index(self, request, name='X-Backend-Storage-Policy-Index'):
        """The policy index in a header; None without it. Refuses an unknown one with 400."""
        text = request.headers.get(name)
        if text is None:
            return None
        policy = self.cluster.policies.by_index(text)
        if policy is None:
            raise Refused(400, f'Invalid {name} {text!r}')
        return policy.idx

    def metadata_of(self, request, timestamp):
        """{key: (value, timestamp)} of the headers of a request that a database keeps."""
        try:
            return {name: (headers.utf8(value), timestamp) for name, value in request.headers.items()
                    if name.lower() in self.save_headers or headers.is_sys_or_user_meta(self.kind, name)}
        except UnicodeDecodeError:
            raise Refused(400, 'Metadata must be valid UTF-8') from None

    def check_metadata(self, merged):
        """Refuse with 400 what makes the user metadata of a database too much."""
        prefix = f'x-{self.kind}-meta-'
        found = [(name[len(prefix):], entry[0]) for name, entry in merged.items()
                 if name.lower().startswith(prefix) and entry[0] != '']
        if len(found) > self.constraints.max_meta_count:
            raise Refused(400, f'Too many metadata items; max {self.constraints.max_meta_count}')
        if sum(len(name) + len(value.encode()) for name, value in found) > self.constraints.max_meta_overall_size:
            raise Refused(400, f'Total metadata too large; max {self.constraints.max_meta_overall_size}')

    def shown_metadata(self, metadata):
        """The headers of the metadata (JSON) of a database."""
        if not metadata:
            return {}
        return {name: headers.wsgi(entry[0]) for name, entry in json.loads(metadata).items() if entry[0] != '' and (
            name.lower() in self.save_headers or headers.is_sys_or_user_meta(self.kind, name))}

    def listing_query(self, request, maximum):
        """The listing.Query of a request. Refuses with 412."""
        try:
            given = request.GET
            texts = {name: given.get(name, '') for name in ('marker', 'end_marker', 'prefix', 'delimiter')}
            path, limit = given.get('path') if self.kind == 'container' else None, given.get('limit', '')
            reverse = headers.true_value(given.get('reverse', ''))
        except UnicodeDecodeError:
            raise Refused(412, 'Invalid UTF8 or contains NULL') from None
        # As the original: what is no number means the default.
        wanted = headers.whole(limit)
        wanted = maximum if wanted is None else wanted
        if wanted > maximum:
            raise Refused(412, f'Maximum limit is {maximum}')
        reserved = headers.true_value(request.headers.get('X-Backend-Allow-Reserved-Names', ''))
        return listing.Query(wanted, **texts, path=path, reverse=reverse, reserved=reserved)


def listing_response(rows, named):
    """The JSON of a listing, with the headers `named`."""
    response = webob.Response(orjson.dumps(rows), content_type='application/json', charset='utf-8')
    response.headers.update(named)
    return response


def iso(timestamp):
    """A time in a row as listings show it."""
    return Timestamp(timestamp).isoformat

