"""What tests of replication share: a cluster of object servers, and a look at what each holds."""
import hashlib

from swift import backend, cluster
from swift.obj import diskfile, partition
from swift.timestamp import Timestamp

A, C = 'AUTH_test', 'box'


class Kit:
    """`nodes`: tests.fixtures.object_nodes.Nodes. Names are placed by the real ring."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.cluster = cluster.load(nodes.root)
        self.ring = self.cluster.ring('object', 0)
        self.policy = self.cluster.policies.by_index(0)

    def place(self, obj):
        """(partition, [numbers of its primaries], [numbers of the others])."""
        part, primaries = self.ring.get_nodes(A, C, obj)
        numbers = [int(node['device'][1:]) for node in primaries]
        return part, numbers, [each for each in range(self.nodes.count) if each not in numbers]

    def node(self, number):
        return next(device for device in self.ring.devs if device['device'] == f'd{number}')

    def send(self, number, method, obj, when, body=b'', **headers):
        """A request to one node's server, as the proxy would send it; returns the answer."""
        part, _, _ = self.place(obj)
        made = {'X-Timestamp': Timestamp(when).internal, **{name.replace('_', '-'): value
                                                           for name, value in headers.items()}}
        if method == 'PUT':
            made.setdefault('Content-Type', 'text/plain')
        return backend.request(self.node(number), method, backend.path(f'd{number}', part, A, C, obj), made, body)

    def holds(self, number, obj):
        """What a node has of an object: (names of its files that count, sorted) without directories around."""
        part, _, _ = self.place(obj)
        name_hash = self.cluster.hash_path(A, C, obj)
        found = partition.look(f'{self.nodes.device(number)}/objects/{part}/{name_hash[-3:]}/{name_hash}')
        return tuple(sorted(name for name in found.names if not name.startswith('.')))

    def read(self, number, obj):
        """(bytes, metadata) as the disk says."""
        part, _, _ = self.place(obj)
        manager = diskfile.Manager(self.nodes.conf(number), self.cluster)
        with manager.get(f'd{number}', str(part), A, C, obj, self.policy).open(expired=True) as opened:
            body = b''
            while piece := opened.read(65536):
                body += piece
            return body, dict(opened.metadata)

    def agree(self, obj, numbers):
        """The one thing that all of `numbers` hold; AssertionError when they differ."""
        found = {number: self.holds(number, obj) for number in numbers}
        assert len(set(found.values())) == 1, found
        return found[numbers[0]]


def etag(body):
    return hashlib.md5(body).hexdigest()
