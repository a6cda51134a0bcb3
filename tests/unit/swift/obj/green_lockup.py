"""Run by test_replicator_lockup.py in a process on green threads."""
import time

from essex import concurrency
from swift import cluster
from swift.obj import diskfile
from swift.obj.replicator import ObjectReplicator
from tests.fixtures.object_nodes import Nodes


def test_a_peer_that_never_answers_is_given_up(tmp_path):
    nodes = Nodes(tmp_path, count=2, replicas=2, part_power=0)
    silent = [concurrency.listen('127.0.0.1', ports['object']) for ports in nodes.ports]
    cluster_ = cluster.load(nodes.root)
    manager = diskfile.Manager(nodes.conf(0, threads_per_disk='0'), cluster_)
    manager.get('d0', '0', 'a', 'c', 'o', cluster_.policies.default).delete(diskfile.Timestamp.now())
    daemon = ObjectReplicator(nodes.conf(0, lockup_timeout='1', http_timeout='60'))
    began = time.monotonic()
    daemon.run_once()
    assert time.monotonic() - began < 20
    assert daemon.stats['failure'] == 1
    assert len(silent) == 2
