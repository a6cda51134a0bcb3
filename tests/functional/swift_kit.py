"""What the tests that break object storage have in common: fast daemons, a memory of what was acknowledged, a look
at every replica.
"""
import collections
import hashlib
import json
import urllib.parse

from swift import backend
from tests.fixtures.swift import SwiftCluster

# Nobody waits in a test: nodes are given up soon, and tried again soon; daemons do not pace themselves.
CONF = {
    'proxy': {'app:proxy-server': {'error_suppression_interval': 0.2, 'node_timeout': 3, 'conn_timeout': 0.3},
              # Tokens that count after a restart of the proxy.
              'filter:tempauth': {'fernet_key_1': 'A' * 43 + '=', 'active_fernet_key_id': '1'}},
    'internal': {'app:proxy-server': {'error_suppression_interval': 0.2, 'node_timeout': 3, 'conn_timeout': 0.3,
                                      'account_autocreate': 'true'}},
    'object': {'app:object-server': {'replication_concurrency': 0},
               'object-auditor': {'files_per_second': 0, 'bytes_per_second': 0, 'zero_byte_files_per_second': 0},
               'object-updater': {'objects_per_second': 0},
               **dict.fromkeys(('object-replicator', 'object-reconstructor'), {
                   'concurrency': 4, 'node_timeout': 5, 'http_timeout': 5, 'conn_timeout': 0.3})},
    'container': {'container-auditor': {'containers_per_second': 10000},
                  'container-replicator': {'databases_per_second': 10000, 'node_timeout': 5, 'conn_timeout': 0.3},
                  'container-updater': {'containers_per_second': 0, 'account_suppression_time': 0}},
    'account': {'account-auditor': {'accounts_per_second': 10000},
                'account-replicator': {'databases_per_second': 10000, 'node_timeout': 5, 'conn_timeout': 0.3}},
}

# Each daemon once, and those that carry things to where they belong again after those that make something of them.
ROUND = (('object-auditor', 'container-auditor', 'account-auditor'),
         ('object-replicator', 'container-replicator', 'account-replicator'),
         ('object-updater',),
         ('object-replicator', 'container-replicator', 'container-updater'),
         ('account-reaper', 'object-expirer', 'container-reconciler'),
         ('object-updater',),
         ('container-replicator',),
         ('container-updater',),
         ('account-replicator',))


def archive(code, body, index):
    """The fragment archive of an index of an object."""
    size = code.segment_size
    return b''.join(code.encode(body[start:start + size])[index] for start in range(0, len(body), size))


def decoded(code, answers):
    """The Answers of an object's primaries, each with the object as its body, which its archive is of."""
    held = {index: answer for index, answer in enumerate(answers) if answer.status == 200}
    if len(held) < code.data:
        return answers
    length = int(next(iter(held.values())).headers['x-object-sysmeta-ec-content-length'])
    size, body = code.fragment_size(), b''
    for number in range(code.segments(length)):
        body += code.decode([answer.body[number * size:(number + 1) * size] for answer in held.values()])
    assert all(answer.body == archive(code, body, index) for index, answer in held.items()), 'other fragments'
    return [answer._replace(body=body) if answer.status == 200 else answer for answer in answers]


# These see to the whole cluster from wherever they run.
_ANYWHERE = ('object-expirer', 'container-reconciler')


def cluster(directory, nodes=4, devices=2, conf=None, **options):
    """A SwiftCluster of four nodes whose servers are processes of their own. `conf`: options over CONF."""
    merged = {name: {section: dict(values) for section, values in sections.items()} for name, sections in CONF.items()}
    for name, sections in (conf or {}).items():
        for section, values in sections.items():
            merged.setdefault(name, {}).setdefault(section, {}).update(values)
    return SwiftCluster(directory, nodes=nodes, devices=devices, conf=merged, separate=True, **options)


def mend(made):
    """Every server runs, and the proxy knows nothing of before."""
    made.kill('proxy')
    made.start()


def mend_proxy(made):
    """The proxy knows nothing of before."""
    made.kill('proxy')
    made.start('proxy')


def settle(made, rounds=1):
    """Run every daemon."""
    for _ in range(rounds):
        for daemons in ROUND:
            if made.codes and 'object-replicator' in daemons:
                daemons = (*daemons, 'object-reconstructor')
            made.pass_of(*daemons, nodes=dict.fromkeys(_ANYWHERE, (1,)))


