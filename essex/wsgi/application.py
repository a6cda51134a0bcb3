"""The WSGI application of an API: routing, validation, handlers, faults."""
import functools
import logging

import webob
import webob.exc
from werkzeug import exceptions as routing_exceptions
from werkzeug.routing import Map, Rule

from essex import context
from essex.exception import BadRequest, EssexError, MethodNotAllowed, NotFound, ValidationError
from essex.wsgi.controller import Reply
from essex.wsgi.request import Request, json_response

LOG = logging.getLogger(__name__)


class _Handler:
    """A route with its schemas compiled, and the bound method that answers it."""

    def __init__(self, route, function):
        self.route, self.function = route, function
        self.validate_body, self.validate_query = route.check_body, route.check_query

    def accepts(self, version):
        low, high = self.route.versions
        if version is None:   # an API without microversions: what has been there from the beginning
            return low is None
        return (low is None or version >= low) and (high is None or version <= high)


@functools.lru_cache(64)
def _map(paths, slash):
    """The compiled routes; applications of the same paths share them."""
    return Map([Rule(path, endpoint=path) for path in paths], strict_slashes=not slash, merge_slashes=False,
               redirect_defaults=False)


class Application:
    """A WSGI application made of controllers.

    `faults` is (status, title, message, error, req) -> webob.Response in the API's error format. `prefix`
    stands before every path. `microversions` is a Microversions or None. `relaxed(req)` says whether the
    body's unknown keys are to be dropped instead of refused (the older faces of an API). `slash`: a path may end
    with one more slash; without, a client that left out an id gets a 404 and not the collection.
    """

    def __init__(self, controllers, faults, prefix='', microversions=None, relaxed=None, slash=True):
        self.faults, self.microversions, self.relaxed = faults, microversions, relaxed
        self._table = {}
        for controller in controllers:
            for route, function in controller.handlers():
                methods = self._table.setdefault(prefix + route.path, {})
                methods.setdefault(route.method, []).append(_Handler(route, function))
        self._adapter = _map(tuple(self._table), slash).bind('')
        # Paths without variables come before those with, and need no search.
        self._plain = {path for path in self._table if '<' not in path}

    def __call__(self, environ, start_response):
        req = Request(environ)
        bound = context.bind(environ['essex.context']) if 'essex.context' in environ else None
        try:
            response = self._answer(req)
        finally:
            if bound is not None:
                context.unbind(bound)
        return response(environ, start_response)

    def _answer(self, req):
        version = None
        try:
            if self.microversions is not None:
                version = req.environ['essex.api_version'] = self.microversions.of(req)
            response = self._dispatch(req, version)
        except Exception as error:
            response = self._fault(req, error)
        if version is not None:
            self.microversions.mark(response, version)
        return response

    def _dispatch(self, req, version):
        handler, arguments = self._find(req, version)
        route = handler.route
        if not route.no_auth:
            req.context  # noqa: B018 - raises Unauthorized when nobody is logged in
        if handler.validate_query:
            handler.validate_query(req.query())
        if handler.validate_body:
            arguments['body'] = self._body(req, handler)
        result = handler.function(req, **arguments)
        return self._render(result, route.status)

    def _body(self, req, handler):
        body = req.json
        if body is None and 'default' in handler.route.schema:
            return dict(handler.route.schema['default'])
        if body is None:
            raise ValidationError('The request has no body, and this call needs one.')
        if self.relaxed is not None and self.relaxed(req):
            body = drop_unknown(handler.route.schema, body)
        handler.validate_body(body)
        return body

    def _find(self, req, version):
        try:
            path = req.environ.get('PATH_INFO', '').encode('latin-1').decode('utf-8')
        except UnicodeError as error:
            raise BadRequest('The path is not valid UTF-8.') from error
        if '\0' in path:
            raise NotFound()
        endpoint, arguments = self._match(path)
        methods = self._table[endpoint]
        handlers = methods.get(req.method) or (methods.get('GET') if req.method == 'HEAD' else None)
        if handlers is None:
            error = MethodNotAllowed(method=req.method[:20])
            error.headers = {'Allow': ', '.join(sorted(methods))}
            raise error
        for handler in handlers:
            if handler.accepts(version):
                return handler, arguments
        raise NotFound()

    def _match(self, path):
        if path in self._plain:
            return path, {}
        try:
            return self._adapter.match(path or '/', method='GET')
        except routing_exceptions.HTTPException as error:
            raise NotFound() from error

    @staticmethod
    def _render(result, status):
        if isinstance(result, webob.Response):
            return result
        headers = None
        if isinstance(result, Reply):
            status, headers, result = result.status or status, result.headers, result.body
        if result is None:
            response = webob.Response(status=status)
            response.headers.pop('Content-Type', None)
            if status == 204:
                response.headers.pop('Content-Length', None)
            if headers:
                response.headers.update(headers)
            return response
        return json_response(result, status, headers)

    def _fault(self, req, error):
        if isinstance(error, EssexError):
            status, title, headers = error.code, error.title, error.headers
            asking = req.environ.get('essex.context')
            message = str(error) if asking is not None and asking.is_admin else error.public
            if status >= 500:
                LOG.error('%s %s: %s', req.method, req.path_qs[:500], error, exc_info=error)
        elif isinstance(error, webob.exc.HTTPException):
            status, title, message, headers = error.code, error.title, error.detail or error.explanation, {}
        else:
            LOG.error('%s %s failed', req.method, req.path_qs[:500], exc_info=error)
            status, title, message, headers = 500, EssexError.title, EssexError.message, {}
        response = self.faults(status, title, message, error, req)
        response.headers.update(headers)
        return response


def drop_unknown(schema, value):
    """`value` without the keys that `schema` closes out (additionalProperties false), at every level."""
    if isinstance(value, dict) and isinstance(schema, dict):
        known = schema.get('properties', {})
        closed = schema.get('additionalProperties') is False and not schema.get('patternProperties')
        return {key: drop_unknown(known.get(key), item) for key, item in value.items() if key in known or not closed}
    if isinstance(value, list) and isinstance(schema, dict) and isinstance(schema.get('items'), dict):
        return [drop_unknown(schema['items'], item) for item in value]
    return value
