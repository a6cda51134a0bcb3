"""What can go wrong with what is encrypted."""
from swift.exceptions import SwiftError


class CryptoError(SwiftError):
    """Something cannot be decrypted; the text says why, without anything secret."""


class UnknownSecret(CryptoError):
    """It needs a root secret that is not configured here."""
