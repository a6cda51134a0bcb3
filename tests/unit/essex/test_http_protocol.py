"""The server's side of HTTP/1.1, asked by bytes on a real socket."""
import contextlib
import json
import pathlib
import socket
import tempfile
import threading
import time

import pytest

from essex import concurrency, http_body
from tests.fixtures import green

FILE = bytes(range(256)) * 40000


def application(environ, start_response):
    path = environ['PATH_INFO']
    headers = [('content-type', 'text/plain'), ('x-url-Path', path)]
    if path == '/environ':
        told = {key: value for key, value in environ.items() if isinstance(value, str)}
        body = json.dumps({**told, 'raw': environ['headers_raw']}).encode()
    elif path == '/echo':
        body = environ['wsgi.input'].read()
    elif path == '/into':
        pieces, view = [], memoryview(bytearray(7))
        while count := http_body.read_some(environ['wsgi.input'], view, len(view)):
            pieces.append(bytes(view[:count]))
        body = b''.join(pieces)
    elif path == '/some':
        counts, view = [], memoryview(bytearray(300000))
        while count := http_body.read_some(environ['wsgi.input'], view, 1000):
            counts.append(count)
            assert bytes(view[:count]) == b'a' * count
        body = json.dumps(counts).encode()
    elif path == '/on':
        view = memoryview(bytearray(300000))
        counts, began = [http_body.read_some(environ['wsgi.input'], view, 1)], time.monotonic()
        counts.append(http_body.read_on(environ['wsgi.input'], view))
        body = json.dumps([counts, time.monotonic() - began]).encode()
    elif path == '/stream':
        start_response('200 OK', headers)
        return iter([b'a' * 5000, b'', b'b' * 70000, b'c'])
    elif path == '/cut':
        start_response('200 OK', headers)
        return cut()
    elif path == '/fails':
        raise RuntimeError('on purpose')
    elif path == '/injects':
        headers, body = [('X-A', 'b\r\nX-Injected: c')], b''
    elif path == '/injects-cr':
        headers, body = [('X-A', 'b\rX-Injected: c')], b''
    elif path == '/short':
        start_response('200 OK', [('Content-Length', '10')])
        return [b'abc']
    elif path.startswith('/file'):
        return FromFile(path, start_response)
    elif path == '/nothing':
        start_response('204 No Content', [])
        return [b'not to be sent']
    else:
        body = path.encode('latin-1')
    start_response('200 OK', headers)
    return [body]


class FromFile:
    """An answer as `send_next` has it: /file/SAID/PIECE..., where a PIECE is a length of the file or bytes."""

    def __init__(self, path, start_response):
        said, *self.pieces = path.split('/')[2:]
        start_response('200 OK', [('Content-Length', said)] if said != '-' else [])
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - close() is what the server calls
        self.file.write(FILE)
        self.file.seek(0)

    def __iter__(self):
        return self

    def __next__(self):
        if not self.pieces:
            raise StopIteration
        piece = self.pieces.pop(0)
        return self.file.read(int(piece)) if piece.isdigit() else piece.encode()

    def send_next(self, send):
        if self.pieces and not self.pieces[0].isdigit():
            return None
        count = send(self.file, int(self.pieces[0])) if self.pieces else 0
        # As much as the client takes; what is beyond the end of the file is left for the next turn.
        self.pieces[:1] = [str(int(self.pieces[0]) - count)] if self.pieces and int(self.pieces[0]) > count else []
        return count

    def close(self):
        self.file.close()


def cut():
    yield b'a' * 5000
    raise RuntimeError('on purpose')


def served(**options):
    """The port of a server."""
    listening = concurrency.listen('127.0.0.1', 0)

    def serve():
        concurrency.spawn(concurrency.serve, listening, application, **options).wait()
    # Not joined: the accepting thread waits in a hub of its own, which ends with the process.
    threading.Thread(target=serve, daemon=True).start()
    return listening.getsockname()[1]


@pytest.fixture(scope='module')
def port():
    return served()


@pytest.fixture
def connection(port):
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        yield sock


def to_the_end(connection):
    received = b''
    while piece := connection.recv(65536):
        received += piece
    return received


def ask(connection, *requests):
    """Everything that is answered; the last request asks to close."""
    connection.sendall(b''.join(requests))
    return to_the_end(connection)


def get(path, *headers, version='1.1', method='GET', last=True, body=b''):
    lines = [f'{method} {path} HTTP/{version}', 'Host: a', *headers, *(['Connection: close'] if last else [])]
    return '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n' + body


