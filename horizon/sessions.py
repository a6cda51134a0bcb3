"""Sessions in a cookie that only we can read: nothing to share between processes, nothing to lose at a restart.

Encrypted (Fernet), not only signed as Django's own: they hold the user's token.
"""
import base64
import functools
import hashlib

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.sessions.backends import signed_cookies

_BROWSER_LIMIT = 4096


class SessionTooLarge(ValueError):
    """The session does not fit into a cookie."""


@functools.lru_cache(2)
def _fernet(key):
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b'horizon.sessions' + key.encode()).digest()))


def seal(data):
    """Text that only `unseal` of a process with the same key can read, of bytes."""
    return _fernet(settings.SECRET_KEY).encrypt(data).decode()


def unseal(text, max_age):
    """The bytes that were sealed at most `max_age` seconds ago; None for anything else."""
    try:
        return _fernet(settings.SECRET_KEY).decrypt(text.encode(), ttl=max_age)
    except (InvalidToken, UnicodeError):
        return None


class SessionStore(signed_cookies.SessionStore):
    """Django's interface of a session; the cookie's value is the sealed session itself."""

    def load(self):
        """The session's content; {} when the cookie is not ours or too old."""
        content = unseal(self.session_key, self.get_session_cookie_age()) if self.session_key else None
        if content is None:
            self.create()
            return {}
        return self.serializer().loads(content)

    def _get_session_key(self):
        value = seal(self.serializer().dumps(self._session_cache))
        if len(value) > _BROWSER_LIMIT - 200:
            raise SessionTooLarge('The tokens of this cloud are too large for a cookie: set session_engine = cache in '
                                  'horizon.conf.')
        return value
