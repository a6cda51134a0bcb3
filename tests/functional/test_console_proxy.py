"""A real proxy process in front of a real VNC server: QEMU's, showing what the BIOS says."""
import datetime
import hashlib
import shutil
import sys
import urllib.error
import urllib.request

import pytest
import websocket

from essex import db
from nova.db import consoles
from tests.fixtures.cloud import ROOT
from tests.fixtures.processes import Process, free_port, listening, wait_for


@pytest.fixture(scope='module')
def vnc_port(tmp_path_factory):
    """A machine with a screen and no disk."""
    assert shutil.which('qemu-system-x86_64'), 'the apt package qemu-system-x86 is missing'
    port = free_port()
    machine = Process(['qemu-system-x86_64', '-display', 'none', '-vnc', f'127.0.0.1:{port - 5900}', '-m', '32', '-vga',
                       'std', '-nodefaults', '-name', 'a-machine'], log=tmp_path_factory.mktemp('vnc') / 'log')
    with machine.start(ready=lambda: listening(port)):
        yield port


@pytest.fixture
def proxy(tmp_path, database):
    """A running proxy: (process, port)."""
    url, port = database('nova'), free_port()
    config = tmp_path / 'nova.conf'
    config.write_text(f'[DEFAULT]\nnovncproxy_host = 127.0.0.1\nnovncproxy_port = {port}\nstate_path = {tmp_path}\n'
                      f'transport_url = memory://\n[database]\nconnection = {url}\n')
    process = Process([sys.executable, ROOT / 'bin' / 'nova-novncproxy', '--config-file', config], log=tmp_path / 'log')
    with process.start(ready=lambda: listening(port)):
        yield process, port


def allow(token, port, seconds=60):
    consoles.store(hashlib.sha256(token.encode()).hexdigest(), 'a-server', 'novnc', '127.0.0.1', port, None,
                   db.utcnow() + datetime.timedelta(seconds=seconds))


def connect(port, token, **kwargs):
    return websocket.create_connection(f'ws://127.0.0.1:{port}/websockify?token={token}', timeout=10,
                                       subprotocols=['binary'], **kwargs)


def handshake(connection):
    """RFB 3.8 (RFC 6143) up to the server's name."""
    data = b''

    def read(count):
        nonlocal data
        while len(data) < count:
            data += connection.recv()
        taken, data = data[:count], data[count:]
        return taken
    assert read(12) == b'RFB 003.008\n'
    connection.send_binary(b'RFB 003.008\n')
    assert read(read(1)[0]) == b'\x01'
    connection.send_binary(b'\x01')
    assert read(4) == bytes(4)
    connection.send_binary(b'\x01')
    start = read(24)
    width = int.from_bytes(start[:2], 'big')
    return width, read(int.from_bytes(start[20:24], 'big')).decode()


def test_a_console_is_relayed_both_ways(proxy, vnc_port):
    allow('good', vnc_port)
    connection = connect(proxy[1], 'good')
    width, name = handshake(connection)
    assert width >= 320
    assert 'a-machine' in name
    # FramebufferUpdateRequest of the whole screen: pixels come back.
    connection.send_binary(bytes([3, 0, 0, 0, 0, 0]) + width.to_bytes(2, 'big') + (100).to_bytes(2, 'big'))
    assert connection.recv()[0] == 0
    connection.close()


@pytest.mark.parametrize('token', ['', 'wrong', 'x' * 5000])
def test_without_a_valid_token_the_door_stays_shut(proxy, vnc_port, token):
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(proxy[1], token)
    assert refused.value.status_code in (401, 414)


def test_an_expired_token_says_what_to_do(proxy, vnc_port):
    allow('old', vnc_port, seconds=-1)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f'http://127.0.0.1:{proxy[1]}/check?token=old', timeout=5)
    assert refused.value.code == 401
    assert b'console url show' in refused.value.read()


def test_another_sites_page_is_refused(proxy, vnc_port):
    allow('good', vnc_port)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        connect(proxy[1], 'good', origin='http://evil.example')
    assert refused.value.status_code == 403


def test_the_token_is_in_no_log(proxy, vnc_port):
    allow('very-secret', vnc_port)
    handshake(connect(proxy[1], 'very-secret'))
    urllib.request.urlopen(f'http://127.0.0.1:{proxy[1]}/vnc_auto.html?token=very-secret', timeout=5)
    text = wait_for(lambda: 'vnc_auto.html' in proxy[0].output() and proxy[0].output())
    assert 'very-secret' not in text


def test_a_guest_that_is_gone_ends_the_connection(proxy):
    allow('nobody', free_port())
    connection = connect(proxy[1], 'nobody')
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        connection.recv()
        connection.recv()


def test_kill_and_start_again(proxy, vnc_port):
    process, port = proxy
    allow('good', vnc_port)
    process.kill()
    process.start(ready=lambda: listening(port))
    assert handshake(connect(port, 'good'))[0] >= 320
