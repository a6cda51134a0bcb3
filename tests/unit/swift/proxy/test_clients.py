"""Clients that are slow, go away or lie, over a real connection."""
import re
import socket

import pytest

pytestmark = pytest.mark.servers


class Connection:
    """A connection to a proxy, byte by byte."""

    def __init__(self, port):
        self.sock = socket.create_connection(('127.0.0.1', port), 10)

    def send(self, *lines, body=b''):
        self.sock.sendall('\r\n'.join([*lines, 'Host: h', '', '']).encode('latin-1') + body)

    def answer(self):
        """(status, head, body)."""
        data = b''
        while b'\r\n\r\n' not in data:
            data += self._more(data)
        head, _, body = data.partition(b'\r\n\r\n')
        length = re.search(rb'content-length: (\d+)', head.lower())
        while length and len(body) < int(length[1]):
            body += self._more(body)
        return int(head.split(b' ')[1]), head.decode('latin-1'), body

    def _more(self, so_far):
        piece = self.sock.recv(65536)
        assert piece, so_far
        return piece


@pytest.fixture
def connection(storage_dir, proxy_port):
    made = Connection(proxy_port)
    made.send('PUT /v1/AUTH_slow/c HTTP/1.1', 'Content-Length: 0')
    assert made.answer()[0] in (201, 202)
    yield made
    made.sock.close()


@pytest.fixture
def again(proxy_port):
    def ask(*lines):
        made = Connection(proxy_port)
        made.send(*lines)
        try:
            return made.answer()
        finally:
            made.sock.close()
    return ask


@pytest.mark.parametrize('length', [10, 1000000])
def test_a_client_that_stalls_is_answered_408(connection, again, length):
    connection.send('PUT /v1/AUTH_slow/c/stalled HTTP/1.1', f'Content-Length: {length}', body=b'12345')
    assert connection.answer()[0] == 408
    assert again('GET /v1/AUTH_slow/c/stalled HTTP/1.1')[0] == 404


@pytest.mark.parametrize('length', [10, 1000000])
def test_a_client_that_goes_away_leaves_nothing(connection, again, length):
    connection.send('PUT /v1/AUTH_slow/c/gone HTTP/1.1', f'Content-Length: {length}', body=b'12345')
    connection.sock.close()
    assert again('GET /v1/AUTH_slow/c/gone HTTP/1.1')[0] == 404


def test_a_chunked_upload_that_breaks_off_leaves_nothing(connection, again):
    connection.send('PUT /v1/AUTH_slow/c/chunks HTTP/1.1', 'Transfer-Encoding: chunked', body=b'5\r\n12345\r\n')
    connection.sock.close()
    assert again('GET /v1/AUTH_slow/c/chunks HTTP/1.1')[0] == 404


def test_chunks_that_are_none_are_refused(connection, again):
    connection.send('PUT /v1/AUTH_slow/c/bad HTTP/1.1', 'Transfer-Encoding: chunked', body=b'zz\r\n12345\r\n')
    assert connection.answer()[0] in (400, 499)
    assert again('GET /v1/AUTH_slow/c/bad HTTP/1.1')[0] == 404


def test_a_chunked_upload(connection, again):
    connection.send('PUT /v1/AUTH_slow/c/whole HTTP/1.1', 'Transfer-Encoding: chunked',
                    body=b'5\r\n12345\r\n3\r\n678\r\n0\r\n\r\n')
    assert connection.answer()[0] == 201
    assert again('GET /v1/AUTH_slow/c/whole HTTP/1.1')[2] == b'12345678'


def test_the_body_is_asked_for_when_nodes_are_ready(connection, again):
    connection.send('PUT /v1/AUTH_slow/c/asked HTTP/1.1', 'Content-Length: 100000', 'Expect: 100-continue')
    assert connection.answer()[0] == 100
    connection.sock.sendall(b'x' * 100000)
    assert connection.answer()[0] == 201
    connection.send('PUT /v1/AUTH_slow/none/asked HTTP/1.1', 'Content-Length: 100000', 'Expect: 100-continue')
    assert connection.answer()[0] == 404


def test_without_a_content_type_it_is_guessed(connection, again):
    connection.send('PUT /v1/AUTH_slow/c/a.png HTTP/1.1', 'Content-Length: 1', body=b'x')
    connection.answer()
    assert 'Content-Type: image/png' in again('GET /v1/AUTH_slow/c/a.png HTTP/1.1')[1]


def test_a_connection_is_kept_over_requests_of_all_kinds(connection):
    for method, status in (('PUT', 201), ('GET', 200), ('HEAD', 200), ('POST', 202), ('DELETE', 204), ('GET', 404)):
        body = b'x' * 10 if method == 'PUT' else b''
        connection.send(f'{method} /v1/AUTH_slow/c/kept HTTP/1.1', f'Content-Length: {len(body)}', body=body)
        if method == 'HEAD':
            data = connection.sock.recv(65536)
            assert int(data.split(b' ')[1]) == status
        else:
            assert connection.answer()[0] == status


def test_who_stops_reading_a_download_frees_the_nodes(connection, again):
    size = 32 << 20
    connection.send('PUT /v1/AUTH_slow/c/big HTTP/1.1', f'Content-Length: {size}', body=b'x' * size)
    assert connection.answer()[0] == 201
    connection.send('GET /v1/AUTH_slow/c/big HTTP/1.1')
    connection.sock.recv(1000)
    connection.sock.close()
    assert again('DELETE /v1/AUTH_slow/c/big HTTP/1.1')[0] == 204


@pytest.mark.parametrize('line', [
    'GET /v1/AUTH_slow/c/o HTTP/1.1\r\nBad Header: x', 'GET /v1/AUTH_slow/c/o HTTP/1.1\r\nContent-Length: x',
    'GET /v1/AUTH_slow/c/o HTTP/9.9', 'nonsense with many words HTTP/1.1',
    'PUT /v1/AUTH_slow/c/o HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked',
    'PUT /v1/AUTH_slow/c/o HTTP/1.1\r\nContent-Length: 1\r\nX-Object-Meta-A: \xff'])
def test_what_is_no_http_is_refused(connection, line):
    connection.send(line, body=b'x')
    assert connection.answer()[0] in (400, 505)


def test_ninety_pieces_of_metadata_and_no_more(connection, again):
    many = [f'X-Object-Meta-{number}: v' for number in range(90)]
    connection.send('PUT /v1/AUTH_slow/c/meta HTTP/1.1', 'Content-Length: 0', *many)
    assert connection.answer()[0] == 201
    connection.send('PUT /v1/AUTH_slow/c/meta HTTP/1.1', 'Content-Length: 0', *many, 'X-Object-Meta-More: v')
    assert connection.answer()[0] == 400
