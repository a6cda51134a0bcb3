"""What a kill -9 of a real object server leaves."""
import contextlib
import hashlib
import http.client
import os
import socket
import sys
import threading

import pytest

from swift.obj import async_pending, leftovers
from swift.obj.errors import NotExist
from tests.fixtures.processes import Process, free_port, listening, wait_for
from tests.unit.swift.obj.listing import Listing

pytestmark = pytest.mark.servers


@contextlib.contextmanager
def running(node, failpoints=''):
    """An object server of the node in a process, as (process, port)."""
    port = free_port()
    options = [f'{name}={value}' for name, value in node.conf.items()]
    process = Process([sys.executable, '-m', 'tests.unit.swift.obj.object_server_process', port, *options],
                      f'{node.devices}.log', {'ESSEX_FAILPOINTS': failpoints})
    with process.start(lambda: listening(port)):
        yield process, port


def ask(port, method, path, body=b'', **headers):
    """(status, body) of a request; None when the server dies over it."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace('_', '-'): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (http.client.HTTPException, OSError):
        return None
    finally:
        connection.close()


def path(node):
    return f'/sda/{node.part()}/a/c/o'


@pytest.mark.parametrize(('method', 'failpoint', 'there'), [
    ('PUT', 'object.sync.before', False), ('PUT', 'object.link.before', False), ('PUT', 'object.link.after', True),
    ('PUT', 'object.update.before', True), ('DELETE', 'object.link.before', False),
    ('DELETE', 'object.link.after', True)])
def test_a_server_killed_in_the_middle(node, method, failpoint, there):
    """Either nothing happened, or the whole of it, and then listings and replicas will learn of it."""
    if method == 'DELETE':
        node.put(body=b'before')
    hashes = node.manager.hashes('sda', node.part(), [], node.policy)
    with Listing() as listing, running(node, f'{failpoint}=kill') as (process, port):
        assert ask(port, method, path(node), b'after' if method == 'PUT' else b'', Content_Type='a/b',
                   X_Timestamp=node.now, **listing.headers) is None
        process.wait(10)
        assert listing.updates == []
    leftovers.settle(node.manager, 'sda')
    pending = [record['op'] for _, record in async_pending.walk(f'{node.devices}/sda', node.policy)]
    assert pending == ([method] if there else [])
    assert (node.manager.hashes('sda', node.part(), [], node.policy) != hashes) == there
    found = node.get()
    if method == 'PUT':
        assert (found.status_int, found.body) == ((200, b'after') if there else (404, b'Not Found'))
    else:
        assert found.status_int == (404 if there else 200)


def test_a_new_server_settles_what_the_old_one_left(node):
    with Listing() as listing, running(node, 'object.update.before=kill') as (process, port):
        ask(port, 'PUT', path(node), b'x', Content_Type='a/b', X_Timestamp=node.now, **listing.headers)
        process.wait(10)
    with running(node) as (_, port):
        assert ask(port, 'HEAD', path(node)) == (200, b'')
        wait_for(lambda: node.files(below='async_pending'))
        wait_for(lambda: not node.files(below='tmp'))


@pytest.mark.parametrize('sent', [10, 1500000])
def test_half_an_upload_is_never_readable(node, sent):
    with running(node) as (process, port):
        connection = socket.create_connection(('127.0.0.1', port), 10)
        connection.sendall(f'PUT {path(node)} HTTP/1.1\r\nHost: x\r\nX-Timestamp: {node.now}\r\nContent-Type: a/b\r\n'
                           'Content-Length: 2000000\r\n\r\n'.encode() + b'x' * sent)
        if sent > 10:
            wait_for(lambda: any(os.path.getsize(f'{node.devices}/sda/tmp/{name}') > 500000
                                 for name in node.files(below='tmp')))
        process.kill()
        connection.close()
    with pytest.raises(NotExist):
        node.file().open()
    assert node.files() == []


def test_a_server_on_green_threads_serves_many_at_once(node):
    """Threads of the devices and the event loop work together: every object reads back."""
    with running(node) as (_, port):
        failed = []

        def work(number):
            for turn in range(8):
                target = f'/{("sda", "sdb")[number % 2]}/{number % 16}/a/c/{number}-{turn}'
                body = hashlib.sha256(target.encode()).digest() * (1 if turn % 2 else 5000)
                stored = ask(port, 'PUT', target, body, Content_Type='a/b', X_Timestamp='1700000001.00000')
                if stored is None or stored[0] != 201 or ask(port, 'GET', target) != (200, body):
                    failed.append(target)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failed == []


def test_a_damaged_object_is_broken_off(node):
    node.put(body=b'x' * 1000000)
    (name,) = node.files()
    with open(f'{node.devices}/sda/objects/{name}', 'r+b') as file:
        file.write(b'Y')
    with running(node) as (_, port):
        assert ask(port, 'GET', path(node)) is None
        assert ask(port, 'GET', path(node))[0] == 404
