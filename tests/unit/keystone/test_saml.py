"""Keystone to Keystone: assertions another cloud can verify, and the metadata it verifies them with."""
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from defusedxml import ElementTree
from signxml import XMLVerifier

from keystone.cmd.manage import main
from keystone.federation import saml as provider

NAMES = {'saml': 'urn:oasis:names:tc:SAML:2.0:assertion', 'samlp': 'urn:oasis:names:tc:SAML:2.0:protocol',
         'ds': 'http://www.w3.org/2000/09/xmldsig#', 'soap': 'http://schemas.xmlsoap.org/soap/envelope/',
         'ecp': 'urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp', 'md': 'urn:oasis:names:tc:SAML:2.0:metadata'}
ENTITY = 'https://idp/v3/OS-FEDERATION/saml2/idp'
SAML, ECP = '/v3/auth/OS-FEDERATION/saml2', '/v3/auth/OS-FEDERATION/saml2/ecp'


@pytest.fixture(scope='session')
def signing(tmp_path_factory):
    """(certificate file, key file) of a new signing key."""
    directory = tmp_path_factory.mktemp('saml')
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'idp')])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - datetime.timedelta(days=1),
                                   now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (directory / 'cert.pem').write_bytes(made.public_bytes(pem))
    (directory / 'key.pem').write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8,
                                                          serialization.NoEncryption()))
    return str(directory / 'cert.pem'), str(directory / 'key.pem')


@pytest.fixture
def saml(conf, signing, cloud):
    for name, value in (('certfile', signing[0]), ('keyfile', signing[1]), ('idp_entity_id', ENTITY),
                        ('idp_sso_endpoint', 'https://idp/v3/OS-FEDERATION/saml2/sso')):
        conf.set(name, value, 'saml')
    cloud.managers.service_providers.create('sp', {'auth_url': 'https://sp/v3/auth', 'sp_url': 'https://sp/ECP',
                                                   'enabled': True})


@pytest.fixture
def ask(api):
    """ask(token, path, provider) -> the answer."""
    def call(token, path=SAML, provider='sp'):
        return api('POST', path, {'auth': {'identity': {'methods': ['token'], 'token': {'id': token}},
                                           'scope': {'service_provider': {'id': provider}}}})
    return call


def verified(xml, certificate):
    """The assertion of a response, as far as its signature reaches."""
    with open(certificate, encoding='ascii') as file:
        signed = XMLVerifier().verify(xml, x509_cert=file.read()).signed_xml
    assert signed.tag == f'{{{NAMES["saml"]}}}Assertion'
    return signed


def test_an_assertion(ask, saml, cloud, signing):
    group = cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    cloud.managers.groups.add_member(cloud.owner['id'], group['id'])
    answer = ask(cloud.token(cloud.owner, cloud.project))
    assert answer.status_int == 200 and answer.content_type == 'text/xml'
    assert (answer.headers['X-sp-url'], answer.headers['X-auth-url']) == ('https://sp/ECP', 'https://sp/v3/auth')
    said = verified(answer.body, signing[0])
    assert said.findtext('saml:Subject/saml:NameID', namespaces=NAMES) == 'owner'
    assert said.findtext('saml:Issuer', namespaces=NAMES) == ENTITY
    attributes = {each.get('Name'): [value.text for value in each] for each in
                  said.iterfind('saml:AttributeStatement/saml:Attribute', NAMES)}
    assert attributes == {
        'openstack_user': ['owner'], 'openstack_user_domain': ['Default'], 'openstack_project': ['demo'],
        'openstack_roles': ['member', 'reader'], 'openstack_project_domain': ['Default'],
        'openstack_groups': ['JSON:{"domain": {"id": "default"}, "name": "g"}']}
    # In the order the schema of SAML asks for.
    whole = ElementTree.fromstring(answer.body)
    assertion = whole.find('saml:Assertion', NAMES)
    assert [child.tag.split('}')[1] for child in assertion] == ['Issuer', 'Signature', 'Subject', 'AuthnStatement',
                                                                'AttributeStatement']
    assert whole.get('Destination') == 'https://sp/ECP'


def test_an_envelope_for_enhanced_clients(ask, saml, cloud, signing):
    answer = ask(cloud.token(cloud.owner, cloud.project), ECP)
    verified(answer.body, signing[0])
    state = ElementTree.fromstring(answer.body).find('soap:Header/ecp:RelayState', NAMES)
    assert state.text.startswith('ss:mem:') and state.get(f'{{{NAMES["soap"]}}}mustUnderstand') == '1'


@pytest.mark.parametrize('path', [SAML, ECP])
def test_nobody_vouches_for_who_only_acts_for_another(ask, saml, cloud, path):
    trust = cloud.managers.trusts.create({'trustor_user_id': cloud.owner['id'], 'trustee_user_id': cloud.member['id'],
                                          'impersonation': True, 'project_id': cloud.project['id']},
                                         [{'name': 'reader'}])
    answer = ask(cloud.issue(cloud.member, {'OS-TRUST:trust': {'id': trust['id']}}).id, path)
    assert answer.status_int == 403 and 'delegated' in answer.json['error']['message']


@pytest.mark.parametrize('path', [SAML, ECP])
def test_refusals(ask, saml, cloud, conf, path):
    token = cloud.token(cloud.owner, cloud.project)
    assert ask(cloud.token(cloud.owner), path).status_int == 403
    assert ask(token, path, 'none').status_int == 404 and ask('none', path).status_int == 404
    cloud.managers.service_providers.update('sp', {'enabled': False})
    assert ask(token, path).status_int == 403


def test_metadata(api, saml, conf, tmp_path, signing):
    conf.set('idp_metadata_path', str(tmp_path / 'metadata.xml'), 'saml')
    assert api('GET', '/v3/OS-FEDERATION/saml2/metadata').status_int == 404
    (tmp_path / 'metadata.xml').write_text(provider.metadata())
    answer = api('GET', '/v3/OS-FEDERATION/saml2/metadata')
    entity = ElementTree.fromstring(answer.body)
    assert answer.content_type == 'text/xml' and entity.get('entityID') == ENTITY
    certificate = entity.findtext('.//ds:X509Certificate', namespaces=NAMES)
    with open(signing[0], encoding='ascii') as file:
        assert certificate in file.read()
    assert entity.find('md:IDPSSODescriptor/md:SingleSignOnService', NAMES).get('Location').endswith('/sso')


def test_the_command_says_what_is_missing(tmp_path, capsys):
    (tmp_path / 'keystone.conf').write_text('')
    with pytest.raises(SystemExit) as stopped:
        main(['--config-file', str(tmp_path / 'keystone.conf'), 'saml_idp_metadata'])
    assert stopped.value.code == 1 and 'idp_entity_id' in capsys.readouterr().err
