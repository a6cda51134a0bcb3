"""What the web server in front says about who is calling: the assertion of an identity provider.

A module of the web server (mod_auth_mellon, mod_auth_openidc, Shibboleth...) checks the provider's signature and puts
the attributes into the WSGI environment. Only what a client cannot put there himself is believed: never a header,
unless it comes from the address of a proxy which the operator names because it removes the clients' own.
"""
import ipaddress

from oslo_config import cfg

from essex import config
from essex.exception import ConfigError
from keystone import origin

OPTS = [
    cfg.StrOpt('assertion_prefix', default='',
               help='Only variables whose name begins with this are part of an assertion.'),
    cfg.StrOpt('remote_id_attribute',
               help='The variable with the id of the identity provider, such as MELLON_IDP or OIDC_iss. It is '
                    "compared with the provider's remote_ids. A protocol can have its own."),
    cfg.ListOpt('trusted_proxies', default=[],
                help='Addresses or networks of proxies in front whose headers are believed as an assertion (X-Name is '
                     'the variable HTTP_X_NAME). Such a proxy must authenticate users, and remove the same headers '
                     'from what clients send. Empty: no header is believed.'),
    cfg.IntOpt('default_authorization_ttl', default=0, min=0,
               help='Minutes for which the groups of an assertion last beyond its token. 0: not at all.'),
]
CONF = config.register(OPTS, 'federation')

# Variables of CGI that a client fills in with his request line and body.
_OF_THE_REQUEST = {'PATH_INFO', 'QUERY_STRING', 'REQUEST_METHOD', 'REQUEST_URI', 'RAW_URI', 'SCRIPT_NAME',
                   'SCRIPT_URI', 'SCRIPT_URL', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'SERVER_NAME', 'SERVER_PROTOCOL',
                   'PATH_TRANSLATED', 'REQUEST_SCHEME', 'REDIRECT_URL', 'REDIRECT_QUERY_STRING'}


def current():
    """{variable: text} that a trusted front said about the request being served."""
    environ = origin.current().environ
    headers = _is_trusted(environ.get('essex.peer_address', environ.get('REMOTE_ADDR')))
    prefix = CONF.federation.assertion_prefix
    return {name: _decoded(value) for name, value in environ.items()
            if isinstance(value, str) and name.startswith(prefix) and '.' not in name
            and name not in _OF_THE_REQUEST and (headers or not name.startswith('HTTP_'))}


def _is_trusted(address):
    if not CONF.federation.trusted_proxies:
        return False
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    try:
        networks = [ipaddress.ip_network(each.strip(), strict=False) for each in CONF.federation.trusted_proxies]
    except ValueError as error:
        raise ConfigError(f'[federation] trusted_proxies: {error}.') from error
    return any(peer in network for network in networks)


def _decoded(value):
    """WSGI hands bytes over as latin-1; what is in them is UTF-8."""
    try:
        return value.encode('latin-1').decode('utf-8')
    except UnicodeError:
        return value


def remote_id_attribute(protocol):
    """The variable that holds the provider's id for this protocol, or None."""
    if protocol.get('remote_id_attribute'):
        return protocol['remote_id_attribute']
    # Operators' files have a section named like the protocol.
    group = protocol['id']
    # Only those there are: who makes protocols up registers nothing.
    if group.isidentifier() and group in {*CONF.auth.methods, *CONF.list_all_sections()}:
        config.register([cfg.StrOpt('remote_id_attribute')], group)
        if CONF[group].remote_id_attribute:
            return CONF[group].remote_id_attribute
    return CONF.federation.remote_id_attribute
