"""A storage node that misbehaves: a socket server in a thread, which does what a test tells it to."""
import re
import socket
import threading

from tests.fixtures.processes import free_port


class BadNode:
    """handle(method, path, headers {lower: value}, body) -> bytes of the answer, None to hang, b'' to hang up.

    Keeps what it was asked in `seen`.
    """

    def __init__(self, handle):
        self.handle, self.seen, self.port = handle, [], free_port()
        self._listener = socket.create_server(('127.0.0.1', self.port))
        self._open, self._hang = [], threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile('rb') as reader:
                while line := reader.readline():
                    if not self._one(connection, reader, line):
                        return
        except OSError:
            return

    def _one(self, connection, reader, line):
        method, path, _ = line.decode().split(' ')
        headers = {}
        while (text := reader.readline().decode().strip()):
            name, _, value = text.partition(': ')
            headers[name.lower()] = value
        body = reader.read(int(headers.get('content-length', 0))) if 'expect' not in headers else b''
        self.seen.append((method, path, headers, body))
        answer = self.handle(method, path, headers, body)
        if answer is None:
            self._hang.wait(30)
            return False
        connection.sendall(answer)
        return bool(answer) and not re.search(rb'X-Die: 1', answer)

    def close(self):
        self._hang.set()
        self._listener.close()
        for connection in self._open:
            connection.close()


def answer(status, headers='', body=b'', length=None):
    """Bytes of an answer; with `length` more than the body, it ends by hanging up."""
    die = '' if length is None else 'X-Die: 1\r\n'
    return (f'HTTP/1.1 {status} X\r\nContent-Length: {len(body) if length is None else length}\r\n{die}{headers}\r\n'
            .encode() + body)
