"""What bulk operations answer: always 200, the outcome in the body as text, JSON or XML."""
import json
import re
from urllib.parse import quote
from xml.sax.saxutils import escape

import webob.acceptparse

from swift.middleware import names

_FORMATS = {'text/plain': 'text/plain', 'application/json': 'application/json', 'application/xml': 'application/xml',
            'text/xml': 'text/xml'}


def wanted_type(req):
    """The content type the Accept header (or nothing: text) asks for; None when we have no such."""
    accept = req.headers.get('Accept')
    if names.query(req.environ).get('format') == 'json':
        return 'application/json'
    if not accept:
        return 'text/plain'
    try:
        found = webob.acceptparse.AcceptValidHeader(accept).acceptable_offers(list(_FORMATS))
    except ValueError:
        return None
    return found[0][0] if found else None


def render(content_type, fields, errors, root):
    """The body (bytes): `fields` is {name: value}, `errors` a list of [name, status]; `root` names the XML element."""
    if content_type == 'application/json':
        return json.dumps({**fields, 'Errors': errors}).encode()
    if content_type.endswith('/xml'):
        return _xml(fields, errors, root).encode()
    lines = [f'{name}: {value}' for name, value in sorted(fields.items())]
    return ('\n'.join([*lines, 'Errors:', *(f'{name}, {status}' for name, status in errors)]) + '\n').encode()


def _xml(fields, errors, root):
    parts = [f'<{root}>']
    for name, value in sorted(fields.items()):
        tag = re.sub(r'\W', '_', name).lower()
        parts.append(f'<{tag}>{escape(str(value))}</{tag}>')
    parts.append('<errors>')
    parts += [f'<object><name>{escape(name)}</name><status>{escape(status)}</status></object>'
              for name, status in errors]
    return '\n'.join([*parts, '</errors>', f'</{root}>', ''])


def beating(content_type, events):
    """The pieces of a body: a space for each None among `events`, at last what the one other event is (bytes).

    An XML declaration must come before any white space, so it comes first of all.
    """
    declaration, begun = b'', False
    if content_type.endswith('/xml'):
        declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    for event in events:
        if event is not None:
            yield (declaration if not begun else b'\r\n\r\n') + event
            return
        yield b' ' if begun else declaration + b' '
        begun = True


def quoted(name):
    """A name as it is shown among the errors."""
    return quote(name)
