"""A logged-in user's calls to the services: connections are shared by all users of a process, tokens are not."""
import concurrent.futures
import contextvars
import functools
import threading
from http import cookiejar

from keystoneauth1 import exceptions, session, token_endpoint

from essex.client import session as essex_session
from horizon.api import errors
from horizon.options import CONF

# Names the catalog may have for what we call by one.
_TYPES = {'volumev3': ('volumev3', 'block-storage', 'block-store', 'volume'), 'compute': ('compute', 'computev21')}
PARALLEL = 32
_free = threading.BoundedSemaphore(PARALLEL)
_in_pool = contextvars.ContextVar('in_pool', default=False)


@functools.cache
def connections():
    """The keystoneauth session of this process (no account: tokens come with each call)."""
    options = CONF.horizon
    made = session.Session(timeout=options.request_timeout, user_agent='horizon', additional_user_agent=(),
                           verify=not options.insecure and (options.cafile or True))
    # What a service (or a balancer before it) gives one user must not go along with another's calls.
    made.session.cookies.set_policy(cookiejar.DefaultCookiePolicy(allowed_domains=()))
    return made


@functools.cache
def _executor():
    return concurrent.futures.ThreadPoolExecutor(PARALLEL, thread_name_prefix='call')


class Client:
    """Calls with one token, or none. `catalog` is [{type, name, endpoints: [{interface, region, url}]}]."""

    def __init__(self, token, catalog, region=None, interface=None):
        self.token, self.catalog, self.region = token, catalog, region
        self.interface = interface or CONF.horizon.interface

    def endpoint(self, service):
        """URL of a service in this region. Raises NoEndpoint."""
        for kind in _TYPES.get(service, (service,)):
            for entry in self.catalog:
                if entry['type'] != kind:
                    continue
                for each in entry['endpoints']:
                    if each['interface'] == self.interface and self.region in (None, each['region']):
                        return each['url'].rstrip('/')
        raise errors.NoEndpoint(service, 'find the service', f'The catalog of this project has no {service} service'
                                f'{f" in region {self.region}" if self.region else ""}.', 404)

    def has(self, service):
        """Whether the catalog names a service."""
        try:
            self.endpoint(service)
        except errors.NoEndpoint:
            return False
        return True

    def call(self, service, method, path, base=None, **kwargs):
        """The requests.Response of one call; `kwargs` as keystoneauth's Session.request (json, params, headers, data).

        `base` replaces the endpoint of the catalog. Raises ApiError for a status of 400 and more, or no answer.
        """
        what = f'{method} {path}'
        if not {'.', '..'}.isdisjoint(path.split('/')):
            # HTTP clients take these out of a path: something else would be meant.
            raise errors.ApiError(service, what, 'A name of dots alone cannot be part of an address.', 400)
        endpoint = base or self.endpoint(service)
        plugin = token_endpoint.Token(endpoint, self.token) if self.token else None
        adapter = essex_session.adapter_of(connections(), service, endpoint, auth=plugin)
        try:
            answer = adapter.request(path, method, raise_exc=False, allow_reauth=False,
                                     connect_retries=0, **kwargs)
        except exceptions.ClientException as error:
            raise errors.from_exception(service, what, error) from error
        if answer.status_code >= 400:
            raise errors.from_response(service, what, answer)
        return answer

    def get(self, service, path, **params):
        """The JSON of a GET; parameters that are None are left out."""
        wanted = {name: value for name, value in params.items() if value is not None}
        return self.call(service, 'GET', path, params=wanted, headers={'Accept': 'application/json'}).json()

    def send(self, service, method, path, body=None, **kwargs):
        """The JSON of a call with a body, {} when the answer has none."""
        answer = self.call(service, method, path, json=body, **kwargs) if body is not None else \
            self.call(service, method, path, **kwargs)
        return answer.json() if answer.content and 'json' in answer.headers.get('Content-Type', '') else {}


def together(**calls):
    """Call functions at the same time: {name: result}. Raises the first error after all have ended."""
    found = settled(**calls)
    for value in found.values():
        if isinstance(value, Exception):
            raise value
    return found


def settled(**calls):
    """As `together`, with an ApiError as the result of a call that failed: a page shows what it has.

    An expired token is raised all the same: nothing of the page can be had.
    """
    if _in_pool.get():
        # One of many calls makes several itself: waiting in the pool for the pool could last for ever.
        return _checked({name: _settle(call) for name, call in calls.items()})
    names = list(calls)
    # The last one is made here: one thread less, and one call alone costs none.
    futures = {name: future for name in names[:-1] if (future := _begin(calls[name]))}
    found = {name: _settle(calls[name]) for name in names if name not in futures}
    return _checked({name: futures[name].result() if name in futures else found[name] for name in names})


def _begin(call):
    """The Future of a call in the pool; None while all threads are taken: calls of a service that hangs must not keep
    pages waiting that do not need it, so whoever asks makes it himself."""
    if not _free.acquire(blocking=False):
        return None
    future = _executor().submit(contextvars.copy_context().run, _settle_in_pool, call)
    future.add_done_callback(lambda _future: _free.release())
    return future


def _checked(found):
    for value in found.values():
        if isinstance(value, errors.TokenExpired):
            raise value
    return found


def _settle_in_pool(function):
    _in_pool.set(True)
    return _settle(function)


def _settle(function):
    try:
        return function()
    except errors.ApiError as error:
        return error
