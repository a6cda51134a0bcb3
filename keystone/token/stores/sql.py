"""Tokens in the service's own database. `keystone-manage token_flush` removes those whose time is over."""
import datetime

from essex import db
from keystone.db import tokens
from keystone.token.stores.base import TokenStore


class SqlStore(TokenStore):
    """The table `token`."""

    @db.retry
    def put(self, token_id, user_id, claims, until):
        moment = datetime.datetime.fromtimestamp(until, datetime.UTC).replace(tzinfo=None)
        with db.writer() as session:
            tokens.add(session, {'id': token_id, 'user_id': user_id, 'expires': moment, 'extra': claims})

    def get(self, token_id):
        with db.reader() as session:
            return tokens.get(session, token_id, db.utcnow())

    @db.retry
    def remove(self, token_id):
        with db.writer() as session:
            tokens.remove(session, token_id)

    def flush(self):
        now, total = db.utcnow(), 0
        while True:
            # In pieces, so that nobody waits long for the table.
            with db.writer() as session:
                gone = tokens.flush(session, now)
            if not gone:
                return total
            total += gone
