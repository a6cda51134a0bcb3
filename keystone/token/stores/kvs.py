"""Tokens in this process's memory: for one worker, and gone with it."""
import time

from keystone.token.stores.base import TokenStore

# Puts between two looks for tokens whose time is over.
_FLUSH_EVERY = 1000


class KvsStore(TokenStore):
    """A dict."""

    def __init__(self):
        self._tokens, self._puts = {}, 0

    def put(self, token_id, user_id, claims, until):
        self._tokens[token_id] = (claims, until)
        self._puts += 1
        if self._puts % _FLUSH_EVERY == 0:
            self.flush()

    def get(self, token_id):
        claims, until = self._tokens.get(token_id, (None, 0))
        return claims if until > time.time() else None

    def remove(self, token_id):
        self._tokens.pop(token_id, None)

    def flush(self):
        now = time.time()
        over = [token_id for token_id, (_, until) in list(self._tokens.items()) if until <= now]
        for token_id in over:
            self._tokens.pop(token_id, None)
        return len(over)
