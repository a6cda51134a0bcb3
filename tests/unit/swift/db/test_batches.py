"""Rows that are written together. Runs again in a process on green threads, where they are."""
import os

import pytest

from essex import concurrency
from swift.db.batches import Batches
from swift.db.errors import DatabaseMissing
from tests.fixtures import green

pytestmark = pytest.mark.servers

AT = '0000000002.00000'


@pytest.fixture
def write(make):
    """write(broker, names): all at once; the names written, the errors, and the sizes of the batches."""
    batches = Batches()

    def run(broker, names):
        sizes, errors, written = [], [], []

        def in_thread(function, records):
            sizes.append(len(records))
            concurrency.sleep()
            return function(records)

        def one(name):
            try:
                batches.append(broker, broker.record(name, AT, 1, 't', 'e'), in_thread)
                written.append(name)
            except DatabaseMissing as error:
                errors.append(error)
        threads = [concurrency.spawn(one, name) for name in names]
        for thread in threads:
            thread.wait()
        return written, errors, sizes
    return run


def test_all_rows_arrive_in_few_batches(make, write):
    broker, names = make(), [f'o{number}' for number in range(50)]
    written, errors, sizes = write(broker, names)
    assert sorted(written) == sorted(names) and not errors
    assert broker.get_info()['object_count'] == 50
    if concurrency.patched():
        assert sizes[0] == 1 and sum(sizes) == 50 and len(sizes) < 5


def test_everybody_is_told_of_a_failure_and_the_next_succeeds(make, write):
    broker = make()
    os.rename(broker.path, f'{broker.path}.away')
    written, errors, _ = write(broker, ['a', 'b', 'c'])
    assert not written and len(errors) == 3
    os.rename(f'{broker.path}.away', broker.path)
    assert write(broker, ['d'])[0] == ['d']


@pytest.mark.skipif(concurrency.patched(), reason='this is the green process')
def test_on_green_threads():
    green.run(__file__)
