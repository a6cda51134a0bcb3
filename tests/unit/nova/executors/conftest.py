"""A small cloud for each test."""
import pytest

from tests.unit.nova.executors.kit import World


@pytest.fixture
def world(nova_sqlite, tmp_path):
    """One host, `a`."""
    return World(tmp_path)


@pytest.fixture
def two_hosts(nova_sqlite, tmp_path):
    """Hosts `a` (which servers get first) and `b`."""
    return World(tmp_path, ('a', 'b'))
