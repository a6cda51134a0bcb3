"""Object storage as its users meet it: openstack, swift, rclone and curl, with Keystone and alone."""
import hashlib
import json
import os
import pathlib
import re
import shlex
import signal

import pytest

from essex.cloud.layout import Layout
from essex.cloud.settings import Settings
from tests.fixtures.cloud import ROOT, Cloud
from tests.fixtures.processes import wait_for

SWIFT = ROOT / '.venv' / 'bin' / 'swift'


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
    """Object storage without the rest of the cloud."""
    made = Cloud(tmp_path_factory.mktemp('alone') / 'var', 'fake')
    made.essex('init', '--only', 'swift', '--free-ports')
    try:
        made.told = made.essex('up', '--only', 'swift')
        made.settings = Settings.load(Layout(made.directory))
        yield made
    finally:
        made.remove()


def tempauth(made):
    """The variables of python-swiftclient for the user demo."""
    return {'ST_AUTH': made.settings.url('swift', '/auth/v1.0'), 'ST_USER': 'demo:demo',
            'ST_KEY': made.settings.password('demo')}


def test_containers_and_objects_of_a_project(cloud, tmp_path):
    source = tmp_path / 'data'
    source.write_bytes(os.urandom(100_000))
    cloud.openstack('container', 'create', 'openstack-box')
    cloud.openstack('object', 'create', '--name', 'a/b', 'openstack-box', source)
    assert [row['Name'] for row in cloud.json('object', 'list', 'openstack-box')] == ['a/b']
    cloud.openstack('object', 'save', '--file', tmp_path / 'copy', 'openstack-box', 'a/b')
    assert (tmp_path / 'copy').read_bytes() == source.read_bytes()
    cloud.openstack('object', 'set', '--property', 'Colour=blue', 'openstack-box', 'a/b')
    assert 'blue' in str(cloud.json('object', 'show', 'openstack-box', 'a/b'))
    refused = cloud.openstack('container', 'delete', 'openstack-box', check=False)
    assert refused.returncode != 0
    cloud.openstack('container', 'delete', '--recursive', 'openstack-box')
    assert 'openstack-box' not in str(cloud.json('container', 'list'))


def test_the_way_of_a_request_is_shown(cloud):
    account = cloud.json('object', 'store', 'account', 'show')['Account']
    token = cloud.openstack('token', 'issue', '-f', 'value', '-c', 'id').strip()
    url = Settings.load(Layout(cloud.directory)).url('swift', f'/v1/{account}/traced')
    for target in (url, f'{url}/object'):
        told = cloud.run('curl', '-sS', '-i', '-X', 'PUT', '-H', f'X-Auth-Token: {token}', '-d', 'x', target).stdout
        way = cloud.essex('trace', re.search(r'(?i)x-openstack-request-id: (tx\S+)', told)[1])
        assert 'container-server' in way
    assert way.count('object-server') == 3 and token not in way


def test_a_project_does_not_see_anothers(cloud, tmp_path):
    cloud.openstack('container', 'create', 'secret-box')
    url = cloud.json('object', 'store', 'account', 'show')['Account']
    endpoint = Settings.load(Layout(cloud.directory)).url('swift', f'/v1/{url}/secret-box')
    assert cloud.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', endpoint).stdout == '401'
    cloud.run(SWIFT, 'post', '-r', '.r:*', 'secret-box', account='demo')
    assert 'Read ACL: .r:*' in cloud.run(SWIFT, 'stat', 'secret-box', account='demo').stdout
    (tmp_path / 'o').write_text('for all')
    cloud.run(SWIFT, 'upload', '--object-name', 'o', 'secret-box', tmp_path / 'o', account='demo')
    assert cloud.run('curl', '-s', f'{endpoint}/o').stdout == 'for all'
    assert cloud.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'DELETE',
                     f'{endpoint}/o').stdout == '401'


def test_large_files_go_in_segments(cloud, tmp_path):
    source = tmp_path / 'large'
    source.write_bytes(os.urandom(7_000_000))
    cloud.run(SWIFT, 'upload', '-S', '2000000', '--use-slo', '--object-name', 'large', 'segmented', source,
              account='demo')
    cloud.run(SWIFT, 'download', '-o', tmp_path / 'back', 'segmented', 'large', account='demo')
    assert (tmp_path / 'back').read_bytes() == source.read_bytes()
    cloud.run(SWIFT, 'delete', 'segmented', account='demo')
    assert 'large' not in cloud.run(SWIFT, 'list', 'segmented_segments', account='demo', check=False).stdout