class Owner:
    """A user, and what was acknowledged: `objects` {(container, name): bytes}, None for what was deleted."""

    def __init__(self, made, account='test', user='tester', key='testing'):
        self.cluster, self.account = made, f'AUTH_{account}'
        self.url, self.token = made.token(account, user, key)
        self.objects, self.policies = {}, collections.defaultdict(int)

    def call(self, method, path='', body=None, headers=None, timeout=30, query=''):
        """Send a request about `container/object` (text)."""
        url = (f'{self.url}/{urllib.parse.quote(path)}' if path else self.url) + (f'?{query}' if query else '')
        return self.cluster.request(method, url, self.token, headers, body, timeout)

    def make(self, container, policy=None):
        """Make a container."""
        answer = self.call('PUT', container, headers={'X-Storage-Policy': f'policy-{policy}'} if policy else None)
        assert answer.status in (201, 202), answer
        self.policies[container] = policy or 0

    def put(self, container, name, body=None, status=201, headers=None):
        """Upload; remembered. Returns the bytes."""
        body = f'{container}/{name} '.encode() * 20 if body is None else body
        answer = self.call('PUT', f'{container}/{name}', body, headers)
        assert answer.status == status, answer
        if status == 201:
            self.objects[container, name] = body
        return body

    def delete(self, container, name, status=204):
        """Delete; remembered."""
        answer = self.call('DELETE', f'{container}/{name}')
        assert answer.status == status, answer
        self.objects[container, name] = None

    def get(self, container, name):
        """The Answer to a GET of the newest there is."""
        return self.call('GET', f'{container}/{name}', headers={'X-Newest': 'true'})

    def is_readable(self):
        """See that what was acknowledged can be read now, whatever is broken."""
        for (container, name), body in self.objects.items():
            answer = self.get(container, name)
            assert (answer.status, answer.body) == ((200, body) if body is not None else (404, answer.body)), \
                (container, name, answer.status)

    # Every replica

    def is_whole(self):
        """See that every replica of everything is what was acknowledged, and that nothing else is anywhere."""
        self.is_readable()
        for (container, name), body in self.objects.items():
            if body is None:
                self._nowhere(container, name)
            else:
                self._on_all_primaries(container, name, body)
        containers = {container for container, _ in self.objects}
        for container in containers:
            self._listings(container)
        self._accounts(containers)
        self._nothing_left()

    def _on_all_primaries(self, container, name, body):
        policy = self.policies[container]
        places = self.cluster.primaries(self.account, container, name, policy)
        code = self.cluster.codes.get(policy)
        for index, place in enumerate(places):
            answer = self.direct(place, 'object', 'GET', container, name, policy)
            assert answer.status == 200, (place, container, name, answer.status)
            wanted = archive(code, body, index) if code else body
            assert answer.body == wanted, (place, container, name, 'other bytes')
        holding = {(node, device) for node, device, _, _ in places}
        for node, device, path in self._files(container, name):
            assert (node, device) in holding and path.parts[-5] == (f'objects-{policy}' if policy else 'objects'), \
                f'{path} should not be there'

    def _nowhere(self, container, name):
        for _, _, path in self._files(container, name):
            raise AssertionError(f'{container}/{name} was deleted: {path}')

    def _files(self, container, name):
        """(node, device, path) of every .data of an object that can be read, wherever it is."""
        digest = self.cluster.primaries(self.account, container, name)[0][3]
        for node in self.cluster.nodes:
            for device in self.cluster.device_names:
                for path in self.cluster.storage_dir(node.number, device).glob(f'objects*/*/*/{digest}/*.data'):
                    # What never became durable is forgotten in the end, and shown to nobody until then.
                    if '#' not in path.name or '#d' in path.name:
                        yield node.number, device, path

    def _listings(self, container):
        want = sorted((name, len(body), hashlib.md5(body).hexdigest()) for (where, name), body in self.objects.items()
                      if where == container and body is not None)
        for place in self.cluster.primaries(self.account, container):
            answer = self.direct(place, 'container', 'GET', container)
            assert answer.status in (200, 204), (place, container, answer)
            rows = [(row['name'], row['bytes'], row['hash']) for row in json.loads(answer.body or b'[]')]
            assert rows == want, (place, container, [row for row in rows if row not in want],
                                  [row for row in want if row not in rows])
            counted = (int(answer.headers['x-container-object-count']), int(answer.headers['x-container-bytes-used']))
            assert counted == (len(want), sum(size for _, size, _ in want)), (place, container, counted)

    def _accounts(self, containers):
        want = {container: (sum(1 for (where, _), body in self.objects.items() if where == container and body
                                is not None),
                            sum(len(body or b'') for (where, _), body in self.objects.items() if where == container))
                for container in containers}
        for place in self.cluster.primaries(self.account):
            answer = self.direct(place, 'account', 'GET')
            found = {row['name']: (row['count'], row['bytes']) for row in json.loads(answer.body or b'[]')}
            assert {name: found.get(name) for name in want} == want, place

    def _nothing_left(self):
        for node in self.cluster.nodes:
            pending = list(node.devices.glob('*/async_pending*/*/*'))
            assert not pending, pending

    def direct(self, place, kind, method, container=None, name=None, policy=0, headers=None, body=None):
        """Send a request to a storage server about a name at a `place`."""
        node, device, part, _ = place
        names = [each for each in (self.account, container, name) if each is not None]
        target = backend.path(device, part, *names) + ('?format=json' if name is None and method == 'GET' else '')
        named = {'X-Backend-Storage-Policy-Index': str(policy), **(headers or {})} if kind == 'object' else headers
        return self.cluster.direct(node, kind, method, target, named, body)

    def change_one(self, container, name, when, body, index, policy=0):
        """Put (delete without a body) on the primary `index` alone, which tells one replica of the container."""
        place = self.cluster.primaries(self.account, container, name, policy)[index]
        node, device, part, _ = self.cluster.primaries(self.account, container)[index]
        told = self.cluster.node(node)
        headers = {'X-Timestamp': when.internal, 'Content-Type': 'text/plain', 'X-Container-Device': device,
                   'X-Container-Partition': str(part), 'X-Container-Host': f'{told.host}:{told.ports["container"]}'}
        method = 'DELETE' if body is None else 'PUT'
        answer = self.direct(place, 'object', method, container, name, policy, headers, body)
        assert answer.status in (201, 204, 404), answer

    def data_file(self, place, container, name, policy=0):
        """The path of the one .data of an object at a place."""
        found = list(self.cluster.path_of(place, self.account, container, name, policy).glob('*.data'))
        assert len(found) == 1, found
        return found[0]
