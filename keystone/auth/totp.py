"""The method totp: six digits of RFC 6238 (SHA-1, 30 seconds) by the secret in a credential of type totp."""
import base64
import binascii
import hmac
import time

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from oslo_config import cfg

from essex import config
from keystone.auth.methods import AuthMethod, Proof, named
from keystone.exception import AuthFailed

CONF = config.register([
    cfg.IntOpt('included_previous_windows', default=1, min=0, max=10,
               help='How many past windows of 30 seconds a passcode may be of.'),
], 'totp')

WINDOW = 30


def passcodes(blob, now):
    """The passcodes of a base32 secret that are good at `now`, as bytes. Raises ValueError: no such secret."""
    try:
        text = ''.join(blob.split()).upper()
        secret = base64.b32decode(text + '=' * (-len(text) % 8))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError('not base32') from error
    generator = TOTP(secret, 6, SHA1(), WINDOW, enforce_key_length=False)  # noqa: S303 - as RFC 6238 has it
    return [generator.generate(now - WINDOW * back) for back in range(CONF.totp.included_previous_windows + 1)]


class TotpMethod(AuthMethod):
    """{"user": {"id" or "name" and "domain", "passcode"}}"""

    def authenticate(self, payload, wants_scope):
        user = self._prove(payload['user']['passcode'], **named(payload['user']))
        if not user['enabled'] or not user['domain_enabled']:
            raise AuthFailed()
        return Proof(user, ['totp'])

    def _prove(self, passcode, **who):
        identity = self.managers.identity
        user = identity.find(**who)
        with identity.throttle.by_user('totp', *([user['id']] if user else who.values())):
            # Looked up for nobody, too: how long it takes must not tell whether there is such a user.
            fits = self._use(user['id'] if user else '', passcode.encode('utf-8', 'replace'))
            if user is None or not identity.may_log_in(user, fits):
                raise AuthFailed()
        return user

    def _use(self, user_id, passcode):
        """Whether the passcode is that of a secret of the user, and used for the first time (RFC 6238, 5.2)."""
        now, fitting = time.time(), []
        for credential_id, secret in self.managers.credentials.secrets(user_id, 'totp').items():
            try:
                good = passcodes(secret, now)
            except ValueError:
                continue   # an API that stores any blob stores this one, too
            fits = [hmac.compare_digest(each, passcode) for each in good]
            if True in fits:
                fitting.append((credential_id, fits.index(True)))
        step = int(now) // WINDOW
        # With all of them, since a user may have the same secret twice.
        unused = [self.managers.credentials.use_passcode(credential_id, step - back, step)
                  for credential_id, back in fitting]
        return bool(unused) and all(unused)
