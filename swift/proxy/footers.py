"""Metadata of an object that is known only when its body has been read: footers.

A filter that has some puts a function into the environment of a PUT. It is called with a dict when the whole body has
gone by, and adds {header: value}; it may raise errors.Refusal. A small body is read before it is sent, and they are
headers like others; they follow a large one, as parts of a multipart body (see swift.obj.mime), the original's way.
"""
import hashlib
import json
import uuid

CALLBACK = 'swift.callback.update_footers'
_PROMISE = 'X-Obj-Metadata-Footer'


def of(environ):
    """The footers of a request whose body has been read: {} when no filter has any. Raises Refusal."""
    made = {}
    if CALLBACK in environ:
        environ[CALLBACK](made)
    return made


def document(metadata, boundary):
    """The part with the metadata (dict), from the end of the body to the boundary after it, which is not ended."""
    text = json.dumps(metadata).encode()
    check = hashlib.md5(text, usedforsecurity=False).hexdigest()
    mark = f'\r\n--{boundary}\r\n'.encode()
    return mark + f'X-Document: object metadata\r\nContent-MD5: {check}\r\n\r\n'.encode() + text + mark[:-2]


def head(boundary):
    """What the body begins with."""
    return f'--{boundary}\r\nX-Document: object body\r\n\r\n'.encode()


class Frame:
    """What goes around the body of one request; `headers` announce it."""

    def __init__(self, environ):
        self._environ, self._boundary = environ, uuid.uuid4().hex
        self.headers = {'X-Backend-Obj-Metadata-Footer': 'yes',
                        'X-Backend-Obj-Multipart-Mime-Boundary': self._boundary}
        self.head = head(self._boundary)

    @staticmethod
    def is_promised(answer):
        """Whether a node's 100 Continue says that it takes footers."""
        return answer.headers.get(_PROMISE, '').lower() == 'yes'

    def tail(self, more):
        """What ends the body; `more` goes with the footers. Raises Refusal."""
        return document({**of(self._environ), **more}, self._boundary) + b'--'


def frame(environ):
    """A Frame, or None when no filter has footers."""
    return Frame(environ) if CALLBACK in environ else None
