"""v2.0 as XML: requests with Content-Type application/xml become JSON, answers become XML for who accepts that.

As Essex did it: an element is a member, its attributes are the members of it; a list is its elements side by side,
named in the singular. What no client has ever seen as XML (`*_links`) stays out.
"""
import re
from xml.etree import ElementTree

import orjson
import webob
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeTree

from essex import wsgi
from essex.exception import BadRequest

NAMESPACE = 'http://docs.openstack.org/identity/api/v2.0'
_EXTENSION = 'http://docs.openstack.org/identity/api/ext/{}/v1.0'
_EXTENSION_OF = re.compile(re.escape(_EXTENSION).replace(r'\{\}', '([^/]+)') + r'\Z')
MEDIA = 'application/xml'
_NAME = re.compile(r'(?![Xx][Mm][Ll])[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?\Z', re.ASCII)
# What no XML document may contain, escaped or not.
_FORBIDDEN = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
# Deeper input is nobody's.
_DEEPEST = 50


def from_xml(text):
    """The JSON-able value of a document's bytes. Raises BadRequest: malformed, entities, a document type."""
    try:
        root = SafeTree.fromstring(text, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadRequest('The body is not XML, or holds what is not taken here (entities, a document type).') from error
    return {_key(root.tag): _value(root)}


# JSON has users, roles and tenants of this extension without its prefix.
_BARE = ('role', 'user', 'tenant')


def _key(tag):
    """{namespace}tag as a member's name: tag, or ALIAS:tag for that of an extension."""
    if not tag.startswith('{'):
        return tag
    namespace, _, name = tag[1:].partition('}')
    extension = _EXTENSION_OF.match(namespace)
    return f'{extension[1]}:{name}' if extension and name not in _BARE else name


# The attributes of an endpoint's child `version`, as JSON has them.
_OF_VERSION = {'id': 'versionId', 'info': 'versionInfo', 'list': 'versionList'}


def _value(element, depth=0):
    if depth > _DEEPEST:
        raise BadRequest(f'The body is nested deeper than {_DEEPEST} levels.')
    if not element.attrib and not len(element):
        return element.text or ''
    value = {}
    for name, text in element.attrib.items():
        name = _key(name)
        value[name] = text.strip().lower() in ('true', '1', 'yes') if name == 'enabled' else text
    for child in element:
        item, name = _value(child, depth + 1), _key(child.tag)
        if name.rpartition(':')[2] == 'version' and isinstance(item, dict):
            value |= {_OF_VERSION[key]: text for key, text in item.items() if key in _OF_VERSION}
            continue
        if name == 'enabled' and isinstance(item, str):
            item = item.strip().lower() in ('true', '1', 'yes')
        known = value.get(name)
        value[name] = {**known, **item} if isinstance(known, dict) and isinstance(item, dict) else item
    return value


def to_xml(body):
    """The document, as bytes, of an answer: a dict with one member beside links."""
    shown = {name: value for name, value in body.items() if not name.endswith('_links')}
    (name, value), = shown.items()
    root = ElementTree.Element(name)
    root.set('xmlns', NAMESPACE)
    alias, colon, _ = name.partition(':')
    if colon:
        root.set(f'xmlns:{alias}', _EXTENSION.format(alias))
    _fill(root, value)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding='utf-8')


def _fill(element, value):
    if isinstance(value, dict):
        versions = {*_OF_VERSION.values()}
        for name, item in value.items():
            # A member whose name is no XML name cannot be said.
            if item is not None and not name.endswith('_links') and _NAME.match(name) and name not in versions:
                _add(element, name, item)
        _add_version(element, {key: value[name] for key, name in _OF_VERSION.items() if value.get(name) is not None})
    elif isinstance(value, list):
        _add_list(element, element.tag, value)
    elif value is not None:
        element.text = _text(value)


def _add(element, name, value):
    if isinstance(value, list):
        if name in ('media-types', 'serviceCatalog'):
            element, name = ElementTree.SubElement(element, name), name.replace('serviceCatalog', 'services')
        _add_list(element, element.tag if name == 'values' and element.tag.endswith('s') else name, value)
    elif isinstance(value, dict) or name == 'description':
        _fill(ElementTree.SubElement(element, _prefixed(element, name)), value)
    else:
        element.set(_prefixed(element, name), _text(value))


def _add_version(element, values):
    if values:
        version = ElementTree.SubElement(element, 'version')
        for key, value in values.items():
            version.set(key, _text(value))


def _prefixed(element, name):
    """The name; its prefix is declared where it is used."""
    alias, colon, _ = name.partition(':')
    if colon:
        element.set(f'xmlns:{alias}', _EXTENSION.format(alias))
    return name


def _add_list(element, plural, items):
    name = plural.removesuffix('s')
    for item in items:
        if isinstance(item, dict) and len(item) == 1 and ':' in next(iter(item)):
            # An extension's object among others says itself what it is.
            _fill(element, item)
        else:
            _fill(ElementTree.SubElement(element, _prefixed(element, name)), item)


def _text(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return _FORBIDDEN.sub('', str(value))


class XmlBody:
    """WSGI filter: XML outside, JSON inside. `faults` renders what is wrong with a body, as wsgi.Application's do."""

    def __init__(self, app, faults):
        self.app, self.faults = app, faults

    def __call__(self, environ, start_response):
        req = wsgi.Request(environ)
        try:
            self._take(req)
            response = req.get_response(self.app)
        except BadRequest as error:
            response = self.faults(error.code, error.title, str(error), error, req)
        if MEDIA in environ.get('HTTP_ACCEPT', '') and response.content_type == 'application/json' and response.body:
            response = self._as_xml(response)
        return response(environ, start_response)

    @staticmethod
    def _take(req):
        kind = req.content_type
        if not req.content_length or kind in ('', 'application/json', 'application/octet-stream'):
            return
        if kind != MEDIA:
            raise BadRequest(f'The content type {kind[:80]} is not understood here: send application/json or {MEDIA}.')
        req.environ['essex.json'] = from_xml(req.body)

    @staticmethod
    def _as_xml(response):
        body = orjson.loads(response.body)
        if len([name for name in body if not name.endswith('_links')]) != 1:
            # No document of v2.0: what is asked for beside a receipt.
            return response
        headers = [(name, value) for name, value in response.headerlist
                   if name.lower() not in ('content-type', 'content-length')]
        return webob.Response(status=response.status, headerlist=[*headers, ('Content-Type', MEDIA)],
                              body=to_xml(body))
