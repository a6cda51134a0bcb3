"""ratelimit: who has to wait, how long, and who is sent away."""
import pytest

from essex import concurrency
from swift.exceptions import ConfigurationError
from swift.middleware import ratelimit
from tests.unit.swift.middleware.kit import Cache, Store, call


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self, monkeypatch):
        self.now, self.slept = 1e9, []
        monkeypatch.setattr(ratelimit.time, 'time', lambda: self.now)
        monkeypatch.setattr(concurrency, 'sleep', self.sleep)

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


class Service:
    def __init__(self, objects=0, sysmeta=None, **conf):
        self.store, self.cache = Store(), Cache()
        self.store.add_container('c', X_Container_Object_Count=str(objects))
        if sysmeta:
            self.store.add_account('/v1/AUTH_test', X_Account_Sysmeta_Global_Write_Ratelimit=sysmeta)
        self.app = ratelimit.filter_factory({}, **{name: str(value) for name, value in conf.items()})(self.store)

    def call(self, method='PUT', path='/v1/AUTH_test/c/o'):
        return call(self.app, path, method, cache=self.cache).status_int


@pytest.mark.parametrize('size, rate', [(0, None), (99, None), (100, 100), (150, 75), (200, 50), (250, 30), (300, 10),
                                        (9999, 10)])
def test_rates_lie_on_straight_lines(size, rate):
    rates = ratelimit.Rates({'r_300': '10', 'r_100': '100', 'r_200': '50', 'other': 'x'}, 'r_')
    assert rates.of(size) == rate


@pytest.mark.parametrize('conf', [{'container_ratelimit_x': '1'}, {'container_ratelimit_1': 'x'},
                                  {'account_ratelimit': '-1'}])
def test_a_wrong_rate_stops_the_start(conf):
    with pytest.raises(ConfigurationError):
        ratelimit.filter_factory({}, **conf)


def test_writes_to_a_container_take_turns(clock):
    service = Service(objects=5, container_ratelimit_0=10)
    assert [service.call() for _ in range(4)] == [201] * 4
    # A tenth of a second apart.
    assert clock.slept == [0.1, 0.2, 0.3]


def test_below_the_first_size_nobody_waits(clock):
    service = Service(objects=5, container_ratelimit_100=1)
    assert [service.call() for _ in range(5)] == [201] * 5
    assert clock.slept == []


def test_reading_an_object_takes_no_turn(clock):
    service = Service(container_ratelimit_0=1, container_listing_ratelimit_0=1, account_ratelimit=1)
    for method in ('GET', 'HEAD'):
        assert [service.call(method) for _ in range(3)] == [404] * 3
    assert [service.call('HEAD', '/v1/AUTH_test/c') for _ in range(3)] == [204] * 3
    assert clock.slept == []


def test_listings_and_containers_have_clocks_of_their_own(clock):
    service = Service(container_listing_ratelimit_0=2, account_ratelimit=1)
    assert [service.call('GET', '/v1/AUTH_test/c') for _ in range(3)] == [200] * 3
    assert clock.slept == [0.5, 1]
    assert [service.call('PUT', f'/v1/AUTH_test/c{index}') for index in range(3)] == [201] * 3
    assert clock.slept == [0.5, 1, 1, 2]


def test_who_would_wait_too_long_is_sent_away(clock):
    service = Service(container_ratelimit_0=1, max_sleep_time_seconds=2)
    assert [service.call() for _ in range(6)] == [201, 201, 498, 498, 498, 498]
    assert clock.slept == [1]
    clock.now += 1
    assert service.call() == 201


def test_unused_turns_are_not_saved_up(clock):
    service = Service(container_ratelimit_0=1)
    service.call()
    clock.now += 1000
    assert [service.call() for _ in range(3)] == [201] * 3
    assert clock.slept == [1, 2]


def test_lists_of_accounts(clock):
    assert Service(account_blacklist='AUTH_test').call() == 497
    assert clock.slept == [1]
    service = Service(account_whitelist='AUTH_test', container_ratelimit_0=1)
    assert [service.call() for _ in range(5)] == [201] * 5
    assert clock.slept == [1]


def test_what_the_operator_noted_with_the_account(clock):
    assert Service(sysmeta='BLACKLIST').call('GET') == 497
    service = Service(sysmeta='WHITELIST', container_ratelimit_0=1)
    assert [service.call() for _ in range(3)] == [201] * 3
    service = Service(sysmeta='2')
    clock.slept.clear()
    assert [service.call() for _ in range(3)] == [201] * 3
    assert clock.slept == [0.5, 1]
    assert Service(sysmeta='nonsense').call() == 201


def test_without_a_cache_that_answers_nobody_waits(clock):
    class Dead(Cache):
        def incr(self, key, delta=1, seconds=0):
            return None
    service = Service(container_ratelimit_0=1)
    service.cache = Dead()
    assert [service.call() for _ in range(3)] == [201] * 3
    assert call(service.app, '/v1/AUTH_test/c/o', 'PUT').status_int == 201
    assert clock.slept == []
