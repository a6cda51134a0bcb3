"""Hundreds of random operations while servers die, networks part and files rot; in the end nothing is lost.

SWIFT_SEED=<number> repeats a run, as far as processes that run beside each other can be repeated; SWIFT_OPERATIONS is
how many there are.
"""
import http.client
import json
import os
import random
import time

from swift.erasure import Code
from tests.functional import swift_kit
from tests.functional.swift_faults import Faults
from tests.functional.swift_model import Model, State, etag

SEED = int(os.environ.get('SWIFT_SEED') or random.SystemRandom().randrange(1 << 32))
OPERATIONS = int(os.environ.get('SWIFT_OPERATIONS') or 500)
# Erasure-coded: a node that is away takes at most two of six fragments along.
CODE, CODED = Code('liberasurecode_rs_vand', 4, 2, 65536), ('c1', 'segments')
CONTAINERS, NAMES, EMPTY = ('c0', 'c1', 'c2'), [f'o{number}' for number in range(12)], ('e0', 'e1', 'e2')
# Nodes that do not answer are given up within the time a test has.
CONF = {'proxy': {'app:proxy-server': {'error_suppression_limit': 1, 'error_suppression_interval': 1,
                                       'node_timeout': 2, 'post_quorum_timeout': 0.1}}}


class Run:
    """A cluster, a user, a model, and what goes wrong."""

    def __init__(self, cluster, chance):
        self.cluster, self.chance = cluster, chance
        self.owner, self.model, self.faults = swift_kit.Owner(cluster), Model(), Faults(cluster, chance)
        self.empty = {name: {False} for name in EMPTY}
        self.manifests, self.dynamic, self.segments = {}, set(), 0
        for container in (*CONTAINERS, 'segments'):
            self.owner.make(container, int(container in CODED))

    def call(self, method, path, body=None, headers=None, query=''):
        """(status, headers, body); status 0 when the answer broke off."""
        try:
            answer = self.owner.call(method, path, body, headers, timeout=20, query=query)
        except (OSError, http.client.HTTPException):
            return 0, {}, b''
        assert answer.status != 500, (method, path, answer)
        return answer

    def key(self):
        return self.chance.choice(CONTAINERS), self.chance.choice(NAMES)

    def existing(self):
        """A name that is probably there."""
        known = [key for key in self.model.existing() if key[0] != 'segments' and key not in self.manifests]
        return self.chance.choice(known) if known else self.key()

    def colour(self):
        return self.chance.choice((None, 'red', 'green', 'blue'))

    def bytes(self, small):
        return self.chance.randbytes(self.chance.randint(0, 3000) if small else self.chance.randint(70_000, 400_000))

    # Operations

    def put_small(self):
        self._put(self.key(), self.bytes(True))

    def put_large(self):
        self._put(self.key(), self.bytes(False))

    def put_chunked(self):
        body = self.bytes(self.chance.random() < 0.5)
        pieces = [body[start:start + 50_000] for start in range(0, len(body), 50_000)]
        chunks = [b'%x\r\n%b\r\n' % (len(piece), piece) for piece in pieces]
        self._put(self.key(), body, iter([*chunks, b'0\r\n\r\n']), {'Transfer-Encoding': 'chunked'})

    def _put(self, key, body, sent=None, more=None):
        colour = self.colour()
        headers = {**({'X-Object-Meta-Colour': colour} if colour else {}), **(more or {})}
        status, named, _ = self.call('PUT', '/'.join(key), body if sent is None else sent, headers)
        assert status in (0, 201, 499, 503), (key, status)
        assert status != 201 or named['etag'].strip('"') == etag(body)
        self.model.put(key, State(body, colour), status)
        if status == 201:
            self.manifests.pop(key, None)
        return status

    def post(self):
        key, colour = self.existing(), self.chance.choice(('black', 'white'))
        status, _, _ = self.call('POST', '/'.join(key), headers={'X-Object-Meta-Colour': colour})
        assert status in (0, 202, 404, 503), (key, status)
        self.model.post(key, colour, status)

    def delete(self):
        key = self.existing()
        status, _, _ = self.call('DELETE', '/'.join(key))
        assert status in (0, 204, 404, 503), (key, status)
        self.model.delete(key, status)

    def copy(self):
        source, target = self.existing(), self.key()
        if source in self.dynamic:
            # An old manifest on a node that missed the news may be copied, or half of what it stands for.
            return
        status, named, _ = self.call('COPY', '/'.join(source), headers={'Destination': '/'.join(target)})
        assert status in (0, 201, 404, 499, 503), (source, target, status)
        if source != target:
            self.model.copy(source, target, status, named.get('etag', '').strip('"'))
            if status == 201:
                self.manifests.pop(target, None)
        elif status != 404:
            self.model.copied_onto_itself(source, status)

    def _segments(self):
        """Upload two; [(key, body)], shorter when one was refused."""
        made = []
        self.segments += 1
        for number in range(2):
            key, body = ('segments', f'{self.segments:03d}/{number}'), self.bytes(False)
            if self._put(key, body) == 201:
                made.append((key, body))
        return made

    def put_static(self):
        key, made = self.key(), self._segments()
        listed = [{'path': '/' + '/'.join(name), 'etag': etag(body), 'size_bytes': len(body)} for name, body in made]
        status, _, _ = self.call('PUT', '/'.join(key), json.dumps(listed).encode(), query='multipart-manifest=put')
        assert status in (0, 201, 400, 499, 503), (key, status)
        # 400: a segment could not be looked at, or there are none.
        if status != 400:
            self.model.put(key, State(b''.join(body for _, body in made), None), status)
            self.manifests[key] = 'static'

    def put_dynamic(self):
        key, made = self.key(), self._segments()
        if len(made) == 2:
            prefix = made[0][0][1].rpartition('/')[0]
            status, _, _ = self.call('PUT', '/'.join(key), b'', {'X-Object-Manifest': f'segments/{prefix}/'})
            assert status in (0, 201, 503), (key, status)
            self.model.put(key, State(b''.join(body for _, body in made), None), status)
            self.manifests[key] = 'dynamic'
            self.dynamic.add(key)

    def get(self):
        key = self.chance.choice(self.model.existing() or [self.key()])
        self.read(key, strictly=self.faults.healthy)

    def read(self, key, strictly):
        """See that what a client gets is what it may get."""
        status, named, body = self.call('GET', '/'.join(key), headers={'X-Newest': 'true'})
        assert status in (200, 404) or not strictly and status in (0, 409, 503), (key, status)
        # What a manifest is made of, and what listings say, may be late.
        if key in self.manifests and not strictly or status not in (200, 404):
            return None
        state = State(body, named.get('x-object-meta-colour')) if status == 200 else None
        if self.manifests.get(key) != 'dynamic':
            self.model.see(key, state, strictly)
        return state

    def listing(self):
        container = self.chance.choice(CONTAINERS)
        status, _, body = self.call('GET', container, query='format=json')
        assert status == 200 or not self.faults.healthy and status in (0, 503), (container, status)
        for row in json.loads(body or b'[]') if status == 200 else ():
            assert row['name'] in NAMES, row

    def make_empty(self):
        name = self.chance.choice(EMPTY)
        status, _, _ = self.call('PUT', name)
        assert status in (0, 201, 202, 503), (name, status)
        self.empty[name] = {True} if status in (201, 202) else self.empty[name] | {True}

    def remove_empty(self):
        name = self.chance.choice(EMPTY)
        status, _, _ = self.call('DELETE', name)
        assert status in (0, 204, 404, 409, 503), (name, status)
        self.empty[name] = {False} if status == 204 else self.empty[name] | {False}

    WEIGHTS = {'put_small': 20, 'put_large': 8, 'put_chunked': 4, 'post': 10, 'delete': 10, 'copy': 6, 'put_static': 3,
               'put_dynamic': 2, 'get': 25, 'listing': 4, 'make_empty': 3, 'remove_empty': 3}

    def step(self):
        """One operation, with perhaps something going wrong before it."""
        self.faults.happen()
        operation, = self.chance.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))
        getattr(self, operation)()

    # The end

    def agree(self):
        """See that all nodes agree on what the model allows."""
        for key in sorted(self.model.history):
            state = self.read(key, strictly=True)
            self.model.settled(key, state)
            self._replicas(key, state)
        for container in (*CONTAINERS, 'segments'):
            self._listings(container)
        self._empty()
        self.owner._nothing_left()

    def _replicas(self, key, state):
        policy = self.owner.policies[key[0]]
        places = self.cluster.primaries(self.owner.account, *key, policy)
        answers = [self.owner.direct(place, 'object', 'GET', *key, policy) for place in places]
        if policy in self.cluster.codes:
            answers = swift_kit.decoded(self.cluster.codes[policy], answers)
        found = {(answer.status, answer.body if answer.status == 200 else b'', answer.headers.get('x-timestamp'),
                  answer.headers.get('x-object-meta-colour')) for answer in answers if answer.status == 200 or state}
        if state is None:
            assert not found, (key, 'is on some nodes')
            self.owner._nowhere(*key)
            return
        assert len(found) == 1, (key, [each[:1] + each[2:] for each in found])
        status, body, _, _ = found.pop()
        assert status == 200 and (key in self.manifests or body == state.body), key
        holding = {place[:2] for place in places}
        assert {file[:2] for file in self.owner._files(*key)} == holding, key

    def _listings(self, container):
        want = {name: next(iter(states)) for (where, name), states in self.model.allowed.items()
                if where == container and states != {None}}
        counts = set()
        for place in self.cluster.primaries(self.owner.account, container):
            answer = self.owner.direct(place, 'container', 'GET', container)
            rows = {row['name']: row for row in json.loads(answer.body or b'[]')}
            assert rows.keys() == want.keys(), (container, place, rows.keys() ^ want.keys())
            for name, state in want.items():
                if (container, name) not in self.manifests:
                    assert (rows[name]['bytes'], rows[name]['hash']) == (len(state.body), etag(state.body)), rows[name]
            counts.add((int(answer.headers['x-container-object-count']),
                        int(answer.headers['x-container-bytes-used'])))
        (count, size), = counts
        assert count == len(want)
        if not any((container, name) in self.manifests for name in want):
            # A row of a manifest says how much it stands for, the sum what it is.
            assert size == sum(len(state.body) for state in want.values())
        self._account(container, count, size)

    def _account(self, container, count, size):
        for place in self.cluster.primaries(self.owner.account):
            rows = json.loads(self.owner.direct(place, 'account', 'GET').body or b'[]')
            assert [(row['count'], row['bytes']) for row in rows if row['name'] == container] == [(count, size)], place

    def _empty(self):
        for name, allowed in self.empty.items():
            found = {self.owner.direct(place, 'container', 'HEAD', name).status == 204
                     for place in self.cluster.primaries(self.owner.account, name)}
            assert len(found) == 1 and found <= allowed, (name, found, allowed)


def test_random_operations_with_faults_in_between_end_as_the_model_says(tmp_path):
    print(f'SWIFT_SEED={SEED} SWIFT_OPERATIONS={OPERATIONS} repeats this')
    with swift_kit.cluster(tmp_path / 'swift', conf=CONF, namespaces=os.geteuid() == 0, policies=(0, 1),
                           codes={1: CODE}) as cluster:
        run = Run(cluster, random.Random(SEED))
        try:
            began = time.monotonic()
            for _ in range(OPERATIONS):
                run.step()
            print(f'{OPERATIONS} operations in {time.monotonic() - began:.1f} s')
            run.faults.end()
            swift_kit.settle(cluster, rounds=2)
            run.agree()
        finally:
            print(*run.faults.told, sep='\n')
