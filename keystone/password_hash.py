"""The hash of a wrong password that notifications of failed log-ins may hold: [security_compliance]
report_invalid_password_hash. It tells tries that are alike from such that are not, and is no hash to log in by."""
import base64
import hmac

from essex import config
from essex.exception import ConfigError
from keystone.identity import compliance  # noqa: F401 - declares the options

CONF = config.CONF
_SHORTEST_KEY = 16


class PasswordHash:
    """As configured. Raises ConfigError: no key, or a short one, where a hash is asked for; an unknown function."""

    def __init__(self):
        self._options = CONF.security_compliance
        key = (self._options.invalid_password_hash_secret_key or '').encode()
        self.wanted = 'event' in self._options.report_invalid_password_hash
        if not self.wanted:
            return
        if len(key) < _SHORTEST_KEY:
            # Without one anybody who reads the notifications could try words until the hash fits.
            raise ConfigError('[security_compliance] report_invalid_password_hash needs '
                              f'invalid_password_hash_secret_key, of {_SHORTEST_KEY} bytes or more.')
        self._key = key
        try:
            self.of('')
        except (TypeError, ValueError) as error:
            raise ConfigError('[security_compliance] invalid_password_hash_function is of no use: '
                              f'{self._options.invalid_password_hash_function}.') from error

    def of(self, password):
        """The hash of a password as text, as long as is allowed."""
        options = self._options
        digest = hmac.digest(self._key, password.encode('utf-8', 'surrogatepass'),
                             options.invalid_password_hash_function)
        return base64.urlsafe_b64encode(digest).rstrip(b'=').decode()[:options.invalid_password_hash_max_chars]
