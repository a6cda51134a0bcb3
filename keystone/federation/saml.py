"""This Keystone as an identity provider: SAML 2.0 assertions about its users for other clouds, and its metadata.

Signed with signxml (RSA-SHA256, exclusive canonical XML), as SAML 2.0 core and its profile for enhanced clients ask.
"""
import datetime
import json
import uuid

from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError, Forbidden, NotFound, NotImplementedHere

OPTS = [
    cfg.IntOpt('assertion_expiration_time', default=3600, min=1, help='Seconds an assertion holds.'),
    cfg.StrOpt('certfile', default='/etc/keystone/ssl/certs/signing_cert.pem',
               help='Certificate assertions are signed with.'),
    cfg.StrOpt('keyfile', default='/etc/keystone/ssl/private/signing_key.pem', help='Its private key.'),
    cfg.StrOpt('idp_entity_id', help='URI this identity provider is known by, such as '
                                     'https://keystone.example/v3/OS-FEDERATION/saml2/idp.'),
    cfg.StrOpt('idp_sso_endpoint', help='URI of its single sign-on service, for the metadata.'),
    cfg.StrOpt('idp_lang', default='en', help='Language of the organization in the metadata.'),
    cfg.StrOpt('idp_organization_name', default='SAML Identity Provider', help='For the metadata.'),
    cfg.StrOpt('idp_organization_display_name', default='OpenStack SAML Identity Provider', help='For the metadata.'),
    cfg.StrOpt('idp_organization_url', default='https://example.com/', help='For the metadata.'),
    cfg.StrOpt('idp_contact_company', default='Example, Inc.', help='For the metadata.'),
    cfg.StrOpt('idp_contact_name', default='SAML Identity Provider Support', help='For the metadata.'),
    cfg.StrOpt('idp_contact_surname', default='Support', help='For the metadata.'),
    cfg.StrOpt('idp_contact_email', default='support@example.com', help='For the metadata.'),
    cfg.StrOpt('idp_contact_telephone', default='+1 800 555 0100', help='For the metadata.'),
    cfg.StrOpt('idp_contact_type', default='other', choices=['technical', 'support', 'administrative', 'billing',
                                                             'other'], help='For the metadata.'),
    cfg.StrOpt('idp_metadata_path', default='/etc/keystone/saml2_idp_metadata.xml',
               help='File with the metadata (keystone-manage saml_idp_metadata prints it).'),
]
CONF = config.register(OPTS, 'saml')

_SAML, _SAMLP = 'urn:oasis:names:tc:SAML:2.0:assertion', 'urn:oasis:names:tc:SAML:2.0:protocol'
_MD, _DS = 'urn:oasis:names:tc:SAML:2.0:metadata', 'http://www.w3.org/2000/09/xmldsig#'
_XS, _XSI = 'http://www.w3.org/2001/XMLSchema', 'http://www.w3.org/2001/XMLSchema-instance'
_ECP, _SOAP = 'urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp', 'http://schemas.xmlsoap.org/soap/envelope/'
_ENTITY = 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity'
_URI = 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri'


def _libraries():
    """lxml.etree and signxml, which only clouds that vouch for their users need. Raises NotImplementedHere."""
    try:
        import signxml
        from lxml import etree
    except ImportError as error:
        raise NotImplementedHere('This cloud makes no SAML assertions: install the extra `saml` of this package '
                                 '(signxml and lxml).') from error
    return etree, signxml


def _read(option):
    path = CONF.saml[option]
    try:
        with open(path, encoding='utf-8') as file:
            return file.read()
    except OSError as error:
        raise ConfigError(f'[saml] {option}: {path} cannot be read: {error.strerror}.') from error


class _Writer:
    """Elements of one document, with the prefixes its readers are used to."""

    NAMES = {'saml': _SAML, 'samlp': _SAMLP, 'xs': _XS, 'xsi': _XSI}

    def __init__(self, etree):
        self.etree = etree

    def root(self, name, names=None, **attributes):
        return self.etree.Element(name, nsmap=names or self.NAMES, **attributes)

    def add(self, parent, name, text=None, **attributes):
        made = self.etree.SubElement(parent, name, **attributes)
        made.text = text
        return made

    def issuer(self, parent):
        self.add(parent, f'{{{_SAML}}}Issuer', CONF.saml.idp_entity_id, Format=_ENTITY)