def environ_of(answer):
    return json.loads(answer.partition(b'\r\n\r\n')[2])


def test_an_answer(connection):
    head, _, body = ask(connection, get('/a%20b')).partition(b'\r\n\r\n')
    lines = head.split(b'\r\n')
    assert (lines[0], body) == (b'HTTP/1.1 200 OK', b'/a b')
    assert {b'Content-Type: text/plain', b'X-Url-Path: /a b', b'Content-Length: 4', b'Connection: close'} < set(lines)
    assert sum(line.startswith(b'Date: ') for line in lines) == 1


def test_requests_one_after_another(connection):
    answer = ask(connection, get('/1', last=False), get('/2', last=False, method='HEAD'), get('/3'))
    assert answer.count(b'HTTP/1.1 200 OK\r\n') == 3 and answer.endswith(b'\r\n\r\n/3') and b'\r\n\r\n/1' in answer
    assert b'\r\n\r\n/2' not in answer


def test_what_the_application_is_told(connection):
    told = environ_of(ask(connection, get('/environ?a=b%20c&d', 'X-A: 1', 'x-a:  2 ', 'X_A: 3', 'Content-Type: x/y',
                                          'Content-Length: 0')))
    assert told['HTTP_X_A'] == '1,2' and told['CONTENT_TYPE'] == 'x/y' and told['CONTENT_LENGTH'] == '0'
    assert (told['QUERY_STRING'], told['PATH_INFO'], told['SCRIPT_NAME']) == ('a=b%20c&d', '/environ', '')
    assert told['REMOTE_ADDR'] == told['SERVER_NAME'] == '127.0.0.1' and 'HTTP_CONTENT_TYPE' not in told
    assert ['x-a', '2'] in told['raw'] and ['X_A', '3'] in told['raw']


def test_of_no_body_and_no_type_nothing_is_said(connection):
    told = environ_of(ask(connection, get('/environ')))
    assert not {'CONTENT_TYPE', 'CONTENT_LENGTH', 'QUERY_STRING'} & set(told)


def test_a_head_that_comes_byte_by_byte_is_the_same(connection, port):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = get('/environ', 'X-A: 1', 'X-B: \xe4')
    for number in range(len(request)):
        connection.sendall(request[number:number + 1])
    slowly = environ_of(to_the_end(connection))
    with socket.create_connection(('127.0.0.1', port), 10) as other:
        at_once = environ_of(ask(other, request))
    assert slowly.pop('REMOTE_PORT') != at_once.pop('REMOTE_PORT')
    assert slowly == at_once


@pytest.mark.parametrize('head', [
    b'GET /a\r\n\r\n', b'GET /a HTTP/2.0\r\n\r\n', b'GET  /a HTTP/1.1\r\n\r\n', b'GET /a\tHTTP/1.1\r\n\r\n', b'\r\n',
    b'GET /\x0b HTTP/1.1\r\n\r\n', b'GET /a HTTP/1.1 \r\n\r\n', b'GET /a HTTP/1.1\r\nX-A\r\n\r\n',
    b'GET /a HTTP/1.1\r\nX: a\r\n b\r\n\r\n', b'GET /a HTTP/1.1\r\nX-A : b\r\n\r\n',
    b'GET /a HTTP/1.1\r\nX: \0\r\n\r\n',
    b'GET /a HTTP/1.1\r\nX: a\rb\r\n\r\n', b'GET /a HTTP/1.1\r\nContent-Length: +1\r\n\r\na',
    b'GET /a HTTP/1.1\r\nContent-Length: 1_0\r\n\r\na', b'GET /a HTTP/1.1\r\nContent-Length: -1\r\n\r\na',
    b'GET /a HTTP/1.1\r\nContent-Length: \xb2\r\n\r\na', b'GET /a HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na',
    b'GET /a HTTP/1.1\r\nContent-Length: ' + b'9' * 5000 + b'\r\n\r\n',
    b'GET /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    b'GET /a HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n',
    b'GET /a HTTP/1.1\r\nX: ' + b'a' * 8192 + b'\r\n\r\n',
    b'GET /a HTTP/1.1\r\n' + (b'X: ' + b'a' * 8000 + b'\r\n') * 9 + b'\r\n',
    b'GET /' + b'a' * 20000 + b' HTTP/1.1\r\n\r\n'])
