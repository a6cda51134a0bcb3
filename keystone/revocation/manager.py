"""Revocation events, kept in memory and matched against tokens.

Fernet tokens know the second they were issued in, no finer, and an event voids what was issued up to its own
second. So a log-in in the very second of a password change must not be taken for an old one: `earliest` tells
the issuer the first second a new token may carry.
"""
import datetime

from oslo_config import cfg

from essex import config, db
from keystone.changes import REVOCATIONS
from keystone.db import revocations

OPTS = [
    cfg.IntOpt('expiration_buffer', default=1800, min=0,
               help='Seconds an event is kept beyond the life of the tokens it can fit; [token] allow_expired_window '
                    'where that is longer.'),
]
CONF = config.register(OPTS, 'revoke')

_EPOCH = datetime.datetime(1970, 1, 1)
# An event's fields that a token can be asked about, and what of the token they are compared with.
FIELDS = ('audit_id', 'audit_chain_id', 'user_id', 'project_id', 'domain_id', 'trust_id', 'consumer_id',
          'access_token_id', 'role_id', 'expires_at')


def seconds(moment):
    """A naive UTC datetime as whole seconds since 1970."""
    return int((moment - _EPOCH).total_seconds())


def lifetime():
    """How long an event may still fit a token that somebody takes."""
    beyond = max(CONF.revoke.expiration_buffer, CONF.token.allow_expired_window)
    return datetime.timedelta(seconds=CONF.token.expiration + beyond)


class RevocationManager:
    """The events that may still fit a token: a living one, or one that is taken after its end (allow_expired)."""

    def __init__(self, changes):
        self.changes = changes
        # {(field, value): [event]} under the most telling field an event has.
        self._index = {}
        self._listeners = []
        # (facts, second) of tokens issued with a second yet to come.
        self._ahead = []
        changes.listen(REVOCATIONS, self.load)

    def listen(self, function):
        """Call `function(events)` with each batch of new events."""
        self._listeners.append(function)

    def load(self, events):
        """Take in new events; forget those no token can fit any more."""
        horizon = db.utcnow() - lifetime()
        fresh = [event for event in events if event['revoked_at'] >= horizon]
        for event in fresh:
            self._index.setdefault(self._key(event), []).append(event)
        self._forget(horizon)
        for function in self._listeners if fresh else ():
            function(fresh)

    def _forget(self, horizon):
        for key, events in list(self._index.items()):
            alive = [event for event in events if event['revoked_at'] >= horizon]
            if alive:
                self._index[key] = alive
            else:
                del self._index[key]

    @staticmethod
    def _key(event):
        return next(((field, event[field]) for field in FIELDS if event[field] is not None), (None, None))

    def revoke(self, **fields):
        """Void the tokens that fit all `fields`. Joins the caller's transaction."""
        now = db.utcnow()
        with db.writer() as session:
            # First: the counter's lock makes ids appear in order, so that no reader skips one.
            self.changes.announce(session, REVOCATIONS)
            values = {**dict.fromkeys(FIELDS), **fields}
            revocations.add(session, {**fields, 'issued_before': self._issued_before(values, now), 'revoked_at': now})
            revocations.purge(session, now - lifetime())

    def _issued_before(self, values, now):
        """Up to which second an event made now voids tokens: those issued since an earlier event in this second,
        which carry the second after that one's, are no newer than this event."""
        second = now.replace(microsecond=0)
        if values['audit_id'] is not None:
            return second
        alike = max((event['issued_before'] for event in self._index.get(self._key(values), ())), default=_EPOCH)
        if alike >= second:
            alike += datetime.timedelta(seconds=1)
        self._ahead = [(facts, ahead) for facts, ahead in self._ahead if ahead >= seconds(now)]
        ahead = max((ahead for facts, ahead in self._ahead if self._names(values, facts)), default=0)
        return max(second, alike, _EPOCH + datetime.timedelta(seconds=ahead))

    def events(self, since=None):
        """The events as dicts, those revoked from `since` (naive UTC) on, oldest first."""
        with db.reader() as session:
            return revocations.since(session, since)

    def _candidates(self, facts):
        for field in FIELDS:
            for value in facts.get(field, ()):
                yield from self._index.get((field, value), ())

    @staticmethod
    def fits(event, facts, issued_at):
        """Whether an event voids the token of these facts ({field: values it answers to})."""
        if event['audit_id'] is None and issued_at > seconds(event['issued_before']):
            return False
        return RevocationManager._names(event, facts)

    @staticmethod
    def _names(event, facts):
        return all(event[field] is None or event[field] in facts.get(field, ()) for field in FIELDS)

    def is_revoked(self, facts, issued_at):
        """Whether any event voids the token."""
        return bool(self._index) and any(self.fits(event, facts, issued_at) for event in self._candidates(facts))

    def earliest(self, facts, now):
        """The first second, from `now` on, in which a token of these facts is not void."""
        later = [seconds(event['issued_before']) + 1 for event in self._candidates(facts)
                 if event['audit_id'] is None and self.fits(event, facts, now)]
        if not later:
            return now
        second = max(now, *later)
        self._ahead.append((facts, second))
        return second