def _time(moment):
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%fZ')


def response(token, provider, groups):
    """The SAML response (XML bytes) about the user and project of `token`, for a service provider.

    `groups` are the user's. Raises Forbidden (not a project's token), ConfigError, NotImplementedHere.
    """
    etree, _ = _libraries()
    return etree.tostring(_response(token, provider, groups), xml_declaration=True, encoding='UTF-8')


def ecp(token, provider, groups):
    """The same, in the SOAP envelope that enhanced clients post."""
    etree, _ = _libraries()
    writer = _Writer(etree)
    envelope = writer.root(f'{{{_SOAP}}}Envelope', {'soap11': _SOAP, 'ecp': _ECP})
    header = writer.add(envelope, f'{{{_SOAP}}}Header')
    state = writer.add(header, f'{{{_ECP}}}RelayState', provider['relay_state_prefix'] + uuid.uuid4().hex)
    state.set(f'{{{_SOAP}}}actor', 'http://schemas.xmlsoap.org/soap/actor/next')
    state.set(f'{{{_SOAP}}}mustUnderstand', '1')
    writer.add(envelope, f'{{{_SOAP}}}Body').append(_response(token, provider, groups))
    return etree.tostring(envelope, xml_declaration=True, encoding='UTF-8')


def _response(token, provider, groups):
    if token.project is None:
        raise Forbidden('Use a project scoped token when attempting to create a SAML assertion')
    if not CONF.saml.idp_entity_id:
        raise ConfigError('[saml] idp_entity_id is not set: this cloud has no name to vouch with.')
    etree, _ = _libraries()
    writer = _Writer(etree)
    now = datetime.datetime.now(datetime.UTC)
    made = writer.root(f'{{{_SAMLP}}}Response', ID=f'_{uuid.uuid4().hex}', IssueInstant=_time(now), Version='2.0',
                       Destination=provider['sp_url'])
    writer.issuer(made)
    status = writer.add(made, f'{{{_SAMLP}}}Status')
    writer.add(status, f'{{{_SAMLP}}}StatusCode', Value='urn:oasis:names:tc:SAML:2.0:status:Success')
    made.append(_signed(_assertion(writer, token, provider, groups, now)))
    return made