def test_what_is_refused_ends_the_connection(port, head):
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        try:
            answer = ask(sock, head, get('/smuggled'))
        except ConnectionResetError:    # what follows a refused head is not read
            answer = b''
    assert answer.startswith((b'HTTP/1.1 400 ', b'HTTP/1.1 414 ', b'')) and answer.count(b'HTTP/1.1') <= 1
    assert b'smuggled' not in answer


def test_a_head_that_is_cut_short_is_no_request(connection):
    connection.sendall(b'GET /a HTTP/1.1\r\nX-A: b\r\nX-B')
    connection.shutdown(socket.SHUT_WR)
    assert to_the_end(connection).startswith(b'HTTP/1.1 400 ')


def test_plain_line_ends_end_lines_too(connection):
    answer = ask(connection, b'GET /1 HTTP/1.1\nHost: a\n\n', b'GET /2 HTTP/1.1\r\nHost: a\r\nX: a\n\n', get('/3'))
    assert [b'\r\n\r\n/%d' % number in answer for number in (1, 2, 3)] == [True] * 3


def test_an_answer_of_unknown_length(connection):
    head, _, body = ask(connection, get('/stream')).partition(b'\r\n\r\n')
    assert b'Transfer-Encoding: chunked' in head and b'Content-Length' not in head
    assert body == b'1388\r\n%b\r\n11170\r\n%b\r\n1\r\nc\r\n0\r\n\r\n' % (b'a' * 5000, b'b' * 70000)


def test_an_old_client_reads_to_the_end(connection):
    head, _, body = ask(connection, get('/stream', version='1.0', last=False)).partition(b'\r\n\r\n')
    assert b'Connection: close' in head and b'chunked' not in head and len(body) == 75001


def test_an_old_client_may_keep_the_connection(connection):
    wish = 'Connection: keep-alive'
    answer = ask(connection, get('/1', wish, version='1.0', last=False), get('/2', version='1.0', last=False))
    assert b'Keep-Alive: timeout=75' in answer and answer.endswith(b'/2')


def test_an_answer_that_fails_in_the_middle_has_no_end(connection):
    answer = ask(connection, get('/cut', last=False))
    assert answer.endswith(b'a\r\n') and not answer.endswith(b'0\r\n\r\n')


@pytest.mark.parametrize('path', ['/fails', '/injects', '/injects-cr'])
def test_a_failure_tells_nothing(connection, path):
    answer = ask(connection, get(path, last=False))
    assert answer.startswith(b'HTTP/1.1 500 ') and b'on purpose' not in answer and b'Injected' not in answer


@pytest.mark.parametrize('path', ['/cut', '/fails'])
def test_what_no_application_caught_is_logged(connection, caplog, path):
    ask(connection, get(f'{path}?signature=secret', last=False))
    record, = [each for each in caplog.records if each.name == 'essex.http_protocol']
    assert record.getMessage() == f'GET {path} broke off' and 'on purpose' in str(record.exc_info[1])


def test_a_client_that_goes_is_no_error(port, caplog):
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        sock.sendall(get('/file/20000000/10240000'))
        sock.recv(1000)
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        ask(sock, get('/'))
    assert not [each for each in caplog.records if each.name == 'essex.http_protocol']


def test_no_body_where_there_must_be_none(connection):
    answer = ask(connection, get('/nothing', last=False), get('/stream', method='HEAD'))
    assert answer.count(b'HTTP/1.1') == 2 and answer.endswith(b'\r\n\r\n') and b'not to be' not in answer


@pytest.mark.parametrize(('header', 'body'), [('Content-Length: 5', b'abcde'),
                                              ('Transfer-Encoding: chunked', b'2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n')])
def test_a_body_is_read_or_passed_over(connection, header, body):
    post = {'method': 'POST', 'last': False, 'body': body}
    answer = ask(connection, *(get(path, header, **post) for path in ('/echo', '/into', '/unread')), get('/after'))
    assert answer.count(b'\r\n\r\nabcde') == 2 and b'\r\n\r\n/unread' in answer and answer.endswith(b'/after')


