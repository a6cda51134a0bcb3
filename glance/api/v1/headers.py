"""The header protocol: x-image-meta-*, both ways."""
import dataclasses
import re

from essex.exception import BadRequest
from glance.api import parse
from glance.api.v1 import views

_FIELD, _PROPERTY = 'x-image-meta-', 'x-image-meta-property-'
_SETTABLE = ('id', 'name', 'disk_format', 'container_format', 'size', 'checksum', 'is_public', 'protected', 'min_ram',
             'min_disk', 'owner', 'store', 'location')
_SIZE_MAX = 2 ** 50
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r'[\x00-\x1f\x7f]')


@dataclasses.dataclass
class Meta:
    """What the headers of a request say about an image: only what is there."""

    fields: dict
    properties: dict
    copy_from: str = None
    purge: bool = True


def read(req):
    """The Meta of a request. Raises BadRequest."""
    meta = Meta({}, {}, req.headers.get('x-glance-api-copy-from') or None)
    for header, raw in _all(req):
        name = header.lower()
        if name.startswith(_PROPERTY):
            key = name[len(_PROPERTY):].replace('-', '_')
            meta.properties[key] = _text(raw) or None
        elif name.startswith(_FIELD):
            key = name[len(_FIELD):].replace('-', '_')
            if key in _SETTABLE:
                meta.fields[key] = _value(key, _text(raw))
    purge = req.headers.get('x-glance-registry-purge-props')
    meta.purge = parse.boolean('x-glance-registry-purge-props', purge) if purge else True
    return meta


def _all(req):
    """Every header. The environment lacks those with underscores, which this protocol has always had: a server that
    keeps the raw ones (eventlet's does) lets them through; dashes are understood with any server."""
    return req.environ.get('headers_raw') or req.headers.items()


def _text(raw):
    """A header's text: servers hand on its bytes as latin-1."""
    try:
        return raw.encode('latin-1').decode('utf-8')
    except UnicodeDecodeError as error:
        raise BadRequest('A header with image metadata is not valid UTF-8.') from error


def _value(key, text):
    if key in ('is_public', 'protected'):
        # Whatever does not mean yes is a no at this face.
        return text.strip().lower() in ('true', 'on', '1', 'yes', 'y')
    if key == 'size':
        return parse.number('x-image-meta-size', text, _SIZE_MAX) if text else 0
    if key in ('min_ram', 'min_disk'):
        return parse.number(f'x-image-meta-{key}', text, 2147483647) if text else 0
    return text or None


def of_image(image):
    """The headers that describe an image, as (name, value) for a WSGI response."""
    document = views.image(image)
    properties = document.pop('properties')
    made = [(_FIELD + name, _shown(value)) for name, value in document.items() if value is not None]
    # A property whose name cannot be a header's is told in JSON only.
    made += [(_PROPERTY + name, _shown(value)) for name, value in properties.items() if _HEADER_NAME.fullmatch(name)]
    return made


def _shown(value):
    """A value on one line: a line break from elsewhere would be a header of its own."""
    return _CONTROL.sub(' ', str('' if value is None else value)).encode().decode('latin-1')
