"""swift-recon against real servers, some of which are down; swift-recon-cron."""
import os
import re
import subprocess
import sys

import pytest

from swift import recon_cache
from swift.cmd import recon_cron
from tests.fixtures.object_nodes import _ROOT, Nodes

pytestmark = pytest.mark.servers


@pytest.fixture(scope='module')
def nodes(tmp_path_factory):
    with Nodes(tmp_path_factory.mktemp('recon'), count=3, containers=True) as made:
        made.start([0, 1])
        yield made


def _recon(nodes, *args):
    done = subprocess.run([sys.executable, '-m', 'swift.cmd.recon', '--swiftdir', nodes.root, '-t', '2', *args],
                          cwd=_ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_figures_of_all_hosts_in_one_line_each(nodes):
    for number, pending in ((0, 4), (1, 8)):
        recon_cache.dump(nodes.conf(number)['recon_cache_path'], 'object', {
            'async_pending': pending, 'async_pending_last': 1500000000.0, 'object_replication_time': 1.0 + number,
            'object_replication_last': 1600000000.0, 'replication_stats': {'attempted': 3, 'failure': 0, 'success': 3},
            'object_auditor_stats_ALL': {'passes': 2, 'errors': 0, 'quarantined': 0, 'audit_time': 1,
                                         'bytes_processed': 4}})
    out = _recon(nodes, '-a', '-r', '--auditor', '-l', '--sockstat', '-q', '-d', '--expirer')
    assert '--> Starting reconnaissance on 3 hosts (object)' in out
    assert '[async_pending] low: 4, high: 8, avg: 6.0, total: 12, Failed: 33.3%, no_result: 1, reported: 2' in out
    assert re.search(r'\[replication_time\] low: 1, high: 2, avg: 1\.5', out)
    assert 'Oldest completion was 2017-07-14 02:40:00' in out
    assert '[ALL_passes] low: 2' in out
    assert '[object_expiration_pass] - No hosts returned valid data.' in out
    assert '[tcp_in_use]' in out
    assert '[quarantined_object] low: 0' in out
    assert re.search(r'Disk usage: lowest: [\d.]+%, highest: [\d.]+%', out)
    assert f'-> http://127.0.0.1:{nodes.ports[2]["object"]}/recon/async: ' in out


def test_hosts_that_are_down_can_be_passed_over_in_silence(nodes):
    assert '->' not in _recon(nodes, '-a', '--suppress').replace('-->', '')


def test_md5_versions_clocks_and_kinds_of_servers(nodes):
    out = _recon(nodes, '--md5', '-T', '--jitter', '1', '--swift-versions', '-u', 'container')
    assert out.count('2/3 hosts matched, 1 error[s] while checking hosts.') == 3
    assert re.search(r'Versions matched \([\d.]+\), 1 error', out)
    assert 'reconnaissance on 3 hosts (container)' in out


def test_a_ring_that_differs_is_named(nodes, tmp_path):
    for name in os.listdir(nodes.root):
        if name.endswith('.ring.gz') or name == 'swift.conf':
            with open(os.path.join(nodes.root, name), 'rb') as source:
                (tmp_path / name).write_bytes(source.read())
    with open(tmp_path / 'object.ring.gz', 'ab') as ring:
        ring.write(b'\0')
    done = subprocess.run([sys.executable, '-m', 'swift.cmd.recon', '--swiftdir', str(tmp_path), '--md5'], cwd=_ROOT,
                          capture_output=True, text=True, timeout=60)
    assert "(object.ring.gz => " in done.stdout, done
    assert "doesn't match on disk md5sum" in done.stdout
    assert '0/3 hosts matched, 1 error' in done.stdout


def test_all_checks_of_all_servers(nodes):
    out = _recon(nodes, '--all', 'all')
    for kind in ('account', 'container', 'object'):
        assert f'hosts ({kind})' in out
    assert 'Checking on replication' in out
    assert out.count('2/3 hosts ok, 1 error[s] while checking hosts.') == 3


def test_zones_regions_and_wrong_kinds(nodes):
    assert 'on 1 hosts' in _recon(nodes, '-a', '-z', '1')
    assert 'on 0 hosts' in _recon(nodes, '-a', '--region', '7')
    done = subprocess.run([sys.executable, '-m', 'swift.cmd.recon', '-a', 'toaster'], cwd=_ROOT, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 2
    assert 'no server type' in done.stderr


def test_cron_counts_pendings_of_all_devices_and_policies(tmp_path):
    for path in ('async_pending/abc', 'async_pending-1/abc'):
        (tmp_path / 'node/sdb1' / path).mkdir(parents=True)
        (tmp_path / 'node/sdb1' / path / 'x-1').write_bytes(b'')
    conf = tmp_path / 'object-server.conf'
    conf.write_text(f'[DEFAULT]\ndevices = {tmp_path}/node\nmount_check = no\n[filter:recon]\n'
                    f'recon_cache_path = {tmp_path}/cache\nrecon_lock_path = {tmp_path}\n')
    assert recon_cron.main([str(conf)]) == 0
    assert recon_cache.read(str(tmp_path / 'cache'), 'object')['async_pending'] == 2
    assert recon_cron.main([str(tmp_path / 'none.conf')]) == 1