@pytest.mark.parametrize('chunks', [
    b'+2\r\nab\r\n0\r\n\r\n', b'0x2\r\nab\r\n0\r\n\r\n', b'0_2\r\nab\r\n0\r\n\r\n', b'-2\r\nab\r\n0\r\n\r\n',
    b'\r\n0\r\n\r\n', b'zz\r\n0\r\n\r\n', b'2\nab\r\n0\r\n\r\n', b'2;a\nb\r\nab\r\n0\r\n\r\n', b'2\r\nabXX0\r\n\r\n',
    b'2\r\nab0\r\n\r\n', b'f' * 16 + b'\r\nab', b'0\r\n' + b'X: a\r\n' * 4000 + b'\r\n', b'0\r\nX: a\n\n',
    b'2;' + b'a' * 100000 + b'\r\nab\r\n0\r\n\r\n', b'0\r\nX: ' + b'a' * 100000 + b'\r\n\r\n'])
@pytest.mark.parametrize('path', ['/echo', '/into', '/unread'])
def test_a_body_whose_chunks_are_none_ends_the_connection(port, path, chunks):
    post = get(path, 'Transfer-Encoding: chunked', method='POST', last=False, body=chunks)
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        try:
            answer = ask(sock, post, get('/smuggled'))
        except (ConnectionResetError, BrokenPipeError):    # what follows is not read
            answer = b''
    assert answer.count(b'HTTP/1.1 ') <= 1 and b'smuggled' not in answer


@pytest.mark.parametrize('chunks', [b'A;name=value\r\n0123456789\r\n1 \r\na\r\n000\r\nX-Trailer: a\r\n\r\n',
                                    b'b\r\n0123456789a\r\n0;last\r\n\r\n'])
@pytest.mark.parametrize('path', ['/echo', '/into'])
def test_chunks_may_have_extensions_and_trailers(connection, path, chunks):
    post = get(path, 'Transfer-Encoding: chunked', method='POST', last=False, body=chunks)
    answer = ask(connection, post, get('/after'))
    assert b'\r\n\r\n0123456789a' in answer and answer.endswith(b'/after')


def test_an_old_client_has_no_chunks(connection):
    answer = ask(connection, get('/echo', 'Transfer-Encoding: chunked', 'Connection: keep-alive', version='1.0',
                                 method='POST', last=False, body=b'1\r\na\r\n0\r\n\r\n'), get('/smuggled'))
    assert answer.startswith(b'HTTP/1.1 400 ') and answer.count(b'HTTP/1.1 ') == 1


def test_an_answer_shorter_than_it_said_ends_the_connection(connection):
    answer = ask(connection, get('/short', last=False), get('/after'))
    assert answer.count(b'HTTP/1.1 ') == 1 and answer.endswith(b'\r\n\r\nabc')


@pytest.mark.parametrize('header', ['Content-Length: 1000500', 'Transfer-Encoding: chunked'])
def test_a_body_is_read_as_it_comes_but_not_in_crumbs(connection, header):
    parts = [b'a' * 250] * 4 + [b'a' * 999500]
    if 'chunked' in header:
        parts = [b'%x\r\n%b\r\n' % (len(part), part) for part in parts] + [b'0\r\n\r\n']
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(get('/some', header, method='PUT'))
    for part in parts:
        connection.sendall(part)
    counts = json.loads(to_the_end(connection).partition(b'\r\n\r\n')[2])
    assert sum(counts) == 1000500 and min(counts[:-1]) >= 1000 and max(counts) <= 300000


def test_who_waits_for_a_100_gets_it_when_the_body_is_read(connection):
    connection.sendall(get('/echo', 'Expect: 100-continue', 'Content-Length: 2', method='PUT'))
    assert connection.recv(100) == b'HTTP/1.1 100 Continue\r\n\r\n'
    connection.sendall(b'hi')
    assert to_the_end(connection).endswith(b'hi')


def test_who_waits_for_a_100_and_gets_none_must_come_again(connection):
    connection.sendall(get('/unread', 'Expect: 100-continue', 'Content-Length: 2', method='PUT', last=False))
    answer = to_the_end(connection)
    assert answer.startswith(b'HTTP/1.1 200') and b'Connection: close' in answer


@pytest.mark.parametrize('path', ['/file/10240000/5/5/10239990', '/file/-/10/10', '/file/15/5/abcde/5', '/file/0'])
def test_an_answer_from_a_file(connection, path):
    answer = ask(connection, get(path, last=False), get('/after'))
    body, _, after = answer.partition(b'\r\n\r\n')[2].rpartition(b'HTTP/1.1 200 OK')
    wanted = {'/file/-/10/10': b'14\r\n%b\r\n0\r\n\r\n' % FILE[:20], '/file/0': b'',
              '/file/15/5/abcde/5': FILE[:5] + b'abcde' + FILE[5:10]}.get(path, FILE)
    assert body == wanted and after.endswith(b'/after')


