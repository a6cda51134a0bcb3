"""GET /recon/*: what a storage server says about itself and its node."""
import hashlib
import json

import pytest
from webob import Request, Response

from swift import recon_cache
from swift.middleware import recon


@pytest.fixture
def ask(tmp_path):
    for name in ('cache', 'node/sdb1', 'node/sdb2'):
        (tmp_path / name).mkdir(parents=True)
    conf = {'recon_cache_path': str(tmp_path / 'cache'), 'swift_dir': str(tmp_path), 'devices': str(tmp_path / 'node'),
            'mount_check': 'no'}
    app = recon.filter_factory(conf)(Response(text='the server', status=200))

    def get(name, method='GET', **changes):
        chosen = recon.filter_factory(conf, **changes)(Response(text='the server')) if changes else app
        answer = Request.blank(name, method=method).get_response(chosen)
        return json.loads(answer.body) if answer.content_type == 'application/json' else answer

    return get


def test_anything_else_goes_to_the_server(ask):
    assert ask('/sdb1/1/a/c/o').text == 'the server'


@pytest.mark.parametrize('name', [*recon.CACHED])
def test_figures_nobody_left_are_null(ask, name):
    figures = ask(f'/recon/{name}')
    assert figures
    assert set(figures.values()) == {None}


def test_figures_daemons_left_are_shown(ask, tmp_path):
    recon_cache.dump(str(tmp_path / 'cache'), 'object', {
        'async_pending': 7, 'object_replication_time': 1.5, 'object_auditor_stats_ALL': {'passes': 3}})
    assert ask('/recon/async') == {'async_pending': 7, 'async_pending_last': None}
    assert ask('/recon/replication') == {'object_replication_time': 1.5}
    assert ask('/recon/auditor/object')['object_auditor_stats_ALL'] == {'passes': 3}


def test_unknown_path_is_404_and_a_write_405(ask):
    assert ask('/recon/nothing').status_int == 404
    assert ask('/recon/mem', method='PUT').status_int == 405


def test_the_node(ask):
    assert ask('/recon/mem')['MemTotal'].endswith('kB')
    assert ask('/recon/load')['1m'] >= 0
    assert {'device', 'path'} == set(ask('/recon/mounted')[0])
    assert ask('/recon/sockstat')['tcp_in_use'] >= 0
    assert ask('/recon/time') > 1e9
    assert ask('/recon/version')['version']


def test_devices_and_their_use(ask, tmp_path):
    assert ask('/recon/devices') == {str(tmp_path / 'node'): ['sdb1', 'sdb2']}
    usage = ask('/recon/diskusage')
    assert [each['device'] for each in usage] == ['sdb1', 'sdb2']
    assert usage[0]['size'] >= usage[0]['used'] > 0
    assert ask('/recon/unmounted') == []


def test_unmounted_devices_are_named_and_have_no_size(ask):
    assert ask('/recon/unmounted', mount_check='yes') == [
        {'device': 'sdb1', 'mounted': False}, {'device': 'sdb2', 'mounted': False}]
    assert ask('/recon/diskusage', mount_check='yes')[0] == {
        'device': 'sdb1', 'mounted': False, 'size': '', 'used': '', 'avail': ''}


def test_rings_and_swift_conf_by_md5_follow_changes(ask, tmp_path):
    for content in (b'one', b'another'):
        for name in ('object.ring.gz', 'object-1.ring.gz', 'swift.conf', 'notes.ring.gz'):
            (tmp_path / name).write_bytes(content)
        digest = hashlib.md5(content).hexdigest()
        assert ask('/recon/ringmd5') == {str(tmp_path / 'object.ring.gz'): digest,
                                         str(tmp_path / 'object-1.ring.gz'): digest}
        assert ask('/recon/swiftconfmd5') == {str(tmp_path / 'swift.conf'): digest}


def test_quarantined_counts_by_kind_and_policy(ask, tmp_path):
    for path in ('sdb1/quarantined/objects/a', 'sdb2/quarantined/objects/b', 'sdb2/quarantined/objects-1/c',
                 'sdb1/quarantined/containers/d'):
        (tmp_path / 'node' / path).mkdir(parents=True)
    assert ask('/recon/quarantined') == {
        'accounts': 0, 'containers': 1, 'objects': 3, 'policies': {'0': {'objects': 2}, '1': {'objects': 1}}}
