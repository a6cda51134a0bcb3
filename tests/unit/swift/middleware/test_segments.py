"""Segments as one body."""
import pytest
import webob

from essex import concurrency
from swift.middleware import segments
from swift.middleware.segments import Body, Pace, Segment, SegmentError, cut
from tests.fixtures.memory_swift import Client, MemorySwift


@pytest.fixture
def store():
    made = MemorySwift()
    client = Client(made)
    client.put('/s')
    for number in range(5):
        client.put(f'/s/{number}', b'%d' % number * 10)
    return made


def body(store, parts, pace=None):
    req = webob.Request.blank('/v1/AUTH_a/c/o')
    made = Body(req, store, parts, 'SLO', pace or Pace(per_second=0))
    made.start()
    return made


def of(number, **more):
    return Segment(f'/s/{number}', 0, 10, 10, **more)


def test_cut_takes_what_makes_up_a_range():
    found = list(cut([of(0), of(1), of(2)], 5, 21))
    assert [(segment.path, segment.start, segment.stop) for segment in found] == [
        ('/s/0', 5, 10), ('/s/1', 0, 10), ('/s/2', 0, 1)]
    assert list(cut([of(0)], 3, 3)) == []


def test_cut_reads_no_further_than_it_must():
    def endless():
        while True:
            yield of(0)
    assert len(list(cut(endless(), 0, 25))) == 3


def test_the_next_segment_is_asked_for_ahead(store):
    pieces = iter(body(store, [[of(0), of(1)]]))
    next(pieces)
    concurrency.spawn(lambda: None).wait()
    assert ('GET', '/v1/AUTH_a/s/1') in store.log
    assert b''.join(pieces).endswith(b'1' * 10)


def test_only_one_ahead(store):
    pieces = iter(body(store, [[of(number) for number in range(5)]]))
    next(pieces)
    concurrency.spawn(lambda: None).wait()
    assert len([entry for entry in store.log if entry[0] == 'GET']) <= 2
    assert len(b''.join(pieces)) == 50 - 7


def test_what_is_closed_early_closes_what_was_asked_ahead(store):
    made = body(store, [[of(0), of(1), of(2)]])
    next(iter(made))
    made.close()
    made.close()
    assert ('GET', '/v1/AUTH_a/s/2') not in store.log


@pytest.mark.parametrize('wrong', [of(0, etag='x'), Segment('/s/0', 0, 9, 9), Segment('/s/0', 0, 20, 20), of(9)])
def test_a_segment_that_is_not_as_it_should_be(store, wrong):
    with pytest.raises(SegmentError):
        body(store, [[wrong]])


def test_after_some_segments_it_goes_slowly(store, monkeypatch):
    slept = []
    monkeypatch.setattr(segments.concurrency, 'sleep', slept.append)
    made = body(store, [[of(number) for number in range(5)]], Pace(after=2, per_second=1))
    assert len(b''.join(made)) == 50
    assert len(slept) == 3 and slept[0] == 0 and 0.9 < slept[1] <= 1


def test_it_ends_when_it_takes_too_long(store, monkeypatch):
    made = body(store, [[of(0), of(1)]], Pace(per_second=0, max_time=5))
    made._deadline = 0
    with pytest.raises(SegmentError):
        b''.join(made)
