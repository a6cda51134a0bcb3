"""Objects stay readable while devices join, are drained, and go; afterwards each is where the ring wants it."""
import os
import shutil

import pytest

from swift.ring.builder import RingBuilder
from tests.fixtures.swift import SERVERS
from tests.functional import swift_kit


class Builders:
    """The builders of a cluster's three rings."""

    def __init__(self, made):
        self.made = made
        self._builders = {kind: RingBuilder(4, 3, 0) for kind in SERVERS}

    def add(self, node, device):
        where = self.made.node(node)
        for kind, builder in self._builders.items():
            builder.add_dev({'region': 1, 'zone': node, 'ip': where.host, 'port': where.ports[kind],
                             'device': device, 'weight': 100})

    def _each(self, node, device):
        for kind, builder in self._builders.items():
            port = self.made.node(node).ports[kind]
            yield builder, next(each['id'] for each in builder.devs
                                if each and (each['port'], each['device']) == (port, device))

    def drain(self, node, device):
        for builder, number in self._each(node, device):
            builder.set_dev_weight(number, 0)

    def remove(self, node, device):
        for builder, number in self._each(node, device):
            builder.remove_dev(number)

    def rebalance(self):
        for kind, builder in self._builders.items():
            builder.rebalance(seed=1)
            builder.save_ring(str(self.made.etc / f'{kind}.ring.gz'))
        if self.made.running:
            swift_kit.mend_proxy(self.made)


@pytest.fixture
def cluster(tmp_path):
    made = swift_kit.cluster(tmp_path / 'swift')
    try:
        made.configure()
        made.builders = Builders(made)
        for node in range(1, 5):
            made.builders.add(node, 'd1')
        made.builders.rebalance()
        made.start()
        yield made
    finally:
        made.close()


def work(owner, marker):
    """Something of everything that happens while partitions move."""
    for number in range(8):
        owner.put('moving', f'{marker} {number}', os.urandom(3000))
    owner.put('moving', 'always', marker.encode())
    owner.put('moving', f'short-lived {marker}')
    owner.delete('moving', f'short-lived {marker}')


def test_devices_come_and_go(cluster):
    owner = swift_kit.Owner(cluster)
    owner.make('moving')
    work(owner, 'first')
    cluster.builders.add(1, 'd2')
    cluster.builders.add(2, 'd2')
    cluster.builders.rebalance()
    owner.is_readable()
    work(owner, 'added')
    for _ in range(3):
        cluster.builders.drain(3, 'd1')
        cluster.builders.rebalance()
        owner.is_readable()
        work(owner, 'drained')
        swift_kit.settle(cluster)
    owner.is_whole()
    assert not list(cluster.storage_dir(3, 'd1').glob('objects/*/*/*/*.data'))
    cluster.builders.remove(3, 'd1')
    # And a disk that has died.
    cluster.builders.remove(4, 'd1')
    for path in cluster.storage_dir(4, 'd1').iterdir():
        shutil.rmtree(path)
    cluster.builders.add(3, 'd2')
    cluster.builders.rebalance()
    owner.is_readable()
    work(owner, 'removed')
    owner.is_readable()
    swift_kit.settle(cluster, rounds=2)
    owner.is_whole()
