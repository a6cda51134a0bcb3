"""How a token is written: the contract, and Fernet."""
import abc
import base64
import struct

from cryptography.fernet import InvalidToken
from oslo_config import cfg

from essex import config
from keystone.exception import TokenNotFound
from keystone.token import payload
from keystone.token.keys import KeyRepository

OPTS = [
    cfg.StrOpt('key_repository', default='/etc/keystone/fernet-keys/',
               help='Directory of the keys tokens are made with.'),
    cfg.IntOpt('max_active_keys', default=3, min=2,
               help='Keys kept. Tokens live at least (this number minus 2) rotations.'),
]
CONF = config.register(OPTS, 'fernet_tokens')


class TokenProvider(abc.ABC):
    """Turns Claims into a token's text and back."""

    @abc.abstractmethod
    def encode(self, claims):
        """The text of a token."""

    @abc.abstractmethod
    def decode(self, token_id):
        """The Claims of a token's text. Raises TokenNotFound when it is not one of ours."""

    def forget(self, token_id):  # noqa: B027 - most have nothing to forget
        """A token was revoked: who keeps tokens need not keep it longer."""


class FernetProvider(TokenProvider):
    """Stateless tokens: encrypted, signed, and read by whoever has the keys."""

    def __init__(self):
        options = CONF.fernet_tokens
        self.keys = KeyRepository(options.key_repository, 'fernet_setup', options.max_active_keys)

    def encode(self, claims):
        packed = payload.pack(claims)
        return self.keys.crypto().encrypt_at_time(packed, int(claims.issued_at)).rstrip(b'=').decode()

    def decode(self, token_id):
        try:
            padded = token_id.encode('ascii') + b'=' * (-len(token_id) % 4)
            packed = self.keys.crypto().decrypt(padded)
        except (InvalidToken, UnicodeEncodeError) as error:
            raise TokenNotFound() from error
        (issued_at,) = struct.unpack('>Q', base64.urlsafe_b64decode(padded)[1:9])
        return payload.unpack(packed, issued_at)
