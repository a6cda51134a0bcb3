"""MD5 once for all copies: the object server's side over a real connection, and the proxy's with nodes of any kind."""
import hashlib
import itertools
import json
import os
import socket
import subprocess
import sys
import time
import zlib

import pytest

from swift import cluster
from tests.fixtures.processes import free_port
from tests.unit.swift.proxy import storage
from tests.unit.swift.proxy.bad_node import BadNode, answer
from tests.unit.swift.proxy.test_clients import Connection

SIZE = 3 << 20
DATA = os.urandom(SIZE)
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
CRC32 = f'{zlib.crc32(DATA):08x}'
_numbers = itertools.count(1)


def chunk(data):
    return b'%x\r\n%b\r\n' % (len(data), data)


class Upload:
    """A PUT of an object to an object server, as the proxy sends it."""

    def __init__(self, storage_dir, *headers, offer='yes', size=SIZE):
        device = cluster.load(storage_dir).ring('object', 0).devs[0]
        self.path = f'/{device["device"]}/0/a/c/digest{next(_numbers)}'
        self.connection = Connection(device['port'])
        self.connection.send(
            f'PUT {self.path} HTTP/1.1', 'Transfer-Encoding: chunked', 'Expect: 100-continue', 'Content-Type: a/b',
            f'X-Backend-Digest-Trailer: {offer}', f'X-Backend-Obj-Content-Length: {size}',
            f'X-Timestamp: {time.time():.5f}', *headers)

    def accepted(self):
        status, head, _ = self.connection.answer()
        assert status == 100
        return 'x-backend-digest-trailer: yes' in head.lower()

    def finish(self, *chunks, **trailers):
        for data in chunks:
            self.connection.sock.sendall(chunk(data))
        lines = ''.join(f'{name.replace("_", "-")}: {value}\r\n' for name, value in trailers.items())
        self.connection.sock.sendall(f'0\r\n{lines}\r\n'.encode())
        return self.connection.answer()

    def read(self):
        self.connection.send(f'GET {self.path} HTTP/1.1')
        return self.connection.answer()


@pytest.mark.servers
def test_the_md5_of_the_trailer_is_kept(storage_dir):
    upload = Upload(storage_dir)
    assert upload.accepted()
    status, head, _ = upload.finish(DATA[:1000000], DATA[1000000:], Etag=MD5, X_Backend_Crc32=CRC32)
    assert status == 201 and MD5 in head
    assert upload.read()[2] == DATA


@pytest.mark.servers
@pytest.mark.parametrize('trailers', [
    {'Etag': MD5, 'X_Backend_Crc32': f'{zlib.crc32(DATA) ^ 1:08x}'}, {'Etag': MD5}, {'X_Backend_Crc32': CRC32}, {},
    {'Etag': 'f' * 31, 'X_Backend_Crc32': CRC32}, {'Etag': '../' + 'f' * 29, 'X_Backend_Crc32': CRC32}])
def test_data_that_is_not_what_was_sent_is_not_kept(storage_dir, trailers):
    upload = Upload(storage_dir)
    assert upload.accepted()
    assert upload.finish(DATA, **trailers)[0] == 422
    assert upload.read()[0] == 404


@pytest.mark.servers
@pytest.mark.parametrize('offer', ['yes', 'no'])
@pytest.mark.parametrize('size', [len(DATA) - 1, len(DATA) + 1])
def test_the_size_must_be_what_was_announced(storage_dir, size, offer):
    upload = Upload(storage_dir, size=size, offer=offer)
    assert upload.accepted() == (offer == 'yes')
    assert upload.finish(DATA, Etag=MD5, X_Backend_Crc32=CRC32)[0] == 422
    assert upload.read()[0] == 404


@pytest.mark.servers
def test_what_the_client_says_of_its_data_must_be_true(storage_dir):
    upload = Upload(storage_dir, f'ETag: {"0" * 32}')
    assert upload.accepted()
    assert upload.finish(DATA, Etag=MD5, X_Backend_Crc32=CRC32)[0] == 422
    assert upload.read()[0] == 404


@pytest.mark.servers
def test_a_size_beyond_the_limit_is_refused_before_the_data(storage_dir):
    upload = Upload(storage_dir, size=1 << 62)
    assert upload.connection.answer()[0] == 413


@pytest.mark.servers
@pytest.mark.parametrize('pauses', [(1 << 20,), (1 << 20, 2 << 20), (1,), (0,)])
def test_a_sender_that_pauses_within_a_chunk_loses_nothing(storage_dir, pauses):
    upload = Upload(storage_dir)
    assert upload.accepted()
    sent, last = chunk(DATA), 0
    for at in pauses:
        upload.connection.sock.sendall(sent[last:at])
        time.sleep(.1)    # longer than a native thread waits, shorter than the server does
        last = at
    upload.connection.sock.sendall(sent[last:])
    assert upload.finish(Etag=MD5, X_Backend_Crc32=CRC32)[0] == 201
    assert upload.read()[2] == DATA


