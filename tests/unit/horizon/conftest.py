"""The dashboard before a fake cloud, and browsers of its cast."""
import os

import pytest

from tests.fixtures.fake_cloud import FakeCloud

_OPTIONS = {'auth_url': 'http://identity.test/v3', 'allowed_hosts': ['testserver'], 'request_timeout': 5}


@pytest.fixture(scope='session')
def _fake():
    return FakeCloud()


@pytest.fixture
def cloud(conf, _fake):
    """The cloud of the dashboard (tests/fixtures/fake_cloud): it answers every call. `cloud.calls` begins empty."""
    import horizon.options  # noqa: F401 - declares them
    conf.set('secret_key', 'of tests alone')
    for name, value in _OPTIONS.items():
        conf.set(name, value, 'horizon')
    _django()
    from django.core.cache import cache

    from horizon.api import client
    cache.clear()
    client.connections.cache_clear()
    _fake.reset()
    _fake.mount(client.connections().session)
    yield _fake
    client.connections.cache_clear()


def _django():
    if os.environ.get('DJANGO_SETTINGS_MODULE') is None:
        from horizon import wsgi
        wsgi.make()
        from django.test.utils import setup_test_environment
        setup_test_environment()


@pytest.fixture
def stranger_to_all(cloud):
    """A browser that is not logged in."""
    from django.test import Client
    return Client()


@pytest.fixture
def browse(cloud):
    """browse('member') is a browser (django.test.Client) in which that one of the cast has logged in: admin, member,
    stranger (of another project) or nobody (of no project). The calls of the log-in are forgotten."""
    from django.test import Client

    def make(who):
        one, made = cloud.cast[who], Client()
        answer = made.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username': one.name,
                                            'password': one.password})
        assert answer.status_code == 302, answer.content.decode()
        cloud.calls.clear()
        return made
    return make
