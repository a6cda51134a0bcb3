"""Lines of SSYNC, as the documented protocol has them."""
import pytest

from swift.obj import ssync_wire
from swift.obj.partition import Moments
from swift.obj.ssync_receiver import wanted_parts
from swift.timestamp import Timestamp

HASH = 'd41d8cd98f00b204e9800998ecf8427e'
T = Timestamp('1500000000.00000')


def _later(delta, offset=0):
    return Timestamp(T, offset, delta)


@pytest.mark.parametrize('moments, line', [
    ((T, T, T), f'{HASH} 1500000000.00000'),
    ((T, _later(255), T), f'{HASH} 1500000000.00000 m:ff'),
    ((T, _later(255), _later(16)), f'{HASH} 1500000000.00000 m:ff,t:10'),
    ((T, _later(1, 10), T), f'{HASH} 1500000000.00000 m:1__a'),
    ((Timestamp(T, 1), Timestamp(T, 1), Timestamp(T, 1)), f'{HASH} 1500000000.00000_0000000000000001'),
])
def test_offers_there_and_back(moments, line):
    assert ssync_wire.encode_missing(HASH, *moments) == line.encode()
    assert ssync_wire.decode_missing(line.encode()) == (HASH, *moments)


def test_what_later_versions_add_is_ignored():
    assert ssync_wire.decode_missing(f'{HASH} {T.internal} m:1,durable:False,new:1'.encode())[2] == _later(1)


@pytest.mark.parametrize('line', ['', HASH, f'../../../etc/passwd {T.internal}', f'{HASH} never',
                                  f'{HASH} {T.internal} m:zz', f'{HASH.upper()} {T.internal}', '\u00fc'])
def test_offers_that_are_none(line):
    with pytest.raises(ValueError):
        ssync_wire.decode_missing(line.encode())


def test_wishes_there_and_back():
    for data, meta, text in ((True, True, 'dm'), (True, False, 'd'), (False, True, 'm')):
        assert ssync_wire.encode_wanted(HASH, data, meta) == f'{HASH} {text}'.encode()
        assert ssync_wire.decode_wanted(f'{HASH} {text}'.encode()) == (HASH, data, meta)
    assert ssync_wire.decode_wanted(HASH.encode()) == (HASH, True, False)


def test_a_header_with_a_line_break_is_not_sent():
    with pytest.raises(ValueError):
        ssync_wire.encode_request('PUT', '/a/c/o', {'X-Object-Meta-A': 'x\r\nX-Backend-Evil: 1'})


@pytest.mark.parametrize('here, offered, wanted', [
    (None, (T, T, T), (True, False)),
    (None, (T, _later(1), T), (True, True)),
    (Moments(T, T, T, False), (T, T, T), (False, False)),
    (Moments(T, T, T, False), (_later(1), _later(1), _later(1)), (True, False)),
    (Moments(_later(1), _later(1), _later(1), False), (T, T, T), (False, False)),
    (Moments(T, T, T, False), (T, _later(1), T), (False, True)),
    (Moments(T, _later(5), T, False), (T, _later(3), _later(2)), (False, True)),
    (Moments(T, _later(2), T, False), (_later(1), _later(3), _later(1)), (True, True)),
    (Moments(_later(1), _later(1), _later(1), True), (T, T, T), (False, False)),
    (Moments(T, T, T, True), (_later(1), _later(1), _later(1)), (True, False)),
])
def test_only_what_is_newer_is_wanted(here, offered, wanted):
    assert wanted_parts(here, *offered) == wanted
