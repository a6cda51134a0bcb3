"""OAuth 2.0: client credentials by an application credential's secret, and by a client certificate."""
import base64
import datetime
import hashlib
from urllib.parse import urlencode

import pytest
import webob
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from keystone.managers import Managers

PATH = '/v3/OS-OAUTH2/token'
FORM = {'grant_type': 'client_credentials'}
RULES = [{'local': [{'user': {'name': '{0}', 'id': '{1}', 'domain': {'id': '{2}'}}}], 'remote': [
    {'type': 'SSL_CLIENT_SUBJECT_DN_CN'}, {'type': 'SSL_CLIENT_SUBJECT_DN_UID'}, {'type': 'SSL_CLIENT_SUBJECT_DN_DC'},
    {'type': 'SSL_CLIENT_ISSUER_DN_CN', 'any_one_of': ['ca.test']}]}]


@pytest.fixture
def ask(api):
    """ask(form, basic=(id, secret), environ={}) -> the answer."""
    def call(form=FORM, basic=None, method='POST', environ=None, header=None):
        headers = {'Content-Type': 'application/x-www-form-urlencoded'}
        if basic:
            header = 'Basic ' + base64.b64encode(':'.join(basic).encode()).decode()
        if header:
            headers['Authorization'] = header
        request = webob.Request.blank(PATH, method=method, base_url='http://keystone.test:5000', headers=headers,
                                      body=urlencode(form).encode(), environ=environ)
        return request.get_response(api.app)
    return call


def test_by_a_secret(api, cloud, ask):
    token = cloud.token(cloud.owner, cloud.project)
    cred = api('POST', f'/v3/users/{cloud.owner["id"]}/application_credentials',
               {'application_credential': {'name': 'client'}}, token=token).json['application_credential']
    answer = ask(basic=(cred['id'], cred['secret']))
    assert answer.status_int == 200, answer.body
    assert answer.json == {'access_token': answer.json['access_token'], 'token_type': 'Bearer', 'expires_in': 3600}
    assert answer.headers['Cache-Control'] == 'no-store' and answer.headers['Pragma'] == 'no-cache'
    made = api('GET', '/v3/auth/tokens', token=cloud.admin_token, subject=answer.json['access_token']).json['token']
    assert made['application_credential']['id'] == cred['id'] and made['project']['id'] == cloud.project['id']
    for basic in ((cred['id'], 'wrong'), ('unknown', cred['secret']), (cred['id'],), ('', '')):
        answer = ask(basic=basic)
        assert answer.status_int == 401 and answer.json == {'error': 'invalid_client',
                                                            'error_description': 'Client authentication failed.'}
        assert answer.headers['WWW-Authenticate'] == 'Keystone uri="http://keystone.test:5000/v3"'
    for header in (None, 'Basic', 'Basic !', 'Bearer x', 'Basic ' + base64.b64encode(b'\xff:').decode()):
        assert ask(header=header).status_int == 401, header


def test_errors_in_the_form_of_the_rfc(ask):
    for form, error in (({}, 'invalid_request'), ({'grant_type': 'password'}, 'unsupported_grant_type'),
                        ({'grant_type': ''}, 'invalid_request'), ({'other': 'x'}, 'invalid_request')):
        answer = ask(form, basic=('x', 'y'))
        assert answer.status_int == 400 and answer.json['error'] == error and answer.json['error_description']
    for method in ('GET', 'PUT', 'PATCH', 'DELETE'):
        assert ask(method=method).status_int == 405
    assert ask({'grant_type': 'client_credentials', 'x': '\udcff'.encode('utf-8', 'surrogatepass')}).status_int == 401


def certificate(issuer='ca.test', **names):
    """(PEM, thumbprint) of a certificate; the front has checked who signed it."""
    oids = {'CN': NameOID.COMMON_NAME, 'UID': NameOID.USER_ID, 'DC': NameOID.DOMAIN_COMPONENT}
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().public_key(key.public_key()).serial_number(1)
            .subject_name(x509.Name([x509.NameAttribute(oids[name], value) for name, value in names.items()]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    digest = hashlib.sha256(made.public_bytes(Encoding.DER)).digest()
    return made.public_bytes(Encoding.PEM).decode(), base64.urlsafe_b64encode(digest).rstrip(b'=').decode()


def test_by_a_certificate(api, cloud, ask, conf):
    owner, form = cloud.owner, {**FORM, 'client_id': cloud.owner['id']}
    names = {'CN': 'owner', 'UID': owner['id'], 'DC': 'default'}
    pem, thumbprint = certificate(**names)
    environ = {'SSL_CLIENT_CERT': pem}
    assert ask(form, environ=environ).status_int == 401
    cloud.managers.mappings.create('oauth2_mapping', {'rules': RULES})
    assert 'default project' in ask(form, environ=environ).json['error_description']
    cloud.managers.identity.update_user(owner['id'], {'default_project_id': cloud.project['id']})
    answer = ask(form, environ=environ)
    assert answer.status_int == 200 and answer.json['token_type'] == 'Bearer', answer.body
    token_id = answer.json['access_token']
    made = api('GET', '/v3/auth/tokens', token=cloud.admin_token, subject=token_id).json['token']
    assert made['oauth2_credential'] == {'x5t#S256': thumbprint} and made['user']['id'] == owner['id']
    assert made['project']['id'] == cloud.project['id'] and made['roles']
    assert Managers().tokens.validate(token_id).claims.thumbprint == thumbprint
    for wrong in ({'CN': 'stranger'}, {'UID': cloud.stranger['id']}, {'DC': 'other'}):
        assert ask(form, environ={'SSL_CLIENT_CERT': certificate(**{**names, **wrong})[0]}).status_int == 401, wrong
    for pem_ in (certificate('evil.test', **names)[0], 'no certificate', ''):
        assert ask(form, environ={'SSL_CLIENT_CERT': pem_}).status_int == 401
    # A header of the client's is no certificate.
    assert ask(form, environ={'HTTP_SSL_CLIENT_CERT': pem}).status_int == 401
    assert ask({**form, 'client_id': cloud.stranger['id']}, environ=environ).status_int == 401
    conf.set('oauth2_authn_methods', ['client_secret_basic'], 'oauth2')
    assert ask(form, environ=environ).status_int == 401
    cloud.managers.identity.update_user(owner['id'], {'enabled': False})
    conf.set('oauth2_authn_methods', ['tls_client_auth'], 'oauth2')
    assert ask(form, environ=environ).status_int == 401
    assert 'client_secret_basic' in ask(basic=('x', 'y')).json['error_description']
