"""Signed images: data that must be what the owner of a certificate signed.

An image is signed when it has all four properties img_signature (base64), img_signature_hash_method,
img_signature_key_type and img_signature_certificate_uuid. The certificates are PEM files in a directory of the
operator's, named after their UUIDs.
"""
import base64
import binascii
import datetime
import hashlib
import os
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils
from oslo_config import cfg

from essex import config
from glance.exception import SignatureRefused

OPTS = [
    cfg.StrOpt('certificate_directory',
               help='Directory of the certificates that signed images name, as UUID.pem. Unset: signed images are '
                    'refused.'),
    cfg.StrOpt('trusted_certificates',
               help='File of the certificate authorities (PEM) one of which must have issued a certificate. Unset: '
                    'every certificate in the directory is trusted.'),
]
CONF = config.register(OPTS, 'image_signature')

PROPERTIES = ('img_signature', 'img_signature_hash_method', 'img_signature_key_type', 'img_signature_certificate_uuid')
_HASHES = {'SHA-224': hashes.SHA224, 'SHA-256': hashes.SHA256, 'SHA-384': hashes.SHA384, 'SHA-512': hashes.SHA512}
# The binary curves (SECT...) are gone from newer releases of the library.
_CURVES = {f'ECC_{name}': getattr(ec, name) for name in (
    'SECP256R1', 'SECP384R1', 'SECP521R1', 'SECT409K1', 'SECT409R1', 'SECT571K1', 'SECT571R1') if hasattr(ec, name)}
_UUID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')


def verifier_of(image):
    """A Verifier for the data of `image`, or None when it does not say that it is signed. Raises SignatureRefused."""
    values = [image.properties.get(name) for name in PROPERTIES]
    return Verifier(*values) if all(values) else None


class Verifier:
    """Checks data that has passed through `digest` (as of hashlib)."""

    def __init__(self, signature, method, key_type, certificate):
        if method not in _HASHES:
            raise SignatureRefused(problem=f'img_signature_hash_method must be one of {", ".join(_HASHES)}')
        try:
            self._signature = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError) as error:
            raise SignatureRefused(problem='img_signature is not base64') from error
        self._hash = _HASHES[method]()
        self._key = _key_of(_certificate(certificate), key_type)
        self.digest = hashlib.new(self._hash.name)

    def check(self):
        """Raise SignatureRefused unless the data is what was signed."""
        prehashed, digest = utils.Prehashed(self._hash), self.digest.digest()
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                pss = padding.PSS(padding.MGF1(self._hash), padding.PSS.AUTO)
                self._key.verify(self._signature, digest, pss, prehashed)
            elif isinstance(self._key, dsa.DSAPublicKey):
                self._key.verify(self._signature, digest, prehashed)
            else:
                self._key.verify(self._signature, digest, ec.ECDSA(prehashed))
        except (InvalidSignature, ValueError) as error:
            raise SignatureRefused(problem='the signature is not that of the data') from error


def _key_of(certificate, key_type):
    """The certificate's public key, which must be of a type. Raises SignatureRefused."""
    try:
        key = certificate.public_key()
    except ValueError as error:
        raise SignatureRefused(problem='the certificate holds no key that is known here') from error
    if key_type == 'RSA-PSS':
        fits = isinstance(key, rsa.RSAPublicKey)
    elif key_type == 'DSA':
        fits = isinstance(key, dsa.DSAPublicKey)
    elif key_type in _CURVES:
        fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES[key_type])
    else:
        raise SignatureRefused(problem=f'img_signature_key_type must be one of RSA-PSS, DSA, {", ".join(_CURVES)}')
    if not fits:
        raise SignatureRefused(problem=f'the key of the certificate is not of the type {key_type}')
    return key


def _certificate(uuid):
    """The operator's certificate of this UUID, valid now and issued by a trusted authority."""
    directory = CONF.image_signature.certificate_directory
    if not directory or not _UUID.fullmatch(uuid):
        raise SignatureRefused(problem='there is no certificate with the ID that img_signature_certificate_uuid names')
    try:
        with open(os.path.join(directory, f'{uuid.lower()}.pem'), 'rb') as file:
            found = x509.load_pem_x509_certificate(file.read())
    except FileNotFoundError as error:
        raise SignatureRefused(problem=f'there is no certificate {uuid}') from error
    except ValueError as error:
        raise SignatureRefused(problem=f'certificate {uuid} cannot be read') from error
    if not _is_valid(found):
        raise SignatureRefused(problem=f'certificate {uuid} is not valid now')
    trusted = CONF.image_signature.trusted_certificates
    if trusted and not _is_issued(found, _authorities(trusted)):
        raise SignatureRefused(problem=f'certificate {uuid} is of no trusted authority')
    return found


def _is_valid(certificate):
    now = datetime.datetime.now(datetime.UTC)
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _authorities(path):
    try:
        with open(path, 'rb') as file:
            return x509.load_pem_x509_certificates(file.read())
    except (OSError, ValueError) as error:
        raise SignatureRefused(problem='the operator\'s list of trusted authorities cannot be read') from error


def _is_issued(certificate, authorities):
    """Whether one of `authorities`, valid itself and allowed to, has issued the certificate."""
    for authority in authorities:
        if certificate == authority:
            return True
        try:
            certificate.verify_directly_issued_by(authority)
            basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            continue
        if basic.ca and _is_valid(authority):
            return True
    return False