@pytest.mark.parametrize(('path', 'got'), [('/file/20000000/20000000', len(FILE)), ('/file/10/20000000', 10),
                                           ('/file/10/abcdefghijklmn', 10), ('/file/10/5', 5)])
def test_a_file_that_is_shorter_or_longer_than_was_said(connection, path, got):
    connection.sendall(get(path, last=got == 10))
    assert len(to_the_end(connection).partition(b'\r\n\r\n')[2]) == got


def test_of_a_file_only_the_head_is_sent_where_that_was_asked_for(connection):
    assert ask(connection, get('/file/10/10', method='HEAD')).endswith(b'\r\n\r\n')


def test_a_client_that_goes_while_a_file_is_sent(port):
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        sock.sendall(get('/file/10240000/10240000'))
        sock.recv(100)
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        assert ask(sock, get('/after')).endswith(b'/after')


def test_sending_on_green_threads():
    green.run(pathlib.Path(__file__).with_name('sending_green.py'), timeout=60)


@pytest.mark.parametrize(('sent', 'follows'), [
    (b'', 0), (b'\r', 0), (b'\r\n', 0), (b'\r\n3', 0), (b'\r\n3\r\n', 0), (b'\r\n3\r\nb', 1), (b'\r\n3\r\nbcd', 3),
    (b'\r\n3\r\nbcd\r\n2', 3), (b'\r\n0\r\nX: a', 0), (b'XX', 0)])
def test_who_pauses_anywhere_in_chunks_keeps_no_native_thread(port, sent, follows):
    post = get('/on', 'Transfer-Encoding: chunked', method='POST', last=False, body=b'1\r\na' + sent)
    with socket.create_connection(('127.0.0.1', port), 10) as sock:
        sock.sendall(post)
        answer = b''
        while not answer.endswith(b']'):
            piece = sock.recv(65536)
            assert piece, answer
            answer += piece
    counts, seconds = json.loads(answer.partition(b'\r\n\r\n')[2])
    assert counts == [1, follows] and seconds < 1


@pytest.fixture(scope='module')
def impatient():
    return served(head_timeout=1, connections=3)


@pytest.mark.parametrize('before', [b'', get('/1', last=False)])
@pytest.mark.parametrize('head', [b'GET /2 HTTP/1.1\r\nX-A: ', b'GE'])
def test_a_head_that_drips_is_not_waited_for(impatient, before, head):
    with socket.create_connection(('127.0.0.1', impatient), 10) as connection:
        connection.sendall(before + head)
        began, closed = time.monotonic(), False
        connection.settimeout(0.1)
        while not closed and time.monotonic() < began + 8:
            with contextlib.suppress(TimeoutError, ConnectionError):
                connection.sendall(b'a')
                closed = connection.recv(65536) == b''
        assert closed and 0.5 < time.monotonic() - began < 5


def test_who_says_nothing_is_not_waited_for(impatient):
    with socket.create_connection(('127.0.0.1', impatient), 10) as connection:
        assert connection.recv(1) == b''


def test_between_requests_a_connection_may_rest(impatient):
    with socket.create_connection(('127.0.0.1', impatient), 10) as connection:
        connection.sendall(get('/1', last=False))
        connection.settimeout(1.5)
        received = b''
        with contextlib.suppress(TimeoutError):
            while piece := connection.recv(65536):
                received += piece
        connection.settimeout(10)
        assert received.endswith(b'/1') and ask(connection, get('/2')).endswith(b'/2')


def test_an_address_has_a_number_of_connections(impatient):
    with contextlib.ExitStack() as stack:
        def open_one():
            made = stack.enter_context(socket.create_connection(('127.0.0.1', impatient), 10))
            made.sendall(get('/1', last=False))
            return made, made.recv(12)
        first, *rest = [open_one() for _ in range(3)]
        assert {status for _, status in (first, *rest)} == {b'HTTP/1.1 200'}
        assert open_one()[1] == b'HTTP/1.1 503'
        first[0].close()
        end = time.monotonic() + 5
        while open_one()[1] == b'HTTP/1.1 503':
            assert time.monotonic() < end


def test_a_peer_that_is_gone_without_a_word_is_found():
    listening = concurrency.listen('127.0.0.1', 0)
    with contextlib.closing(listening), socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with contextlib.closing(accepted):
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 600
