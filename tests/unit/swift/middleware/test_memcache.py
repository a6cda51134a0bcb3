"""The cache: the same of a process and of memcached, and memcached that is not there."""
import os
import time

import pytest

from swift.middleware import memcache
from tests.fixtures.processes import Process, free_port, listening, wait_for


class CacheContract:
    def test_what_is_set_is_got(self, cache):
        cache.set('a', {'b': [1, 'é']}, 60)
        assert cache.get('a') == {'b': [1, 'é']}
        cache.delete('a')
        assert cache.get('a') is None
        assert cache.get('a', 5) == 5

    def test_numbers_go_up_and_down_but_not_below_zero(self, cache):
        assert [cache.incr('n'), cache.incr('n', 5, seconds=60), cache.decr('n', 2), cache.decr('n', 9)] == [1, 6, 4, 0]


class TestProcessCache(CacheContract):
    @pytest.fixture
    def cache(self):
        return memcache.make({'swift_dir': '/nowhere'})

    def test_what_was_not_used_lately_goes_first(self):
        cache = memcache.ProcessCache(2)
        cache.set('a', 1)
        cache.set('b', 2)
        cache.get('a')
        cache.set('c', 3)
        assert (cache.get('a'), cache.get('b'), cache.get('c')) == (1, None, 3)

    def test_time_passes(self, cache, monkeypatch):
        cache.set('a', 1, 10)
        now = time.monotonic()
        monkeypatch.setattr(memcache.time, 'monotonic', lambda: now + 11)
        assert cache.get('a') is None


class TestMemcached(CacheContract):
    @pytest.fixture(scope='class')
    def server(self, tmp_path_factory):
        port = free_port()
        log = tmp_path_factory.mktemp('memcached') / 'log'
        user = ['-u', 'nobody'] if os.geteuid() == 0 else []
        with Process(['memcached', '-l', '127.0.0.1', '-p', str(port), '-m', '16', *user], log=str(log)).start():
            wait_for(lambda: listening(port))
            yield f'127.0.0.1:{port}'

    @staticmethod
    def make(server):
        # On a busy machine a connection may take longer than the 0.3 s after which there is no cache.
        return memcache.make({'memcache_servers': server, 'connect_timeout': '10', 'io_timeout': '10'})

    @pytest.fixture
    def cache(self, server):
        return self.make(server)

    def test_another_process_sees_it(self, cache, server):
        cache.set('a', 'b', 60)
        assert self.make(server).get('a') == 'b'


def test_without_a_server_everything_is_a_miss():
    cache = memcache.make({'memcache_servers': f'127.0.0.1:{free_port()}'})
    cache.set('a', 1, 10)
    assert cache.get('a') is None
    assert cache.incr('a') is None
    cache.delete('a')


def test_servers_may_be_named_in_memcache_conf(tmp_path):
    (tmp_path / 'memcache.conf').write_text('[memcache]\nmemcache_servers = 127.0.0.1:1, [::1]:2, host\n')
    assert isinstance(memcache.make({'swift_dir': str(tmp_path)}), memcache.Memcached)
    assert [memcache._address(text) for text in ('127.0.0.1:1', '[::1]:2', 'host')] == [
        ('127.0.0.1', 1), ('::1', 2), ('host', 11211)]
