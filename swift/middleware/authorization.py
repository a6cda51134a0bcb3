"""What the auth filters answer and check alike."""
import hmac
import urllib.parse

from webob import Response

from swift.headers import utf8
from swift.middleware.paths import account_path


def text(status, body, **headers):
    """A plain-text answer; `headers` with underscores for dashes."""
    response = Response(status=status, text=body, content_type='text/plain')
    response.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return response


def fault(status, title, message, error, req):
    """What auth_token answers when Keystone is away, as all else here."""
    return text(status, message)


def not_found():
    """404 for a path that names no account."""
    return text(404, 'Not Found')


def denied(req):
    """403 for somebody known, 401 for a stranger."""
    if req.environ.get('REMOTE_USER'):
        return text(403, 'Access was denied to this resource.')
    return unauthorized(req.environ)


def unauthorized(environ, realm=None):
    """401; the realm is the account asked for unless it is given."""
    if realm is None:
        try:
            realm = utf8(account_path(environ)[1])
        except ValueError:
            realm = 'unknown'
    # Quoted: what a stranger wrote into the path must not end the header's string.
    return text(401, 'This server could not verify that you are authorized to access the document you requested.',
                WWW_Authenticate=f'Swift realm="{urllib.parse.quote(realm[:256])}"')


def synchronises(req):
    """Whether a request of another cluster's container-sync shows this container's key."""
    key, given = req.environ.get('swift_sync_key'), req.headers.get('X-Container-Sync-Key')
    return bool(key and given and 'X-Timestamp' in req.headers and same(key, given))


def same(one, other):
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode('utf-8', 'replace'), other.encode('utf-8', 'replace'))