def test_dispersion_through_keystone(cloud):
    conf = cloud.directory / 'etc' / 'swift' / 'dispersion.conf'
    assert 'Created 10 containers' in cloud.run(ROOT / 'bin' / 'swift-dispersion-populate', conf).stdout
    assert '100.00% of object copies found' in cloud.run(ROOT / 'bin' / 'swift-dispersion-report', conf).stdout


def test_alone_it_says_how_to_use_it(alone):
    """The curl and rclone lines that it prints are run."""
    lines = [line.strip() for line in alone.told.splitlines()]
    login = next(line.removeprefix('curl:').strip() for line in lines if line.startswith('curl:'))
    answer = alone.run(*shlex.split(login)).stdout
    headers = dict(line.split(': ', 1) for line in answer.splitlines() if ': ' in line)
    put = next(line for line in lines if '-X PUT' in line)
    words = [word.replace('STORAGE_URL', headers['X-Storage-Url']).replace('TOKEN', headers['X-Auth-Token'])
             for word in shlex.split(put)]
    assert '201' in alone.run(*words, '-s', '-o', '/dev/null', '-w', '%{http_code}').stdout
    begin = lines.index('[essex]')
    conf = alone.directory / 'rclone.conf'
    conf.write_text('\n'.join(lines[begin:begin + 6]) + '\n')
    rclone = ('rclone', '--config', conf)
    alone.run(*rclone, 'copy', ROOT / 'docs', 'essex:photos/docs')
    assert alone.run(*rclone, 'check', ROOT / 'docs', 'essex:photos/docs').returncode == 0


def test_alone_the_swift_command_works(alone, tmp_path):
    for number in range(3):
        (tmp_path / f'file{number}').write_bytes(os.urandom(1000 * number))
    alone.run(SWIFT, 'upload', 'folder', '.', env=tempauth(alone), cwd=tmp_path)
    assert alone.run(SWIFT, 'list', 'folder', env=tempauth(alone)).stdout.split() == ['file0', 'file1', 'file2']
    back = tmp_path / 'back'
    back.mkdir()
    alone.run(SWIFT, 'download', 'folder', env=tempauth(alone), cwd=back)
    for number in range(3):
        assert (back / f'file{number}').read_bytes() == (tmp_path / f'file{number}').read_bytes()
    alone.run(SWIFT, 'delete', 'folder', env=tempauth(alone))
    assert 'folder' not in alone.run(SWIFT, 'list', env=tempauth(alone)).stdout.split()


def test_alone_it_survives_kill_9(alone, tmp_path):
    data = os.urandom(50_000)
    (tmp_path / 'o').write_bytes(data)
    alone.run(SWIFT, 'upload', '--object-name', 'o', 'kept', tmp_path / 'o', env=tempauth(alone))
    status = Layout(alone.directory).status
    for name in ('swift-storage-object-0', 'swift-storage-account-container', 'proxy-server'):
        os.kill(int(json.loads((status / f'{name}.json').read_text())['pid']), signal.SIGKILL)
    wait_for(lambda: alone.run(SWIFT, 'download', '-o', tmp_path / 'back', 'kept', 'o', env=tempauth(alone),
                               check=False).returncode == 0, 60, 0.5)
    assert hashlib.md5((tmp_path / 'back').read_bytes()).digest() == hashlib.md5(data).digest()


def test_alone_it_stops_and_starts_with_everything_there(alone, tmp_path):
    (tmp_path / 'o').write_text('still here')
    alone.run(SWIFT, 'upload', '--object-name', 'o', 'stays', tmp_path / 'o', env=tempauth(alone))
    alone.essex('down')
    alone.essex('up', '--only', 'swift')
    alone.run(SWIFT, 'download', '-o', tmp_path / 'back', 'stays', 'o', env=tempauth(alone))
    assert (tmp_path / 'back').read_text() == 'still here'
    assert pathlib.Path(alone.directory / 'swift' / 'devices' / 'd1').is_dir()
    assert alone.essex('status').count(' up ') >= 16
