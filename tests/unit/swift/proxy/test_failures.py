"""Storage nodes that fail, hang, are full or die in the middle: what the client sees."""
import hashlib
import time

import pytest

from swift import backend, cluster
from swift.proxy.server import Application
from tests.fixtures.rings import make_ring, make_rings
from tests.unit.swift.proxy.bad_node import BadNode, answer
from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers

STAMP = 'X-Timestamp: 1700000000.00000\r\nX-Backend-Timestamp: 1700000000.00000\r\n'
DATA = bytes(range(256)) * 1024      # 256 KiB
ETAG = hashlib.md5(DATA).hexdigest()


class Nodes:
    """Six object nodes, three of them primaries of the only partition; databases always say yes."""

    def __init__(self, directory):
        databases = BadNode(lambda *args: answer(204, 'X-Timestamp: 1.00000\r\n'))
        self.all = [BadNode(lambda *args: answer(500)) for _ in range(6)]
        self.bad = [databases, *self.all]
        make_rings(directory, [{'device': f'd{n}', 'port': databases.port, 'zone': n} for n in range(3)], part_power=0)
        builder_devices = [{'region': 1, 'zone': n, 'ip': '127.0.0.1', 'port': node.port, 'device': f'o{n}',
                            'weight': 1} for n, node in enumerate(self.all)]
        make_ring(f'{directory}/object.ring.gz', builder_devices, part_power=0)
        cluster.load.cache_clear()
        ring = cluster.load(directory).ring('object', 0)
        by_port = {node.port: node for node in self.all}
        self.primaries = [by_port[each['port']] for each in ring.get_part_nodes(0)]
        self.handoffs = [by_port[each['port']] for each in ring.get_more_nodes(0)]
        self.directory = directory

    def client(self, **conf):
        options = {'swift_dir': self.directory, 'node_timeout': '0.3', 'post_quorum_timeout': '0.1', **conf}
        return Client(Application(options))

    def set(self, nodes, handle):
        for node in nodes:
            node.handle = handle if callable(handle) else lambda *args: handle


@pytest.fixture
def nodes(tmp_path):
    made = Nodes(str(tmp_path))
    yield made
    for node in made.bad:
        node.close()
    backend.forget()


CREATED = answer(201, f'Etag: "{hashlib.md5(b"x").hexdigest()}"\r\n')


def whole(method, path, headers, body):
    """A node that has DATA."""
    if 'range' in headers:
        parts = [each.split('-') for each in headers['range'].removeprefix('bytes=').split(',')]
        spans = [(int(first), int(last)) for first, last in parts]
        if len(spans) > 1:
            return multipart(spans)
        (first, last), = spans
        return answer(206, f'{STAMP}Etag: "{ETAG}"\r\nContent-Range: bytes {first}-{last}/{len(DATA)}\r\n',
                      DATA[first:last + 1])
    return answer(200, f'{STAMP}Etag: "{ETAG}"\r\n', DATA)


def multipart(spans, cut=None):
    body = b''.join(b'--B\r\nContent-Type: a/b\r\nContent-Range: bytes %d-%d/%d\r\n\r\n' % (first, last, len(DATA))
                    + DATA[first:last + 1] + b'\r\n' for first, last in spans) + b'--B--'
    headers = f'{STAMP}Etag: "{ETAG}"\r\nContent-Type: multipart/byteranges;boundary=B\r\n'
    return answer(206, headers, body[:cut], None if cut is None else len(body))


def test_a_get_goes_on_when_a_node_dies_in_the_middle(nodes):
    died = []

    def dies_once(*args):
        if died:
            return whole(*args)
        died.append(1)
        return answer(200, f'{STAMP}Etag: "{ETAG}"\r\n', DATA[:100000], len(DATA))

    nodes.set(nodes.primaries, dies_once)
    assert nodes.client()('GET', 'a/c/o').body == DATA
    assert [headers.get('range') for node in nodes.primaries for _, _, headers, _ in node.seen].count(None) == 1


def test_a_get_never_goes_on_with_other_data(nodes):
    first = []

    def changed(method, path, headers, body):
        if not first:
            first.append(1)
            return answer(200, f'{STAMP}Etag: "{ETAG}"\r\n', DATA[:1000], len(DATA))
        start, _, stop = headers['range'][6:].partition('-')
        return answer(206, f'{STAMP}Etag: "other"\r\nContent-Range: bytes {start}-{stop}/{len(DATA)}\r\n',
                      b'z' * (int(stop) + 1 - int(start)))

    nodes.set(nodes.all, changed)
    response = nodes.client()('GET', 'a/c/o')
    with pytest.raises(Exception, match='missing'):
        response.body  # noqa: B018


