"""The request as handlers see it, and the JSON answer."""
import datetime
import uuid

import orjson
import webob

from essex.exception import BadRequest, Unauthorized, UnsupportedMediaType

_EMPTY = object()


class Request(webob.Request):
    """A WebOb request that knows its caller and its API version.

    WebOb keeps attributes in the environment, so several Request objects of one request agree.
    """

    @property
    def context(self):
        """The caller. Raises Unauthorized when no filter has established one."""
        try:
            return self.environ['essex.context']
        except KeyError:
            raise Unauthorized() from None

    @context.setter
    def context(self, value):
        self.environ['essex.context'] = value

    @property
    def api_version(self):
        """The microversion asked for (an APIVersion), or None in an API without them."""
        return self.environ.get('essex.api_version')

    @property
    def request_id(self):
        """The id the outermost filter gave this request, or None."""
        return self.environ.get('essex.request_id')

    @property
    def json(self):
        """The parsed body, or None when there is none. Raises BadRequest on broken JSON or a NUL."""
        value = self.environ.get('essex.json', _EMPTY)
        if value is _EMPTY:
            value = self.environ['essex.json'] = self._parse()
        return value

    def _parse(self):
        try:
            raw = self.body
        except (OSError, ValueError) as error:
            raise BadRequest('The body did not come as it was announced.') from error
        if not raw:
            return None
        kind = self.content_type
        if kind and kind != 'application/json' and 'json' not in kind and kind != 'application/octet-stream':
            raise UnsupportedMediaType(content_type=kind)
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f'The body is not valid JSON: {error}.') from error
        if b'\\u0000' in raw and _has_nul(value):
            raise BadRequest('The body holds a NUL character, which no value may contain.')
        return value

    def query(self):
        """The query string as {name: [values]}. Raises BadRequest when it is not UTF-8 or holds a NUL."""
        try:
            items = list(self.GET.items())
        except UnicodeDecodeError as error:
            raise BadRequest('The query string is not valid UTF-8.') from error
        values = {}
        for name, value in items:
            if '\0' in name or '\0' in value:
                raise BadRequest('The query string holds a NUL character.')
            values.setdefault(name, []).append(value)
        return values


def _has_nul(value):
    if isinstance(value, str):
        return '\0' in value
    if isinstance(value, dict):
        return any('\0' in key or _has_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_nul(item) for item in value)
    return False


def _default(value):
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f'{type(value).__name__} cannot be JSON')


def json_response(body, status=200, headers=None):
    """A webob.Response with `body` (anything JSON-able) as application/json."""
    response = webob.Response(status=status, body=orjson.dumps(body, default=_default),
                              content_type='application/json', charset=None)
    if headers:
        response.headers.update(headers)
    return response
