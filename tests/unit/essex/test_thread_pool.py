import pathlib
import threading

import pytest

from essex import concurrency
from tests.fixtures import green


def test_on_green_threads():
    green.run(pathlib.Path(__file__).with_name('thread_pool_green.py'), timeout=60)


def test_where_nothing_is_patched_it_simply_calls():
    pool = concurrency.ThreadPool(4)
    assert pool.run(threading.get_ident) == threading.get_ident()
    assert pool.submit(int, '3').wait() == 3
    with pytest.raises(ValueError, match='invalid literal'):
        pool.run(int, 'x')
    assert concurrency.Lane(pool).submit(threading.get_ident).wait() == threading.get_ident()
