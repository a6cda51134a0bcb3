"""The cloud's own certificate authority and the certificate its endpoints show (RFC 5280)."""
import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_YEAR = datetime.timedelta(days=365)


def ensure(directory, names):
    """Have ca.pem, server.pem (chain) and server.key in `directory`, valid for `names` (hosts or addresses).

    Made again when they are missing or run out within a month. Returns (certificate, key) paths.
    """
    certificate, key = directory / 'server.pem', directory / 'server.key'
    if _fresh(certificate, names) and key.exists():
        return certificate, key
    ca_key, ca = _authority(directory)
    server_key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [x509.IPAddress(ipaddress.ip_address(name)) if _is_address(name) else x509.DNSName(name)
                    for name in names]
    built = (_builder(names[0], ca.subject, server_key.public_key(), 2 * _YEAR)
             .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
             .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
             .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
             .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
             .sign(ca_key, hashes.SHA256()))
    _write(key, _pem_key(server_key))
    _write(certificate, _pem(built) + _pem(ca), 0o644)
    return certificate, key


def _authority(directory):
    path, key_path = directory / 'ca.pem', directory / 'ca.key'
    if path.exists() and key_path.exists():
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        return key, x509.load_pem_x509_certificate(path.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'Essex cloud CA')])
    built = (_builder('Essex cloud CA', name, key.public_key(), 10 * _YEAR)
             .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
             .add_extension(x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False,
                                          data_encipherment=False, key_agreement=False, key_cert_sign=True,
                                          crl_sign=True, encipher_only=False, decipher_only=False), critical=True)
             .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
             .sign(key, hashes.SHA256()))
    _write(key_path, _pem_key(key))
    _write(path, _pem(built), 0o644)
    return key, built


def _builder(common_name, issuer, public_key, lifetime):
    now = datetime.datetime.now(datetime.UTC)
    return (x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])).issuer_name(issuer)
            .public_key(public_key).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + lifetime))


def _fresh(path, names):
    if not path.exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(each.value) for each in held}
    return certificate.not_valid_after_utc > soon and set(names) <= known


def _is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_key(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _write(path, content, mode=0o600):
    temporary = path.with_suffix(path.suffix + '.new')
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'wb') as file:
        file.write(content)
    os.replace(temporary, path)
