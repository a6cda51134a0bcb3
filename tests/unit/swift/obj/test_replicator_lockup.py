"""object-replicator: lockup_timeout ends what hangs (needs green threads, as the daemon has)."""
import pytest

from tests.fixtures import green

pytestmark = pytest.mark.servers


def test_what_hangs_is_given_up():
    green.run('tests/unit/swift/obj/green_lockup.py', timeout=60)
