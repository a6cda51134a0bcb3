"""XML as S3 speaks it: small documents out of pairs, and small documents read without entities."""
import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeTree

NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'
# What XML 1.0 has no way to say, not even as a character reference.
_UNSAYABLE = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')


def document(name, children, namespace=NAMESPACE):
    """The bytes of a document. `children` are pairs (name, text, number, bool, or pairs again); None is left out."""
    space = f' xmlns="{namespace}"' if namespace else ''
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}{space}>{_content(children)}</{name}>'.encode()


def _content(value):
    if isinstance(value, (list, tuple)):
        # A name with a type of its own: `Grantee xmlns:xsi=...`.
        return ''.join(f'<{name}>{_content(inner)}</{name.split(" ")[0]}>'
                       for name, inner in value if inner is not None)
    if isinstance(value, bool):
        return 'true' if value else 'false'
    # A carriage return would be read as a line feed.
    return escape(_UNSAYABLE.sub('\ufffd', str(value)), {'\r': '&#13;'})


def parse(body, root):
    """The root element, named `root`, of a document in S3's namespace or none; its names have none. ValueError."""
    try:
        found = SafeTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise ValueError(f'not well-formed: {error}') from None
    for element in found.iter():
        element.tag = element.tag.rpartition('}')[2]
    if found.tag != root:
        raise ValueError(f'{root} is needed, not {found.tag}')
    return found


def text_of(element, name, default=None):
    """The text of a child, stripped; `default` when there is none."""
    found = element.find(name)
    return default if found is None else (found.text or '').strip()
