"""UUID tokens, as Essex had them: 32 hexadecimal digits, with all they claim in a store."""
import dataclasses
import re

from oslo_config import cfg

from essex import config
from keystone import drivers
from keystone.exception import TokenNotFound
from keystone.ids import new_id
from keystone.token.model import Claims
from keystone.token.provider import TokenProvider
from keystone.token.stores.kvs import KvsStore
from keystone.token.stores.memcache import MemcacheStore
from keystone.token.stores.sql import SqlStore

CONF = config.register([
    cfg.StrOpt('driver', default='sql',
               help='Where tokens of the provider uuid are kept: sql, memcache ([memcache] servers), or kvs (the '
                    'memory of one process: only with workers = 1). Other providers keep nothing.'),
], 'token')

_ID = re.compile(r'[0-9a-f]{32}\Z')


class StoredProvider(TokenProvider):
    """Tokens that are names of what is kept elsewhere."""

    def __init__(self):
        self.store = drivers.load('essex.keystone.token_store', CONF.token.driver,
                                  {'sql': SqlStore, 'kvs': KvsStore, 'memcache': MemcacheStore})

    def encode(self, claims):
        token_id = new_id()
        self.keep(token_id, claims)
        return token_id

    def keep(self, token_id, claims):
        """Store the Claims of a token."""
        # A service may ask for a token that ended a while ago.
        self.store.put(token_id, claims.user_id, dataclasses.asdict(claims),
                       claims.expires_at + CONF.token.allow_expired_window)

    def decode(self, token_id):
        if not _ID.match(token_id):
            raise TokenNotFound()
        kept = self.store.get(token_id)
        if kept is None:
            raise TokenNotFound()
        return Claims(**kept)

    def forget(self, token_id):
        self.store.remove(token_id)
