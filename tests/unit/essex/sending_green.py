"""Run on green threads by test_http_protocol."""
import socket

from essex import concurrency
from tests.unit.essex.test_http_protocol import FILE, application, ask, get, to_the_end


def test_clients_that_take_nothing_hold_up_nobody():
    listening = concurrency.listen('127.0.0.1', 0)
    server = concurrency.spawn(concurrency.serve, listening, application)
    address, asked = listening.getsockname(), get(f'/file/{len(FILE)}/{len(FILE)}')
    slow = []
    with concurrency.Timeout(30):
        # More than there are threads that send.
        for _ in range(concurrency._SENDING.threads + 4):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            sock.connect(address)
            sock.sendall(asked)
            slow.append(sock)
        with socket.create_connection(address) as quick:
            assert ask(quick, asked).endswith(FILE)
        assert to_the_end(slow[-1]).endswith(FILE)
    for sock in slow:
        sock.close()
    server.kill()
    listening.close()
