"""What a new user does, with the fake hypervisor: every command of the quick start by unmodified clients."""
import os

import pytest

from tests.fixtures.cloud import ROOT
from tests.fixtures.commands import Commands, names


@pytest.fixture(scope='module')
def server(cloud):
    """A server of the account demo."""
    cloud.openstack('server', 'create', '--flavor', 'm1.tiny', '--image', 'blank', '--wait', 'quick')
    yield 'quick'
    cloud.openstack('server', 'delete', '--wait', 'quick', check=False)


def test_a_token_and_the_catalog(cloud):
    token = cloud.json('token', 'issue')
    assert token['id'].startswith('gAAAA')
    types = {entry['Type'] for entry in cloud.json('catalog', 'list')}
    assert {'identity', 'image', 'compute'} <= types


@pytest.mark.parametrize('command, name', [
    (('project', 'list'), 'demo'), (('user', 'list'), 'demo'), (('role', 'list'), 'member'),
    (('flavor', 'list'), 'm1.tiny'), (('image', 'list'), 'blank'),
])
def test_lists(cloud, command, name):
    assert name in {row['Name'] for row in cloud.json(*command, account='admin')}


def test_projects_users_roles(cloud):
    cloud.openstack('project', 'create', 'quick-project', account='admin')
    cloud.openstack('user', 'create', '--password', 'secret', 'quick-user', account='admin')
    cloud.openstack('role', 'add', '--project', 'quick-project', '--user', 'quick-user', 'member', account='admin')
    rows = cloud.json('role', 'assignment', 'list', '--names', '--user', 'quick-user', account='admin')
    assert [(row['Role'], row['Project']) for row in rows] == [('member', 'quick-project@Default')]
    for kind in ('user', 'project'):
        cloud.openstack(kind, 'delete', f'quick-{kind}', account='admin')


def test_an_image_from_a_file_and_back(cloud, tmp_path):
    source = tmp_path / 'disk.img'
    source.write_bytes(bytes(range(256)) * 4096)
    cloud.openstack('image', 'create', '--file', source, '--disk-format', 'raw', '--container-format', 'bare', 'mine')
    shown = cloud.json('image', 'show', 'mine')
    assert (shown['status'], shown['size']) == ('active', source.stat().st_size)
    cloud.openstack('image', 'save', '--file', tmp_path / 'back.img', 'mine')
    assert (tmp_path / 'back.img').read_bytes() == source.read_bytes()
    cloud.openstack('image', 'delete', 'mine')
    assert cloud.openstack('image', 'show', 'mine', check=False).returncode == 1


def test_a_key_pair(cloud, tmp_path):
    private = cloud.openstack('keypair', 'create', 'quick-key')
    assert 'PRIVATE KEY' in private
    assert 'quick-key' in {row['Name'] for row in cloud.json('keypair', 'list')}
    cloud.openstack('keypair', 'delete', 'quick-key')


def test_a_server_through_its_life(cloud, server):
    shown = cloud.json('server', 'show', server)
    assert shown['status'] == 'ACTIVE'
    assert 'private' in shown['addresses']
    for action, status in (('stop', 'SHUTOFF'), ('start', 'ACTIVE'), ('pause', 'PAUSED'), ('unpause', 'ACTIVE'),
                           ('suspend', 'SUSPENDED'), ('resume', 'ACTIVE')):
        cloud.openstack('server', action, server)
        cloud.wait_status(server, status)
    cloud.openstack('server', 'reboot', '--hard', '--wait', server)
    assert cloud.json('server', 'show', server)['status'] == 'ACTIVE'
    events = cloud.json('server', 'event', 'list', server)
    assert {'create', 'stop', 'reboot'} <= {event['Action'] for event in events}


def test_a_server_image(cloud, server):
    cloud.openstack('server', 'image', 'create', '--name', 'quick-snapshot', '--wait', server)
    assert cloud.json('image', 'show', 'quick-snapshot')['status'] == 'active'
    cloud.openstack('image', 'delete', 'quick-snapshot')


def test_consoles(cloud, server):
    assert cloud.openstack('console', 'log', 'show', server)
    refused = cloud.openstack('console', 'url', 'show', server, check=False)
    assert 'the fake hypervisor has no screens' in refused.stderr


@pytest.mark.parametrize('command, account', [
    (('availability', 'zone', 'list'), 'demo'), (('hypervisor', 'list'), 'admin'),
    (('limits', 'show', '--absolute'), 'demo'),
    (('compute', 'service', 'list'), 'admin'), (('usage', 'show'), 'demo'), (('hypervisor', 'stats', 'show'), 'admin'),
    (('aggregate', 'list'), 'admin'), (('extension', 'list', '--compute'), 'demo'),
])
def test_looking_around(cloud, server, command, account):
    cloud.openstack(*command, account=account)


def test_services_are_up(cloud):
    rows = cloud.json('compute', 'service', 'list', account='admin')
    assert {'nova-scheduler', 'nova-compute', 'nova-network', 'nova-consoleauth'} <= {row['Binary'] for row in rows}
    assert {row['State'] for row in rows} == {'up'}


def test_status_and_trace(cloud):
    text = cloud.essex('status')
    for daemon in ('keystone-api', 'glance-api', 'nova-api', 'nova-scheduler', 'nova-compute', 'nova-novncproxy'):
        assert daemon in text
    done = cloud.run(ROOT / '.venv/bin/openstack', '--debug', 'server', 'create', '--flavor', 'm1.tiny', '--image',
                     'blank', '--wait', 'traced', account='demo')
    ids = [line.split('POST call to compute for ')[1].split(' used request id ') for line in done.stderr.splitlines()
           if 'POST call to compute for ' in line]
    request = ids[0][1].strip()
    trace = cloud.essex('trace', request)
    for daemon in ('nova-api', 'nova-scheduler', 'nova-compute', 'nova-network', 'glance-api'):
        assert daemon in trace
    cloud.openstack('server', 'delete', '--wait', 'traced')


def test_down_and_up_again(cloud):
    cloud.essex('down')
    assert cloud.run(ROOT / 'bin/essex', '--state-dir', cloud.directory, 'status', check=False).returncode == 1
    cloud.essex('up')
    assert cloud.json('server', 'list') is not None


def test_the_fake_hypervisor_says_so(cloud):
    assert {row['Hypervisor Type'] for row in cloud.json('hypervisor', 'list', account='admin')} == {'fake'}


@pytest.fixture(scope='module')
def commands():
    with Commands() as made:
        yield made


@pytest.mark.parametrize('command', names())
def test_every_command_has_help(commands, command):
    done = commands.run(command, '--help', timeout=30)
    assert done.returncode == 0, done.stderr
    assert 'usage' in done.stdout.lower()
    path = ROOT / 'bin' / command
    assert os.access(path, os.X_OK) and path.read_text().startswith('#!/usr/bin/env python3\n')
