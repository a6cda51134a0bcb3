"""The proxy server: the WSGI application at the end of the pipeline that clients talk to."""
import logging
import os
import time

from essex import concurrency, trace
from swift import __version__, cluster
from swift.headers import true_value
from swift.proxy import cors, info, options, paths, reading, registry, responses
from swift.proxy.account import AccountController
from swift.proxy.container import ContainerController
from swift.proxy.errors import Refusal
from swift.proxy.infopage import InfoController
from swift.proxy.nodes import ErrorLimits, NodeIter, NodeOrder, Timings
from swift.proxy.objects import ObjectController

LOG = logging.getLogger(__name__)
_CONTROLLERS = {1: AccountController, 2: ContainerController, 3: ObjectController}


class Application:
    """What all requests share: options, rings, which nodes fail, how fast they are."""

    def __init__(self, conf):
        self.options = options.Options(conf)
        self.cluster = cluster.load(self.options.swift_dir)
        self.limits = ErrorLimits(self.options.error_limit, self.options.error_interval)
        self.timings = Timings(self.options.timing_expiry)
        self.order = NodeOrder(self.limits, self.timings)
        self.threads = concurrency.ThreadPool(os.cpu_count() or 1, 'large bodies')
        self.agent = f'proxy-server {os.getpid()}'
        for policy in self.cluster.policies:
            self.options.placement(policy.idx)
        self._register()

    def _register(self):
        limits = self.cluster.constraints
        default = self.cluster.policies.default.name
        registry.register(
            'swift', version=__version__, strict_cors_mode=self.options.strict_cors,
            account_autocreate=self.options.autocreate, allow_account_management=self.options.account_management,
            policies=[each.info(default) for each in self.cluster.policies if not each.is_deprecated],
            valid_api_versions=list(limits.valid_api_versions),
            **{name: value for name, value in vars(limits).items()
               if name not in ('valid_api_versions', 'auto_create_account_prefix')})

    def __call__(self, environ, start_response):
        try:
            response = self._respond(environ)
        except Refusal as refusal:
            response = refusal.response
        return response(environ, start_response)

    def _respond(self, environ):
        host = environ.get('HTTP_HOST', '').split(':')[0]
        if self.options.denied_hosts and host in self.options.denied_hosts:
            return responses.error(403, 'Invalid host header')
        length = environ.get('CONTENT_LENGTH')
        if length and not (length.isascii() and length.isdecimal()):
            return responses.error(400, 'Invalid Content-Length')
        controller = self._controller(environ)
        method = environ['REQUEST_METHOD']
        allowed = controller.allowed()
        if method not in allowed:
            return responses.error(405, headers=[('Allow', ', '.join(sorted(allowed)))])
        if environ.get('HTTP_ORIGIN'):
            return cors.answer(controller, method)
        return controller.handle(method)

    def _controller(self, environ):
        path = environ['PATH_INFO']
        if path == '/info':
            return InfoController(self, environ)
        try:
            reserved = true_value(environ.get('HTTP_X_BACKEND_ALLOW_RESERVED_NAMES', ''))
            version, *names = paths.split(path, reserved)
        except paths.BadPath:
            raise Refusal(responses.error(412, 'Invalid UTF8 or contains NULL')) from None
        except ValueError:
            # People look here with a browser.
            told = 'Object storage: accounts are at /v1/ACCOUNT, what it can do at /info.\n'
            raise Refusal(responses.error(404, None if path.strip('/') else told)) from None
        if not names[0]:
            raise Refusal(responses.error(412, 'Bad URL'))
        if version not in self.cluster.constraints.valid_api_versions:
            raise Refusal(responses.error(400, 'Invalid path'))
        given = [name for name in names if name is not None]
        return _CONTROLLERS[len(given)](self, environ, *given)

    # Storage nodes

    def order_failed(self, node, problem):
        """Count a failure of a node; returns a few words for people."""
        self.limits.failed(node, problem)
        return f'{node["device"]}: {getattr(problem, "problem", problem)}'

    def answered_badly(self, node, answer, method):
        """Count an answer of 5xx; returns a few words for people."""
        if answer.status == 507:
            self.limits.full(node)
            return f'{node["device"]}: unavailable or full'
        self.limits.failed(node, f'{method} answered {answer.status}')
        return f'{node["device"]}: answered {answer.status}'

    def nodes(self, ring, part, placement, reading_order=True, writing_locally=False):
        """A NodeIter over a partition of `ring`."""
        primaries = ring.get_part_nodes(part)
        limit = self.options.request_node_count(len(primaries))
        others = ring.get_more_nodes(part)
        if writing_locally:
            first, others = self.order.for_writing(primaries, others, placement, len(primaries))
        else:
            first = self.order.for_reading(primaries, placement) if reading_order else primaries
        return NodeIter(self.order, first, others, limit, primaries)

    def headers(self, environ, method):
        """What every request to a storage node carries."""
        made = {'User-Agent': self.agent, 'X-Trans-Id': environ.get('swift.trans_id', '-'),
                'Referer': _referer(environ, method)}
        span = trace.span_id()
        if span:
            made['X-Essex-Span'] = span
        return made

    # Accounts and containers that requests are about

    def autocreates(self, account):
        """Whether an account that is not there is as good as one."""
        return self.options.autocreate or account.startswith(self.cluster.constraints.auto_create_account_prefix)

    def account_info(self, environ, account):
        """As swift.proxy.info.get_account_info, straight from the storage nodes."""
        key = info.account_key(account)
        return info.cached(environ, key) or self._ask_for(
            environ, key, 'account', (account,), info.account_from, self.options.recheck_account)

    def container_info(self, environ, account, container):
        """As swift.proxy.info.get_container_info, straight from the storage nodes; 404 without its account."""
        key = info.container_key(account, container)
        found = info.cached(environ, key)
        if found is None:
            owner = self.account_info(environ, account)
            if owner['status'] in (404, 410) and not (owner['status'] == 404 and self.autocreates(account)):
                return info.container_from(404, {})
            found = self._ask_for(environ, key, 'container', (account, container), info.container_from,
                                  self.options.recheck_container)
        return found

    def _ask_for(self, environ, key, kind, names, convert, seconds):
        ring = self.cluster.ring(kind)
        part = ring.get_part(*names)
        placement = self.options.placement(None)
        reader = reading.Reader(self, self.nodes(ring, part, placement), part, 'HEAD', backend_path(*names),
                                {**self.headers(environ, 'HEAD'), 'X-Timestamp': f'{time.time():.5f}'},
                                placement=placement)
        answer = reader.find() or reader.verdict
        status, headers = (answer.status, answer.headers) if answer else (503, {})
        if answer and headers.get('X-Account-Status', '').lower() == 'deleted':
            status = 410
        found = convert(status, headers)
        info.remember(environ, key, found, seconds)
        return found


def backend_path(*names):
    """The path of names after device and partition."""
    return paths.quoted(names)


def _referer(environ, method):
    # Without the query: it may hold a signature, and storage nodes log this.
    return f'{method} http://{environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")}{paths.quoted_path(environ)}'


def app_factory(global_conf, **local_conf):
    """Paste."""
    return Application({**global_conf, **local_conf})
