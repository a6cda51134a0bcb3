"""The receiving end of SSYNC, spoken to byte by byte: as a stock peer does, and as nobody should."""
import os
import time

import pytest

from swift import backend
from swift.exceptions import BackendError
from swift.obj import async_pending
from swift.timestamp import Timestamp
from tests.fixtures.object_nodes import Nodes
from tests.fixtures.processes import wait_for
from tests.unit.swift.obj.replication_kit import Kit, etag

pytestmark = pytest.mark.servers

NOW = Timestamp(round(time.time()) - 1000.0)
START, END = b':MISSING_CHECK: START\r\n', b':MISSING_CHECK: END\r\n'
UPDATES, OVER = b':UPDATES: START\r\n', b':UPDATES: END\r\n'


@pytest.fixture(scope='module')
def kit(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('receiver'), count=1, replicas=1, part_power=0,
               more={'replication_failure_threshold': '2', 'replication_lock_timeout': '0.5'}) as nodes:
        nodes.start()
        yield Kit(nodes)
    backend.forget()


class Peer:
    """A sender that writes what it is told."""

    def __init__(self, kit, target='/d0/0', **headers):
        self.exchange = backend.Exchange(kit.node(0), 'SSYNC', target, {
            'Transfer-Encoding': 'chunked', 'X-Backend-Storage-Policy-Index': '0', **headers}, timeout=10)
        self.answer = self.exchange.response()
        self.text = b''

    def send(self, data):
        self.exchange.send(data)
        return self

    def until(self, mark):
        """What was answered up to a mark."""
        while mark not in self.text:
            piece = self.answer.read(65536)
            assert piece, self.text
            self.text += piece
        found, _, self.text = self.text.partition(mark)
        return found

    def error(self):
        """The error the exchange ends with."""
        self.until(b':ERROR: ')
        return self.until(b'\n').decode().strip()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.answer.close()


def _missing_check(peer, *lines):
    peer.send(START + b''.join(line.encode() + b'\r\n' for line in lines) + END)
    peer.until(START.strip())
    return peer.until(END.strip()).decode().split('\r\n')[1:-1]


def _put(obj, body, when=NOW, **headers):
    made = {'Content-Length': len(body), 'Content-Type': 'text/plain', 'X-Timestamp': when.internal,
            'ETag': etag(body), **headers}
    lines = [f'PUT /AUTH_test/box/{obj}', *(f'{name}: {value}' for name, value in made.items())]
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body


def _again(kit, **more):
    """A Peer, once the server has noticed that the last one has gone."""
    def connect():
        peer = Peer(kit, **more)
        if peer.answer.status == 503:
            peer.answer.close()
            return None
        return peer
    return wait_for(connect)


def test_an_exchange_as_a_stock_sender_has_it(kit):
    wanted = kit.cluster.hash_path('AUTH_test', 'box', 'new')
    with _again(kit) as peer:
        assert peer.answer.status == 200
        assert _missing_check(peer, f'{wanted} {NOW.internal}') == [f'{wanted} d']
        body = os.urandom(100_000)
        peer.send(UPDATES + _put('new', body, **{'X-Object-Meta-A': '1'}))
        later = Timestamp(NOW, delta=5)
        peer.send(f'POST /AUTH_test/box/new\r\nX-Timestamp: {later}\r\nX-Object-Meta-B: 2\r\n\r\n'.encode())
        peer.send(f'DELETE /AUTH_test/box/never\r\nX-Timestamp: {NOW.internal}\r\n\r\n'.encode() + OVER)
        peer.until(UPDATES.strip())
        peer.until(OVER.strip())
        peer.exchange.finish()
        assert peer.answer.read().strip() == b''
    assert kit.read(0, 'new')[0] == body
    assert kit.read(0, 'new')[1]['X-Object-Meta-B'] == '2'
    assert kit.holds(0, 'never') == (f'{NOW.internal}.ts',)
    with Peer(kit) as peer:
        assert _missing_check(peer, f'{wanted} {NOW.internal} m:5') == []


def test_the_connection_serves_again_after_a_whole_exchange(kit):
    for _ in range(3):
        with _again(kit) as peer:
            _missing_check(peer)
            peer.send(UPDATES + OVER).until(OVER.strip())
            peer.exchange.finish()
            peer.answer.drain()