def test_several_ranges_go_on_as_well(nodes):
    died = []

    def dies_once(method, path, headers, body):
        if died:
            return whole(method, path, headers, body)
        died.append(1)
        return multipart([(0, 99999), (150000, 150009)], cut=60000)

    nodes.set(nodes.primaries, dies_once)
    got = nodes.client()('GET', 'a/c/o', range='bytes=0-99999,150000-150009')
    boundary = got.headers['Content-Type'].partition('boundary=')[2].encode()
    parts = got.body.split(b'--' + boundary)
    assert [part.partition(b'\r\n\r\n')[2][:-2] for part in parts[1:-1]] == [DATA[:100000], DATA[150000:150010]]
    assert len(got.body) == int(got.headers['Content-Length'])


def test_a_handoff_takes_what_a_full_node_refuses(nodes):
    nodes.set(nodes.all, CREATED)
    nodes.set(nodes.primaries[:1], answer(507))
    client = nodes.client()
    assert client('PUT', 'a/c/o', b'x').status_int == 201
    assert sum(len(node.seen) for node in nodes.handoffs) == 1
    # It is left alone now.
    assert client('PUT', 'a/c/o', b'x').status_int == 201
    assert len(nodes.primaries[0].seen) == 1


def test_a_put_needs_a_quorum_and_tells_which_copies_failed(nodes):
    nodes.set(nodes.all, answer(507))
    nodes.set(nodes.primaries[:1], CREATED)
    response = nodes.client()('PUT', 'a/c/o', b'x')
    assert response.status_int == 503
    assert 'full' in response.text and 'copies written: 1' in response.text


def test_a_node_that_hangs_holds_a_put_no_longer_than_post_quorum_timeout(nodes):
    nodes.set(nodes.primaries[1:], CREATED)
    nodes.set(nodes.primaries[:1], None)
    nodes.primaries[0].handle = lambda *args: None
    began = time.monotonic()
    assert nodes.client(node_timeout='5')('PUT', 'a/c/o', b'x').status_int == 201
    assert time.monotonic() - began < 2


def test_a_node_that_hangs_is_replaced_for_a_get(nodes):
    nodes.set(nodes.primaries, lambda *args: None)
    nodes.set(nodes.handoffs, whole)
    assert nodes.client()('GET', 'a/c/o').body == DATA


def test_concurrent_gets_ask_the_next_before_the_first_times_out(nodes):
    nodes.set(nodes.all, lambda *args: None)
    nodes.set(nodes.primaries[2:], whole)
    began = time.monotonic()
    client = nodes.client(node_timeout='5', concurrent_gets='true', concurrency_timeout='0.02')
    assert client('GET', 'a/c/o').body == DATA
    assert time.monotonic() - began < 2


def test_a_large_put_drops_a_node_that_dies_and_goes_on(nodes):
    real = [Taker() for _ in range(2)]
    try:
        nodes.set(nodes.all, answer(507))
        client = nodes.client()
        ring = client.app.cluster.ring('object', 0)
        primaries = ring.get_part_nodes(0)
        ring.get_part_nodes = lambda part: [{**primaries[0], 'port': real[0].port},
                                            {**primaries[1], 'port': real[1].port}, primaries[2]]
        nodes.set(nodes.primaries[2:], b'HTTP/1.1 100 Continue\r\nX-Die: 1\r\n\r\n')
        response = client('PUT', 'a/c/o', DATA * 16)
        assert response.status_int == 201, response.text
        assert [taker.received for taker in real] == [len(DATA) * 16] * 2
    finally:
        for taker in real:
            taker.close()


class Taker(BadNode):
    """Takes a body after 100-continue."""

    def __init__(self):
        super().__init__(None)
        self.received = 0

    def _one(self, connection, reader, line):
        while reader.readline().strip():
            pass
        connection.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        while size := int(reader.readline(), 16):
            self.received += len(reader.read(size))
            reader.readline()
        reader.readline()
        connection.sendall(answer(201, f'Etag: "{ETAG}"\r\n'))
        return True


def test_a_tombstone_that_is_newer_than_the_data_wins(nodes):
    deleted = answer(404, 'X-Backend-Timestamp: 1800000000.00000\r\n')
    nodes.set(nodes.all, answer(404))
    nodes.set(nodes.primaries[:2], deleted)
    nodes.set(nodes.primaries[2:], whole)
    client = nodes.client(sorting_method='affinity', read_affinity=_first(nodes, nodes.primaries[0]))
    assert client('GET', 'a/c/o').status_int == 404
    nodes.set(nodes.primaries[:2], answer(404, 'X-Backend-Timestamp: 1600000000.00000\r\n'))
    assert client('GET', 'a/c/o').status_int == 200


