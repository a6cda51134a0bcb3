"""auth_token for certificate-bound tokens of OAuth 2.0 (RFC 8705): a token is good with its client's certificate alone.

The token is in `Authorization: Bearer TOKEN`, as in essex.middleware.oauth2_token. Its document names the SHA-256 of
the certificate it was given for; that has to be the certificate which the front saw in this connection, and checked.
A token that is bound to none is refused.
"""
import base64
import hashlib
import hmac
import ipaddress
import logging
import urllib.parse

from essex.middleware import auth_token
from essex.middleware.auth_token import options
from essex.middleware.oauth2_token import BearerToken

LOG = logging.getLogger(__name__)

# The variable of the web server that runs the application (Apache: SSLOptions +ExportCertData). No header sets it.
VARIABLE = 'SSL_CLIENT_CERT'
_BEGIN, _END = '-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'


def thumbprint(der):
    """x5t#S256 of a certificate's bytes: their SHA-256 as base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b'=').decode()


def der_of(text):
    """The bytes of the first certificate in what a front hands on. Raises ValueError: there is none.

    PEM may have its line ends replaced by blanks (Apache) or be %-encoded (nginx); `:base64:` is RFC 9440.
    """
    text = text.strip()
    if len(text) > 2 and text[0] == text[-1] == ':':
        return base64.b64decode(text[1:-1], validate=True)
    if '%' in text:
        text = urllib.parse.unquote(text)
    before, begin, rest = text.partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if before.strip() or not begin or not end:
        raise ValueError('no certificate')
    return base64.b64decode(''.join(body.split()), validate=True)


class BoundToken(BearerToken):
    """WSGI filter."""

    @staticmethod
    def _is_holder(user, environ):
        # Keystone's own name for it, and that of RFC 7800.
        bound = user.token.get('oauth2_credential') or user.token.get('cnf') or {}
        wanted, certificate = bound.get('x5t#S256'), _certificate(environ)
        if not isinstance(wanted, str) or not certificate:
            LOG.info('Refused: the token is bound to no certificate, or came without one')
            return False
        try:
            found = thumbprint(der_of(certificate))
        except ValueError:
            LOG.warning('Refused: what the front hands on as a certificate is none')
            return False
        return hmac.compare_digest(found.encode(), wanted.rstrip('=').encode('utf-8', 'replace'))


def _certificate(environ):
    """What the front says of the client, or None."""
    said, header = environ.get(VARIABLE), options.CONF[options.GROUP].client_certificate_header
    if said or not header:
        return said
    peer = environ.get('essex.peer_address', environ.get('REMOTE_ADDR'))
    if not _is_trusted(peer):
        LOG.warning('%s is not among the trusted_proxies: its %s is not believed', peer, header)
        return None
    return environ.get('HTTP_' + header.upper().replace('-', '_'))


def _is_trusted(address):
    try:
        peer = ipaddress.ip_address(address or '')
    except ValueError:
        return False
    networks = options.CONF[options.GROUP].trusted_proxies
    return any(peer in ipaddress.ip_network(each.strip(), strict=False) for each in networks)


filter_factory = auth_token.factory(BoundToken)
