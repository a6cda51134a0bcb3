"""Run on green threads by test_thread_pool."""
import contextvars
import threading
import time

import pytest

from essex import concurrency

native = concurrency.original('threading')
native_sleep = concurrency.original('time').sleep


def test_a_call_runs_in_another_thread_and_its_result_comes_back():
    pool = concurrency.ThreadPool(2)
    assert pool.run(native.get_ident) != native.get_ident()
    assert pool.run(divmod, 7, 2) == (3, 1)


def test_what_a_call_raises_comes_back():
    pool = concurrency.ThreadPool(2)
    with pytest.raises(ZeroDivisionError):
        pool.run(divmod, 1, 0)
    assert pool.run(divmod, 1, 1) == (1, 0)


def test_a_slow_call_stops_neither_green_threads_nor_other_pools():
    slow, quick = concurrency.ThreadPool(1), concurrency.ThreadPool(1)
    held = native.Event()
    call = slow.submit(held.wait, 20)
    for _ in range(100):
        assert quick.run(int, '1') == 1
    concurrency.sleep(0.001)
    held.set()
    assert call.wait() is True


def test_never_more_threads_than_allowed():
    pool, lock, state = concurrency.ThreadPool(3), native.Lock(), {'now': 0, 'most': 0}

    def work():
        with lock:
            state['now'] += 1
            state['most'] = max(state['most'], state['now'])
        native_sleep(0.001)
        with lock:
            state['now'] -= 1
        return native.get_ident()
    threads = [concurrency.spawn(pool.run, work) for _ in range(40)]
    assert len({thread.wait() for thread in threads}) <= 3
    assert 1 <= state['most'] <= 3


def test_many_green_threads_get_each_its_own_result():
    pool = concurrency.ThreadPool(4)

    def ask(number):
        return [pool.run(lambda value: value, (number, turn)) for turn in range(20)]
    threads = [concurrency.spawn(ask, number) for number in range(50)]
    for number, thread in enumerate(threads):
        assert thread.wait() == [(number, turn) for turn in range(20)]


def test_who_stops_waiting_is_not_disturbed_later():
    pool, held = concurrency.ThreadPool(1), native.Event()
    with pytest.raises(concurrency.Timeout), concurrency.Timeout(0.01):
        pool.run(held.wait, 20)
    held.set()
    assert pool.run(int, '5') == 5
    concurrency.sleep(0.001)


def test_a_waiter_that_fails_does_not_take_others_along():
    pool, held = concurrency.ThreadPool(1), native.Event()

    def fail():
        pool.run(held.wait, 20)
        raise RuntimeError('mine alone')
    threads = [concurrency.spawn(fail) for _ in range(3)]
    last = concurrency.spawn(pool.run, held.is_set)
    concurrency.sleep(0.001)
    held.set()
    with concurrency.Timeout(10):
        assert last.wait() is True
    for thread in threads:
        with pytest.raises(RuntimeError):
            thread.wait()


def test_the_context_of_the_caller_goes_along():
    variable = contextvars.ContextVar('variable')
    variable.set('mine')
    assert concurrency.ThreadPool(1).run(variable.get) == 'mine'


def test_without_threads_it_simply_calls():
    assert concurrency.ThreadPool(0).run(threading.get_ident) == threading.get_ident()


def test_a_result_that_is_there_is_not_waited_for():
    pool = concurrency.ThreadPool(1)
    call = pool.submit(int, '3')
    deadline = time.monotonic() + 10
    while not call.done and time.monotonic() < deadline:
        concurrency.sleep(0.001)
    assert call.wait() == 3


def test_calls_in_a_lane_come_one_after_another_beside_those_of_others():
    pool, held, seen = concurrency.ThreadPool(2), native.Event(), []
    slow, quick = concurrency.Lane(pool), concurrency.Lane(pool)
    slow.submit(held.wait, 20)
    calls = [slow.submit(seen.append, number) for number in range(50)]
    assert [quick.submit(int, str(number)).wait() for number in range(50)] == list(range(50))
    assert not seen and not calls[0].done
    held.set()
    calls[-1].wait()
    assert seen == list(range(50))
    calls[0].wait()


def test_what_fails_in_a_lane_is_told_and_the_next_goes_on():
    lane = concurrency.Lane(concurrency.ThreadPool(1))
    calls = [lane.submit(divmod, 1, number) for number in (1, 0, 1)]
    assert calls[0].wait() == (1, 0)
    with pytest.raises(ZeroDivisionError):
        calls[1].wait()
    assert calls[2].wait() == (1, 0)


def test_lanes_start_no_more_threads_than_they_use():
    pool = concurrency.ThreadPool(20)
    lanes = [concurrency.Lane(pool) for _ in range(2)]
    for _ in range(20):
        calls = [lane.submit(int) for lane in lanes for _ in range(10)]
        for call in calls:
            call.wait()
    assert pool._started <= 4