def test_what_expires_is_queued_by_who_wrote_it_not_by_its_replication(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('expiring', b'x', **{'X-Delete-At': str(int(time.time()) + 1000)}) + OVER)
        peer.until(OVER.strip())
    assert kit.read(0, 'expiring')[0] == b'x'
    assert list(async_pending.walk(kit.nodes.device(0), kit.policy)) == []


@pytest.mark.parametrize('sent, said', [
    (b'hello\r\n', '400'),
    (START + b'nonsense\r\n', '400'),
    (START + b'../../etc/passwd 1500000000.00000\r\n', '400'),
    (START + END + b'no updates\r\n', '400'),
    (START + END + UPDATES + b'GET /a/c/o\r\n\r\n', '400'),
    (START + END + UPDATES + b'PUT a\r\n\r\n', '400'),
    (START + END + UPDATES + b'PUT /a/c/o\r\nX-Timestamp: 1\r\n\r\n', '400'),
    (START + END + UPDATES + b'PUT /a/c/o\r\nContent-Length: -1\r\n\r\n', '400'),
    (START + END + UPDATES + b'POST /a/c/o\r\nContent-Length: 3\r\n\r\nabc', '400'),
    (START + END + UPDATES + b'PUT /a/c/o\r\nno colon\r\n\r\n', '400'),
])
def test_what_is_no_ssync_ends_with_an_error(kit, sent, said):
    with _again(kit) as peer:
        assert peer.send(sent).error().startswith(said)


def test_names_that_leave_the_device_are_names_like_others(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('../../../../x', b'x') + _put('%2e%2e/%00/y', b'y') + OVER).until(OVER.strip())
    assert kit.read(0, '../../../../x')[0] == b'x'
    assert sorted(os.listdir(kit.nodes.device(0))) == ['objects', 'tmp']


def test_bytes_that_are_not_the_etag_are_refused_and_counted(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('bad', b'abc', ETag='0' * 32) + _put('good', b'abc') + OVER)
        assert peer.error().startswith("500 '1 failures to 1 successes'")
    assert kit.holds(0, 'bad') == ()
    assert kit.read(0, 'good')[0] == b'abc'


def test_metadata_of_what_is_not_here_has_not_arrived(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + f'POST /AUTH_test/box/absent\r\nX-Timestamp: {NOW}\r\n\r\n'.encode() + OVER)
        assert peer.error().startswith("500 '1 failures")


def test_an_update_cannot_choose_another_policy(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('policy', b'x', **{'X-Backend-Storage-Policy-Index': '7'}) + OVER)
        peer.until(OVER.strip())
    assert kit.read(0, 'policy')[0] == b'x'


def test_too_many_failures_end_the_exchange_early(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('bad', b'abc', ETag='0' * 32) * 2)
        assert 'too many failures' in peer.error()


def test_a_sender_that_breaks_off_leaves_nothing(kit):
    with _again(kit) as peer:
        _missing_check(peer)
        peer.send(UPDATES + _put('half', b'a' * 100_000)[:-50_000])
    with _again(kit):
        assert kit.holds(0, 'half') == ()


def test_one_exchange_a_device_others_wait_for_their_turn(kit):
    with _again(kit) as peer:
        peer.send(START)
        with Peer(kit) as other:
            assert other.error().startswith('503')
        with Peer(kit) as other:
            peer.send(END + UPDATES + OVER)
            peer.until(OVER.strip())
            peer.exchange.finish()
            assert _missing_check(other) == []


def test_wrong_addresses(kit):
    for target, status in (('/none/0', 507), ('/d0/x', 400), ('/d0/-1', 400), ('/d0', 400), ('/../0', 507)):
        with _again(kit, target=target) as peer:
            assert peer.answer.status == status, target
    with Peer(kit, **{'X-Backend-Storage-Policy-Index': '7'}) as peer:
        assert peer.answer.status == 503


def test_nobody_listening_is_an_error(kit):
    with pytest.raises(BackendError):
        backend.Exchange({**kit.node(0), 'port': 1}, 'SSYNC', '/d0/0', {})