class Node(BadNode):
    """Takes a PUT in chunks after 100-continue, with trailers if it `accepts`; `pauses` seconds after the first."""

    def __init__(self, accepts, pauses=0, footers=False):
        super().__init__(None)
        self.accepts, self.pauses, self.footers, self.got = accepts, pauses, footers, {}
        # Little waits in the kernel, so that a pause is felt.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)

    def _one(self, connection, reader, line):
        headers = dict(iter(lambda: self._field(reader), None))
        more = 'X-Backend-Digest-Trailer: yes\r\n' if self.accepts else ''
        more += 'X-Obj-Metadata-Footer: yes\r\n' if self.footers else ''
        connection.sendall(f'HTTP/1.1 100 Continue\r\n{more}\r\n'.encode())
        body = b''
        for length in iter(reader.readline, b'0\r\n'):
            if not length:
                return False        # the proxy has hung up
            size = int(length, 16)
            body += reader.read(size)
            assert reader.read(2) == b'\r\n'
            if self.pauses:
                time.sleep(self.pauses)
                self.pauses = 0
        self.got = {'headers': headers, 'body': body, 'trailers': dict(iter(lambda: self._field(reader), None))}
        connection.sendall(answer(201, f'Etag: "{MD5}"\r\n'))
        return True

    @staticmethod
    def _field(reader):
        name, _, value = reader.readline().decode('latin-1').strip().partition(': ')
        return (name.lower(), value) if name else None


@pytest.fixture
def three(make_app, container):
    """three(node, node, node): a proxy whose objects go there; called, it uploads DATA."""
    from tests.unit.swift.proxy.conftest import Client
    made = []

    def build(*nodes):
        made.extend(nodes)
        app = make_app()
        ring = app.cluster.ring('object', 0)
        primaries = ring.get_part_nodes(0)
        ring.get_part_nodes = lambda part: [{**each, 'port': node.port} for each, node in zip(primaries, nodes)]
        return lambda **env: Client(app)('PUT', f'{container}/o', DATA, env=env)
    yield build
    cluster.load.cache_clear()
    for node in made:
        node.close()


@pytest.mark.servers
def test_a_proxy_tells_the_digests_to_nodes_that_take_them(three):
    ours, stock = [Node(True), Node(True)], Node(False)
    response = three(*ours, stock)()
    assert response.status_int == 201 and response.headers['Etag'].strip('"') == MD5
    for node in (*ours, stock):
        assert node.got['body'] == DATA and node.got['headers']['x-backend-obj-content-length'] == str(len(DATA))
    assert [node.got['trailers'] for node in (*ours, stock)] == [
        {'etag': MD5, 'x-backend-crc32': CRC32}, {'etag': MD5, 'x-backend-crc32': CRC32}, {}]


@pytest.mark.servers
def test_footers_go_to_nodes_that_know_of_them(three):
    nodes, told = [Node(True, footers=True), Node(False, footers=True), Node(True)], []

    def footers(made):
        told.append(all(len(node.got) == 0 for node in nodes))
        made['X-Object-Sysmeta-A'] = 'b'
    # Instead of the third a node takes part that has no copy to begin with.
    assert three(*nodes)(**{'swift.callback.update_footers': footers}).status_int == 201
    assert told == [True] and not nodes[2].got
    for node in nodes[:2]:
        mark = node.got['headers']['x-backend-obj-multipart-mime-boundary'].encode()
        assert node.got['headers']['x-backend-obj-metadata-footer'] == 'yes' and node.got['trailers'] == {}
        first, head, data, more = node.got['body'].split(b'\r\n', 3)[0], *node.got['body'].partition(DATA)
        assert first == b'--' + mark and head.endswith(b'\r\nX-Document: object body\r\n\r\n') and data == DATA
        text = more.split(b'\r\n')[-2]
        assert json.loads(text) == {'X-Object-Sysmeta-A': 'b', 'Etag': MD5, 'X-Backend-Crc32': CRC32}
        assert more == (b'\r\n--' + mark + b'\r\nX-Document: object metadata\r\nContent-MD5: '
                        + hashlib.md5(text).hexdigest().encode() + b'\r\n\r\n' + text + b'\r\n--' + mark + b'--')


@pytest.mark.servers
def test_a_client_and_the_proxy_between_them_lose_nothing(proxy_port, storage_dir):
    """A real proxy process: its native relay, interrupted by pauses of the client."""
    connection = Connection(proxy_port)
    connection.send('PUT /v1/AUTH_digest/c HTTP/1.1', 'Content-Length: 0')
    assert connection.answer()[0] in (201, 202)
    size = 24 << 20
    data = os.urandom(size)
    connection.send('PUT /v1/AUTH_digest/c/o HTTP/1.1', f'Content-Length: {size}', body=data[:5 << 20])
    for at in range(5 << 20, size, 5 << 20):
        time.sleep(.05)    # longer than a native thread waits, shorter than the proxy does
        connection.sock.sendall(data[at:at + (5 << 20)])
    status, head, _ = connection.answer()
    assert status == 201 and hashlib.md5(data, usedforsecurity=False).hexdigest() in head
    connection.send('GET /v1/AUTH_digest/c/o HTTP/1.1')
    assert connection.answer()[2] == data


@pytest.mark.servers
def test_a_node_that_pauses_loses_nothing(tmp_path):
    node, ports = Node(True, pauses=.5), {kind: free_port() for kind in storage.KINDS}
    proxy_port, size = free_port(), 24 << 20
    storage.prepare(str(tmp_path), {**ports, 'object': node.port})
    process = subprocess.Popen([sys.executable, '-W', 'ignore', '-m', 'tests.unit.swift.proxy.storage', str(tmp_path),
                                *map(str, ports.values()), str(proxy_port)], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b'ready\n'
        connection = Connection(proxy_port)
        connection.send('PUT /v1/AUTH_digest/c HTTP/1.1', 'Content-Length: 0')
        assert connection.answer()[0] == 201
        data = os.urandom(size)
        connection.send('PUT /v1/AUTH_digest/c/o HTTP/1.1', f'Content-Length: {size}', body=data)
        assert connection.answer()[0] == 201
        assert node.got['body'] == data
        assert node.got['trailers']['etag'] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        node.close()
