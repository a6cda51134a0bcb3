"""The stores of UUID tokens."""
import time

import pytest
from pymemcache.client.base import Client

from essex import db
from essex.exception import ConfigError, ServiceUnavailable
from keystone import drivers
from keystone.token.stores.kvs import KvsStore
from keystone.token.stores.memcache import MemcacheStore
from keystone.token.stores.sql import SqlStore
from tests.contract.token_store import TokenStoreContract
from tests.fixtures.processes import free_port


class TestKvs(TokenStoreContract):

    @pytest.fixture
    def store(self, conf):
        return KvsStore()

    def test_it_forgets_by_itself(self, store):
        for number in range(1500):
            store.put(str(number), 'u', {}, time.time() - 1)
        assert len(store._tokens) <= 1000


class TestSql(TokenStoreContract):

    @pytest.fixture
    def store(self, keystone):
        return SqlStore()

    def test_each_call_is_one_statement(self, store):
        with db.count_statements() as counter:
            store.put('1' * 32, 'u' * 32, self.claims(), time.time() + 60)
            store.get('1' * 32)
        assert counter.total == 2

    def test_many_are_flushed_in_pieces(self, store):
        from keystone.db import tokens
        with db.writer() as session:
            for number in range(2500):
                tokens.add(session, {'id': str(number), 'user_id': 'u', 'expires': db.utcnow(), 'extra': {}})
        assert store.flush() == 2500


class TestMemcache(TokenStoreContract):

    @pytest.fixture
    def raw(self, memcached):
        # The store has connections of its own: what is not waited for may come after theirs.
        client = Client(memcached.url, default_noreply=False)
        client.flush_all()
        return client

    @pytest.fixture
    def store(self, conf, memcached, raw):
        conf.set('servers', [memcached.url], 'memcache')
        return MemcacheStore()

    def test_the_keys_are_those_of_essex(self, store, raw):
        for number in '123':
            store.put(number * 32, 'u' * 32, self.claims(), time.time() + 60)
        assert raw.get('token-' + '1' * 32).startswith(b'{')
        assert raw.get('usertokens-' + 'u' * 32).decode().split(',') == ['1' * 32, '2' * 32, '3' * 32]

    def test_a_list_that_is_full_begins_anew(self, store, raw):
        raw.set('usertokens-u', b'x' * 1048400)
        for number in '1234':
            store.put(number * 32, 'u', self.claims(), time.time() + 60)
        assert raw.get('usertokens-u')[-32:] == b'4' * 32 and len(raw.get('usertokens-u')) < 200


def test_a_memcached_that_is_away_is_said_not_taken_for_an_unknown_token(conf):
    conf.set('servers', [f'127.0.0.1:{free_port()}'], 'memcache')
    store = MemcacheStore()
    with pytest.raises(ServiceUnavailable):
        store.get('1' * 32)
    with pytest.raises(ServiceUnavailable):
        store.put('1' * 32, 'u', {}, time.time() + 60)
    conf.set('servers', ['nonsense'], 'memcache')
    with pytest.raises(ConfigError, match='host:port'):
        MemcacheStore()


@pytest.mark.parametrize(('path', 'kind'), [('sql', SqlStore), ('kvs', KvsStore), ('memcache', MemcacheStore)])
def test_class_paths_of_essex_name_them(conf, path, kind):
    stores = {'sql': SqlStore, 'kvs': KvsStore, 'memcache': MemcacheStore}
    assert isinstance(drivers.load('essex.keystone.token_store', f'keystone.token.backends.{path}.Token', stores), kind)
