"""Listings as the client wants them: text, JSON or XML of the JSON that account and container servers send."""
import json
from xml.sax.saxutils import escape, quoteattr

import webob
from webob.acceptparse import create_accept_header

from swift.middleware import names
from swift.proxy import responses
from swift.proxy.base import with_json

_FORMATS = {'plain': 'text/plain', 'json': 'application/json', 'xml': 'application/xml'}
_OFFERED = ('text/plain', 'application/json', 'application/xml', 'text/xml')
# Order of the children of <object> and <container>
_OBJECT = ('name', 'hash', 'bytes', 'content_type', 'last_modified')
_CONTAINER = ('name', 'count', 'bytes', 'last_modified')


class ListingFormats:
    """WSGI filter, inside of what changes listings and outside of what makes them."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ['REQUEST_METHOD'] not in ('GET', 'HEAD'):
            return self.app(environ, start_response)
        named = names.of(environ)
        if named is None or named.obj is not None:
            return self.app(environ, start_response)
        wanted = _wanted(environ)
        if wanted is None:
            return responses.error(406)(environ, start_response)
        query = environ.get('QUERY_STRING', '')
        # Web pages are not asked for JSON: what sends readers elsewhere keeps to the query they sent.
        environ['QUERY_STRING'], environ['swift.client_query'] = with_json(query), query
        response = webob.Request(environ).get_response(self.app)
        environ['QUERY_STRING'] = query
        return _formatted(response, environ, named, wanted)(environ, start_response)


def _wanted(environ):
    """The media type of the answer, or None when no possible one is accepted."""
    query = environ.get('QUERY_STRING', '')
    asked = names.query(environ) if 'format=' in query or 'versions' in query else {}
    wanted = _FORMATS.get(asked.get('format', '').lower())
    if 'versions' in asked:
        # A list of versions without their ids would be of no use.
        return 'application/json' if wanted != 'application/xml' else None
    if wanted:
        return wanted
    accept = environ.get('HTTP_ACCEPT')
    if not accept or accept == '*/*':
        return 'text/plain'
    found = create_accept_header(accept).acceptable_offers(_OFFERED)
    return found[0][0] if found else None


def _formatted(response, environ, named, wanted):
    # Of a container that is a web site these are pages.
    is_listing = any(name in response.headers for name in ('X-Account-Container-Count', 'X-Container-Object-Count'))
    if response.status_int not in (200, 204) or not is_listing:
        return response
    if 'format=' not in environ.get('QUERY_STRING', ''):
        known = response.headers.get('Vary')
        response.headers['Vary'] = f'{known}, Accept' if known else 'Accept'
    if environ['REQUEST_METHOD'] == 'HEAD':
        response.headers['Content-Type'] = f'{wanted}; charset=utf-8'
        response.headers['Content-Length'] = '0'
        response.status_int = 204
        return response
    if response.content_type != 'application/json' or response.status_int == 204:
        return response
    if wanted != 'application/json':
        try:
            rows = json.loads(response.body)
        except ValueError:
            return response
        if not isinstance(rows, list):
            return response
        body = _plain(rows) if wanted == 'text/plain' else _xml(rows, named)
        response.body = body
        if wanted == 'text/plain' and not body:
            response.status_int = 204
            response.headers.pop('Content-Length', None)
    response.headers['Content-Type'] = f'{wanted}; charset=utf-8'
    return response


def _plain(rows):
    return ''.join(f'{row["subdir"] if "subdir" in row else row["name"]}\n' for row in rows).encode()


def _xml(rows, named):
    kind, item, fields = (('account', 'container', _CONTAINER) if named.container is None
                          else ('container', 'object', _OBJECT))
    parts = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} name={quoteattr(named.container or named.account)}>']
    for row in rows:
        if 'subdir' in row:
            parts.append(f'<subdir name={quoteattr(row["subdir"])}><name>{escape(row["subdir"])}</name></subdir>')
            continue
        known = [field for field in fields if field in row] + [field for field in row if field not in fields]
        inner = ''.join(f'<{field}>{_text(row[field])}</{field}>' for field in known)
        parts.append(f'<{item}>{inner}</{item}>')
    parts.append(f'</{kind}>')
    return ''.join(parts).encode()


def _text(value):
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def filter_factory(global_conf, **local_conf):
    """Paste."""
    return ListingFormats
