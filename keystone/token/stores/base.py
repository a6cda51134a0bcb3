"""The contract of a store of tokens."""
import abc


class TokenStore(abc.ABC):
    """Keeps what UUID tokens claim, as dicts, until a while after their end.

    What a store cannot reach is ServiceUnavailable, not a token that does not exist.
    """

    @abc.abstractmethod
    def put(self, token_id, user_id, claims, until):
        """Keep the dict `claims` of a user's token; from `until` (seconds since 1970) on it may be forgotten."""

    @abc.abstractmethod
    def get(self, token_id):
        """The dict, or None."""

    @abc.abstractmethod
    def remove(self, token_id):
        """Forget a token; nothing happens when there is none."""

    @abc.abstractmethod
    def flush(self):
        """Forget every token whose time is over; returns how many, or None where that happens by itself."""