def _first(nodes, node):
    return f'r1z{nodes.all.index(node)}=1'


def test_handoffs_that_know_nothing_do_not_outvote_primaries_that_are_down(nodes):
    nodes.set(nodes.primaries, b'')
    nodes.set(nodes.handoffs, answer(404))
    assert nodes.client()('GET', 'a/c/o').status_int == 503
    nodes.set(nodes.all, answer(404))
    assert nodes.client()('GET', 'a/c/o').status_int == 404


def test_one_tombstone_makes_nodes_that_have_nothing_believable(nodes):
    nodes.set(nodes.all, b'')
    nodes.set(nodes.primaries[:1], answer(404, 'X-Backend-Timestamp: 1600000000.00000\r\n'))
    assert nodes.client()('GET', 'a/c/o').status_int == 503
    nodes.set(nodes.handoffs, answer(404))
    response = nodes.client()('GET', 'a/c/o')
    assert response.status_int == 404 and response.headers['X-Backend-Timestamp'] == '1600000000.00000'


def test_the_newest_of_all_is_found_with_x_newest(nodes):
    nodes.set(nodes.primaries, whole)
    nodes.set(nodes.primaries[2:], answer(200, 'X-Timestamp: 1800000000.00000\r\n', b'newer'))
    assert nodes.client()('GET', 'a/c/o', x_newest='true').body == b'newer'


def stamps(data, meta):
    return (f'X-Backend-Data-Timestamp: {data}.00000\r\nX-Backend-Timestamp: {meta}.00000\r\n'
            f'X-Timestamp: {meta}.00000\r\n')


def test_the_newest_is_what_has_the_newest_data_whoever_heard_of_metadata_since(nodes):
    old, new = answer(200, stamps(1600000000, 1800000000), b'old'), answer(200, stamps(1700000000, 1800000000), b'new')
    unheard = answer(200, stamps(1700000000, 1700000000), b'new without')
    for found, wanted in (((old, old, new), b'new'), ((new, old, old), b'new'), ((unheard, old, old), b'new without'),
                          ((unheard, new, old), b'new')):
        for node, each in zip(nodes.primaries, found):
            nodes.set([node], each)
        assert nodes.client()('GET', 'a/c/o', x_newest='true').body == wanted


def test_metadata_does_not_bring_deleted_data_back(nodes):
    nodes.set(nodes.all, answer(200, stamps(1600000000, 1800000000), b'old'))
    nodes.set(nodes.primaries[1:], answer(404, 'X-Backend-Timestamp: 1700000000.00000\r\n'))
    assert nodes.client()('GET', 'a/c/o', x_newest='true').status_int == 404


def test_a_node_with_many_errors_is_left_alone(nodes):
    nodes.set(nodes.all, answer(500))
    nodes.set(nodes.primaries[1:], CREATED)
    nodes.set(nodes.handoffs, CREATED)
    client = nodes.client(error_suppression_limit='2')
    for _ in range(6):
        assert client('PUT', 'a/c/o', b'x').status_int == 201
    assert len(nodes.primaries[0].seen) == 3


def test_every_object_node_is_told_a_container_replica(nodes):
    nodes.set(nodes.all, CREATED)
    nodes.client()('PUT', 'a/c/o', b'x')
    told = [headers['x-container-device'] for node in nodes.primaries for _, _, headers, _ in node.seen]
    assert sorted(told) == ['d0', 'd1', 'd2']
    # Small bodies come with the request.
    sent = [seen for node in nodes.primaries for seen in node.seen]
    assert all('expect' not in headers and body == b'x' for _, _, headers, body in sent)


def test_write_affinity_writes_to_local_nodes_first(nodes):
    nodes.set(nodes.all, CREATED)
    local = nodes.handoffs[:2]
    affinity = ', '.join(f'r1z{nodes.all.index(node)}' for node in local)
    assert nodes.client(write_affinity=affinity)('PUT', 'a/c/o', b'x').status_int == 201
    assert [len(node.seen) for node in local] == [1, 1]
    assert sum(len(node.seen) for node in nodes.primaries) == 1


def test_differing_checksums_are_an_error(nodes):
    nodes.set(nodes.all, answer(201, 'Etag: "a"\r\n'))
    nodes.set(nodes.primaries[:1], answer(201, 'Etag: "b"\r\n'))
    assert nodes.client()('PUT', 'a/c/o', b'x').status_int == 500


def test_a_delete_with_mixed_answers_is_done(nodes):
    nodes.set(nodes.all, answer(507))
    nodes.set(nodes.primaries[:1], answer(204))
    nodes.set(nodes.primaries[1:2], answer(404))
    assert nodes.client()('DELETE', 'a/c/o').status_int == 204
