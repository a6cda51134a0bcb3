"""Encrypts credentials, sensitive options of domains and the secrets of OAuth 1.0a, with Fernet keys of their own."""
import hashlib

import orjson
from cryptography.fernet import InvalidToken
from oslo_config import cfg

from essex import config, db
from essex.exception import ConfigError
from keystone.db import credentials, domain_configs, oauth1
from keystone.exception import CredentialLimitExceeded
from keystone.token.keys import KeyRepository

OPTS = [
    cfg.StrOpt('key_repository', default='/etc/keystone/credential-keys/',
               help='Directory of the keys credentials are encrypted with.'),
    cfg.IntOpt('auth_ttl', default=15, min=0,
               help='Minutes after which a signed EC2 request is too old. 0 accepts any age.'),
    cfg.IntOpt('user_limit', default=-1, min=-1,
               help='How many credentials, EC2 key pairs included, a user may have. -1: any number.'),
]
CONF = config.register(OPTS, 'credential')

# Whose rows are sealed: sealed(session) and reseal(session, key, text, key_hash).
_SEALED = (credentials, domain_configs, oauth1)


def check_limit(session, user_id):
    """One more credential of a user is within his limit, until the transaction ends. Raises CredentialLimitExceeded."""
    limit = CONF.credential.user_limit
    if limit >= 0 and credentials.count(session, user_id) >= limit:
        raise CredentialLimitExceeded(limit=limit)


class Vault:
    """Seals and opens blobs (JSON values)."""

    def __init__(self):
        self.keys = KeyRepository(CONF.credential.key_repository, 'credential_setup')

    def seal(self, blob):
        """{'encrypted_blob', 'key_hash'} for a row."""
        text = self.keys.crypto().encrypt(orjson.dumps(blob)).decode()
        return {'encrypted_blob': text, 'key_hash': self.key_hash()}

    def key_hash(self):
        """What tells which key sealed a row."""
        return hashlib.sha256(self.keys.keys()[0]).hexdigest()

    def open(self, row):
        """The blob of a row (`id` names it in errors). Raises ConfigError when no key fits."""
        try:
            return orjson.loads(self.keys.crypto().decrypt(row['encrypted_blob'].encode()))
        except InvalidToken as error:
            raise ConfigError(f'No key in {self.keys.path} opens credential {row["id"]}: a key is missing.') from error

    def behind(self):
        """How many rows an older key sealed."""
        newest = self.key_hash()
        with db.reader() as session:
            return sum(key_hash != newest for table in _SEALED for _, key_hash, _ in table.sealed(session))

    def migrate(self):
        """Seal with the primary key what an older one sealed; returns how many rows."""
        newest, count = self.key_hash(), 0
        with db.writer() as session:
            for table in _SEALED:
                for key, text in [(key, text) for key, key_hash, text in table.sealed(session) if key_hash != newest]:
                    row = self.seal(self.open({'id': ' '.join(key), 'encrypted_blob': text}))
                    table.reseal(session, key, row['encrypted_blob'], row['key_hash'])
                    count += 1
        return count
