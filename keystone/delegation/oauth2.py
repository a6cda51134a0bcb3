"""OAuth 2.0 client credentials (RFC 6749, 4.4) and mutual TLS (RFC 8705): a token for a client that has no password.

The client is an application credential, with its id and secret, or a user who shows a certificate. The web server in
front checks the certificate and puts it into the WSGI environment; a mapping tells which user its names belong to.
"""
import base64
import binascii
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from oslo_config import cfg

from essex import config
from essex.exception import EssexError, Unauthorized
from keystone import origin
from keystone.federation import engine
from keystone.federation.exception import AssertionRefused, MappingNotFound

OPTS = [
    cfg.ListOpt('oauth2_authn_methods', default=['tls_client_auth', 'client_secret_basic'],
                help='How clients may authenticate for a token: tls_client_auth, client_secret_basic.'),
    cfg.StrOpt('oauth2_cert_dn_mapping_id', default='oauth2_mapping',
               help='The mapping (OS-FEDERATION) from the names in a client certificate to a user.'),
]
CONF = config.register(OPTS, 'oauth2')

# The variable of the web server (Apache: SSLOptions +ExportCertData). Headers have other names in WSGI.
CERTIFICATE = 'SSL_CLIENT_CERT'
_NAMES = {NameOID.COMMON_NAME: 'CN', NameOID.USER_ID: 'UID', NameOID.EMAIL_ADDRESS: 'EMAILADDRESS',
          NameOID.ORGANIZATION_NAME: 'O', NameOID.ORGANIZATIONAL_UNIT_NAME: 'OU', NameOID.DOMAIN_COMPONENT: 'DC',
          NameOID.COUNTRY_NAME: 'C', NameOID.LOCALITY_NAME: 'L', NameOID.STATE_OR_PROVINCE_NAME: 'ST'}


class Oauth2Error(EssexError):
    """An error of RFC 6749, 5.2; `error` is its word."""

    error, code, title = 'invalid_request', 400, 'Bad Request'


class UnsupportedGrantType(Oauth2Error):
    error = 'unsupported_grant_type'
    message = 'The parameter grant_type %(grant_type)s is not supported.'


class InvalidClient(Oauth2Error):
    error, code, title = 'invalid_client', 401, 'Unauthorized'
    message = 'Client authentication failed.'


class ClientCredentials:
    """Tokens for clients. `managers` are all managers of the service."""

    def __init__(self, managers):
        self.managers = managers

    def token(self, form):
        """The Token for a request with the fields `form` ({name: text}). Raises Oauth2Error."""
        grant_type = form.get('grant_type')
        if not grant_type:
            raise Oauth2Error('The parameter grant_type is required.')
        if grant_type != 'client_credentials':
            raise UnsupportedGrantType(grant_type=grant_type[:64])
        header, certificate = origin.current().header('Authorization'), origin.current().environ.get(CERTIFICATE)
        try:
            if header:
                self._require('client_secret_basic')
                return self._by_secret(*_basic(header))
            if certificate and form.get('client_id'):
                self._require('tls_client_auth')
                return self._by_certificate(form['client_id'], certificate)
        except Unauthorized as error:
            raise InvalidClient() from error
        raise InvalidClient()

    @staticmethod
    def _require(method):
        if method not in CONF.oauth2.oauth2_authn_methods:
            raise InvalidClient(f'Clients do not authenticate by {method} here ([oauth2] oauth2_authn_methods).')

    def _by_secret(self, client_id, secret):
        return self.managers.auth.authenticate({
            'methods': ['application_credential'], 'application_credential': {'id': client_id, 'secret': secret}})

    def _by_certificate(self, user_id, pem):
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode('latin-1'))
            said = {**_names(certificate.subject, 'SUBJECT'), **_names(certificate.issuer, 'ISSUER')}
            mapping = self.managers.mappings.get(CONF.oauth2.oauth2_cert_dn_mapping_id)
            wanted = engine.process(mapping['rules'], said, mapping['schema_version'])['user']
        except (ValueError, AssertionRefused, MappingNotFound) as error:
            raise InvalidClient() from error
        user = self.managers.identity.driver.full_user(user_id)
        if user is None or not user['enabled'] or not user['domain_enabled'] or not _is(user, wanted):
            raise InvalidClient()
        if not user.get('default_project_id'):
            raise InvalidClient('The user of this certificate has no default project to have a token for.')
        scope = self.managers.auth.scopes.resolve(user, {'project': {'id': user['default_project_id']}})
        digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
        return self.managers.tokens.issue(user, ['oauth2_credential'], scope,
                                          thumbprint=base64.urlsafe_b64encode(digest).rstrip(b'=').decode())


def _basic(header):
    """(id, secret) of an Authorization header. Raises InvalidClient."""
    kind, _, encoded = header.partition(' ')
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(':')
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidClient() from error
    if kind.lower() != 'basic' or not colon:
        raise InvalidClient()
    return client_id, secret


def _names(name, whose):
    """{variable: value} of a distinguished name, called as Apache calls them."""
    return {f'SSL_CLIENT_{whose}_DN_{_NAMES[each.oid]}': each.value for each in name if each.oid in _NAMES}


def _is(user, wanted):
    """Whether a full user is whom the mapping names: every field of it has to fit, and one has to be the id or name."""
    domain = wanted.get('domain') or {}
    pairs = [(wanted.get('id'), user['id']), (wanted.get('name'), user['name']),
             (wanted.get('email'), user.get('email')), (domain.get('id'), user['domain_id']),
             (domain.get('name'), user['domain_name'])]
    return bool(wanted.get('id') or wanted.get('name')) and all(said in (None, own) for said, own in pairs)