def _assertion(writer, token, provider, groups, now):
    end = _time(now + datetime.timedelta(seconds=CONF.saml.assertion_expiration_time))
    made = writer.root(f'{{{_SAML}}}Assertion', ID=f'_{uuid.uuid4().hex}', IssueInstant=_time(now), Version='2.0')
    writer.issuer(made)
    # signxml puts the signature where this stands: SAML wants it after the issuer.
    writer.etree.SubElement(made, f'{{{_DS}}}Signature', Id='placeholder', nsmap={'ds': _DS})
    subject = writer.add(made, f'{{{_SAML}}}Subject')
    writer.add(subject, f'{{{_SAML}}}NameID', token.user['name'])
    confirmation = writer.add(subject, f'{{{_SAML}}}SubjectConfirmation',
                              Method='urn:oasis:names:tc:SAML:2.0:cm:bearer')
    writer.add(confirmation, f'{{{_SAML}}}SubjectConfirmationData', NotOnOrAfter=end, Recipient=provider['sp_url'])
    statement = writer.add(made, f'{{{_SAML}}}AuthnStatement', AuthnInstant=_time(now),
                           SessionIndex=uuid.uuid4().hex, SessionNotOnOrAfter=end)
    context = writer.add(statement, f'{{{_SAML}}}AuthnContext')
    writer.add(context, f'{{{_SAML}}}AuthnContextClassRef', 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password')
    writer.add(context, f'{{{_SAML}}}AuthenticatingAuthority', CONF.saml.idp_entity_id)
    attributes = writer.add(made, f'{{{_SAML}}}AttributeStatement')
    for name, values in _attributes(token, groups).items():
        attribute = writer.add(attributes, f'{{{_SAML}}}Attribute', Name=name, NameFormat=_URI)
        for value in values:
            each = writer.add(attribute, f'{{{_SAML}}}AttributeValue', value)
            each.set(f'{{{_XSI}}}type', 'xs:string')
    return made


def _attributes(token, groups):
    """What is said of the user; a service provider's mapping names these."""
    said = {'openstack_user': [token.user['name']], 'openstack_user_domain': [token.user['domain_name']],
            'openstack_roles': [role['name'] for role in token.roles], 'openstack_project': [token.project['name']],
            'openstack_project_domain': [token.project_domain['name']]}
    if groups:
        said['openstack_groups'] = ['JSON:' + json.dumps(
            {'name': group['name'], 'domain': {'id': group['domain_id']}}, sort_keys=True) for group in groups]
    return said


def _signed(assertion):
    _, signxml = _libraries()
    key, certificate = _read('keyfile'), _read('certfile')
    signer = signxml.XMLSigner(c14n_algorithm='http://www.w3.org/2001/10/xml-exc-c14n#')
    return concurrency.in_thread(signer.sign, assertion, key=key, cert=certificate, reference_uri=assertion.get('ID'))


def metadata():
    """The metadata (XML text) of this identity provider from the configuration. Raises ConfigError."""
    if not CONF.saml.idp_entity_id or not CONF.saml.idp_sso_endpoint:
        raise ConfigError('[saml] idp_entity_id and idp_sso_endpoint have to be set for the metadata.')
    etree, _ = _libraries()
    writer = _Writer(etree)
    entity = writer.root(f'{{{_MD}}}EntityDescriptor', {'md': _MD, 'ds': _DS}, entityID=CONF.saml.idp_entity_id)
    descriptor = writer.add(entity, f'{{{_MD}}}IDPSSODescriptor',
                            protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol')
    key = writer.add(descriptor, f'{{{_MD}}}KeyDescriptor', use='signing')
    data = writer.add(writer.add(key, f'{{{_DS}}}KeyInfo'), f'{{{_DS}}}X509Data')
    lines = [line for line in _read('certfile').splitlines() if line and not line.startswith('-----')]
    writer.add(data, f'{{{_DS}}}X509Certificate', '\n'.join(lines))
    writer.add(descriptor, f'{{{_MD}}}SingleSignOnService', Binding='urn:oasis:names:tc:SAML:2.0:bindings:URI',
               Location=CONF.saml.idp_sso_endpoint)
    _people(writer, entity)
    return etree.tostring(entity, pretty_print=True, xml_declaration=True, encoding='UTF-8').decode()


def _people(writer, entity):
    options = CONF.saml
    organization = writer.add(entity, f'{{{_MD}}}Organization')
    for name, text in (('OrganizationName', options.idp_organization_name),
                       ('OrganizationDisplayName', options.idp_organization_display_name),
                       ('OrganizationURL', options.idp_organization_url)):
        made = writer.add(organization, f'{{{_MD}}}{name}', text)
        made.set('{http://www.w3.org/XML/1998/namespace}lang', options.idp_lang)
    contact = writer.add(entity, f'{{{_MD}}}ContactPerson', contactType=options.idp_contact_type)
    for name, text in (('Company', options.idp_contact_company), ('GivenName', options.idp_contact_name),
                       ('SurName', options.idp_contact_surname), ('EmailAddress', options.idp_contact_email),
                       ('TelephoneNumber', options.idp_contact_telephone)):
        writer.add(contact, f'{{{_MD}}}{name}', text)


def published():
    """The metadata file (bytes) as the operator put it in place. Raises NotFound."""
    try:
        with open(CONF.saml.idp_metadata_path, 'rb') as file:
            return file.read()
    except FileNotFoundError as error:
        raise NotFound('This cloud publishes no SAML metadata.') from error
    except OSError as error:
        raise ConfigError(f'[saml] idp_metadata_path cannot be read: {error.strerror}.') from error
