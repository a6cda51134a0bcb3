"""Controllers: classes whose methods say which requests they answer."""
import dataclasses
import functools
from typing import Any

from essex.wsgi.validation import compile_schema
from essex.wsgi.versions import APIVersion


@dataclasses.dataclass(frozen=True)
class Route:
    """One request form a method answers. `schema` and `query` are JSON schemas, `versions` microversions."""

    method: str
    path: str
    status: int = 200
    schema: Any = None
    query: Any = None
    versions: tuple = (None, None)
    no_auth: bool = False

    @functools.cached_property
    def check_body(self):
        """What raises ValidationError for a body that breaks the schema; None without one. Likewise `check_query`."""
        return compile_schema(self.schema)

    @functools.cached_property
    def check_query(self):
        return compile_schema(self.query)


@dataclasses.dataclass
class Reply:
    """A handler's answer when the body alone does not say it all."""

    body: Any = None
    status: int = None
    headers: dict = dataclasses.field(default_factory=dict)


def route(method, path, status=200, schema=None, query=None, versions=(None, None), no_auth=False):
    """Mark a controller's method as the handler of `method` `path`.

    The path is werkzeug's: '/servers/<server_id>', '<path:rest>'. With `schema`, the body is checked against
    it and passed as `body`; the schema's `default` stands for a body that is not sent. `versions` is the inclusive
    microversion range, None meaning open. `no_auth` lets a request without a caller in; without it such a request
    is answered 401.
    """
    low, high = (APIVersion.parse(value) if value else None for value in versions)

    def decorate(function):
        routes = getattr(function, 'routes', ())
        function.routes = (*routes, Route(method, path, status, schema, query, (low, high), no_auth))
        return function
    return decorate


class Controller:
    """Base of all resource controllers."""

    def handlers(self):
        """(Route, bound method) of every marked method."""
        for name, each in _routes(type(self)):
            yield each, getattr(self, name)


@functools.cache
def _routes(kind):
    return [(name, each) for name in dir(kind) for each in getattr(getattr(kind, name), 'routes', ())]
