"""Signed images: each kind of key, and every way in which a signature is none."""
import base64
import datetime
import functools
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

DATA = b'signed data ' * 10000
AUTHORITY = ec.generate_private_key(ec.SECP256R1())


@functools.cache
def key_of(kind):
    """Made when a test needs it: the primes of some take a while."""
    if kind == 'RSA-PSS':
        return rsa.generate_private_key(65537, 1024)
    return dsa.generate_private_key(1024) if kind == 'DSA' else ec.generate_private_key(ec.SECP384R1())


def name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certificate(key, issuer='CA', signer=AUTHORITY, days=1, subject='signer', ca=False):
    now = datetime.datetime.now(datetime.UTC)
    return (x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), 7, now - datetime.timedelta(days=2),
                                    now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca, None), critical=True).sign(signer, hashes.SHA256()))


def pem(made):
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def trust(conf, tmp_path):
    """trust(certificate) -> the UUID it has in the operator's directory, whose authority is trusted."""
    directory = tmp_path / 'certificates'
    directory.mkdir()
    conf.set('certificate_directory', str(directory), 'image_signature')
    (tmp_path / 'authorities.pem').write_bytes(pem(certificate(AUTHORITY, subject='CA', ca=True)))
    conf.set('trusted_certificates', str(tmp_path / 'authorities.pem'), 'image_signature')

    def put(made):
        identity = str(uuid.uuid4())
        (directory / f'{identity}.pem').write_bytes(made if isinstance(made, bytes) else pem(made))
        return identity
    return put


def sign(kind, data=DATA, salt=padding.PSS.MAX_LENGTH):
    key, method = key_of(kind), hashes.SHA256()
    if kind == 'RSA-PSS':
        made = key.sign(data, padding.PSS(padding.MGF1(method), salt), method)
    else:
        made = key.sign(data, ec.ECDSA(method)) if kind.startswith('ECC') else key.sign(data, method)
    return base64.b64encode(made).decode()


def properties(identity, kind='RSA-PSS', signature=None, method='SHA-256'):
    return {'img_signature': signature or sign(kind), 'img_signature_hash_method': method,
            'img_signature_key_type': kind, 'img_signature_certificate_uuid': identity}


def upload(cloud, data=DATA, **fields):
    image = cloud.owner.create(**fields)
    answer = cloud.owner('PUT', f'/v2/images/{image["id"]}/file', data=data)
    return answer, cloud.owner('GET', f'/v2/images/{image["id"]}').json


@pytest.mark.parametrize('kind', ['RSA-PSS', 'ECC_SECP384R1', 'DSA'])
def test_what_was_signed_is_taken_and_nothing_else(cloud, trust, stored, kind):
    fields = properties(trust(certificate(key_of(kind))), kind)
    answer, image = upload(cloud, **fields)
    assert answer.status_int == 204, answer.text
    assert image['status'] == 'active'
    answer, other = upload(cloud, DATA[:-1] + b'X', **fields)
    assert answer.status_int == 400 and 'signature' in answer.text
    assert other['status'] == 'queued' and other['checksum'] is None and stored() == [image['id']]


def test_salts_of_other_lengths(cloud, trust):
    identity = trust(certificate(key_of('RSA-PSS')))
    for salt in (0, 32):
        assert upload(cloud, **properties(identity, signature=sign('RSA-PSS', salt=salt)))[0].status_int == 204


def test_imports_are_checked_too(cloud, trust, work, stored):
    fields = properties(trust(certificate(key_of('RSA-PSS'))))
    for data, status in ((DATA, 'active'), (b'other', 'queued')):
        image = cloud.owner.create(**fields)
        assert cloud.owner('PUT', f'/v2/images/{image["id"]}/stage', data=data).status_int == 204
        cloud.owner('POST', f'/v2/images/{image["id"]}/import', {'method': {'name': 'glance-direct'}})
        work()
        assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['status'] == status
    assert len(stored()) == 1


def test_certificates_that_are_not_trusted(cloud, trust, stored):
    key = key_of('RSA-PSS')
    stranger = ec.generate_private_key(ec.SECP256R1())
    for identity in (str(uuid.uuid4()), 'no-uuid', '../../etc/x', trust(b'nonsense'),
                     trust(certificate(key, days=-1)), trust(certificate(key, signer=stranger)),
                     trust(certificate(key, issuer='other'))):
        answer, image = upload(cloud, **properties(identity))
        assert answer.status_int == 400 and 'certificate' in answer.text, identity
        assert image['status'] == 'queued'
    assert stored() == []


@pytest.mark.parametrize('change', [
    {'img_signature_hash_method': 'MD5'}, {'img_signature_key_type': 'RSA'}, {'img_signature_key_type': 'DSA'},
    {'img_signature_key_type': 'ECC_SECP521R1'}, {'img_signature': '***'}, {'img_signature': 'QUFB'},
    {'img_signature_hash_method': 'SHA-512'}])
def test_values_that_do_not_fit(cloud, trust, stored, change):
    answer, image = upload(cloud, **{**properties(trust(certificate(key_of('RSA-PSS')))), **change})
    assert answer.status_int == 400 and 'signature' in answer.text
    assert image['status'] == 'queued' and stored() == []


def test_without_certificates_nothing_signed_is_taken(cloud):
    assert upload(cloud, **properties(str(uuid.uuid4())))[0].status_int == 400


def test_not_signed_unless_all_is_said(cloud, trust):
    fields = properties(trust(certificate(key_of('RSA-PSS'))))
    del fields['img_signature_key_type']
    assert upload(cloud, b'anything', **fields)[0].status_int == 204
