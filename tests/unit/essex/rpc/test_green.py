"""The contract over memory:// on green threads, as the daemons run."""
from tests.fixtures import green


def test_the_contract_holds_on_green_threads():
    green.run('tests/unit/essex/rpc/test_memory.py', timeout=110)
