"""Many callers, few runs, and nobody is served by a run that began too early."""
import pytest

from essex import concurrency
from nova.network.coalesce import Coalesced


def test_one_after_the_other_each_runs():
    runs = []
    call = Coalesced(lambda: runs.append(1))
    call()
    call()
    assert len(runs) == 2


def test_callers_during_a_run_share_the_next_one():
    started, go, runs = concurrency.Event(), concurrency.Event(), []

    def work():
        runs.append(1)
        if len(runs) == 1:
            started.send(None)
            go.wait()
    call = Coalesced(work)
    first = concurrency.spawn(call)
    started.wait()
    later = [concurrency.spawn(call) for _ in range(10)]
    for _ in range(3):
        concurrency.spawn(lambda: None).wait()
    go.send(None)
    for thread in (first, *later):
        thread.wait()
    assert len(runs) == 2


def test_an_error_reaches_its_callers_and_no_later_one():
    outcomes = iter([ValueError('broken'), None])

    def work():
        outcome = next(outcomes)
        if outcome:
            raise outcome
    call = Coalesced(work)
    with pytest.raises(ValueError, match='broken'):
        call()
    call()
