"""The metadata service: who is told what, in the shapes of EC2 and OpenStack."""
import base64
import json
import math

import pytest
import webob

from essex import db, rpc
from nova import exception
from nova.api.metadata import content, instance
from nova.api.metadata.app import Application
from nova.api.metadata.cache import Cache
from nova.db import floating_ips, instances, security_groups
from nova.network import allocation
from nova.network.api import API
from tests.unit.nova.network.cast import ADMIN, OWNER, add_network, add_server, delete_row

KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfo owner@example.org'


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Service:
    """The application and a server that asks it."""

    def __init__(self, server):
        self.server, self.clock = server, Clock()
        self.app = Application(Cache(self.clock))

    def ask(self, path, address='10.0.0.2', **options):
        request = webob.Request.blank(path, **options)
        request.environ['REMOTE_ADDR'] = address
        return request.get_response(self.app)

    def text(self, path):
        response = self.ask(path)
        assert response.status_code == 200, path
        return response.text

    def json(self, path):
        response = self.ask(path)
        assert response.content_type == 'application/json'
        return response.json


@pytest.fixture
def service(database, conf):
    database('nova')
    rpc.configure('memory://')
    add_network(host='node1', dns1='192.0.2.53', mtu=1400)
    server = add_server('web-1', key_name='mine', key_data=KEY, metadata_={'role': 'web'}, ephemeral_gb=1, swap_mb=64,
                        user_data=base64.b64encode(b'#!/bin/sh\necho \xff\n').decode(), kernel_id='aaaaaaaa-1',
                        personality=[{'path': '/etc/motd', 'contents': base64.b64encode(b'hello\0').decode()}])
    security_groups.add_members(server.uuid, [each.id for each in security_groups.by_names(OWNER, ['default'])])
    allocation.allocate(server.uuid, 'node1')
    yield Service(server)
    rpc.shutdown()


def test_the_root_lists_the_versions(service):
    assert service.text('/').split('\n') == ['1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10',
                                             '2007-12-15', '2008-02-01', '2008-09-01', '2009-04-04', 'latest']


@pytest.mark.parametrize('version', ['1.0', '2009-04-04', 'latest'])
def test_directories(service, version):
    assert service.text(f'/{version}') == service.text(f'/{version}/') == 'meta-data/\nuser-data'
    assert service.text(f'/{version}/meta-data/').split('\n') == [
        'ami-id', 'ami-launch-index', 'ami-manifest-path', 'block-device-mapping/', 'hostname', 'instance-action',
        'instance-id', 'instance-type', 'kernel-id', 'local-hostname', 'local-ipv4', 'mac', 'network/', 'placement/',
        'public-hostname', 'public-ipv4', 'public-keys/', 'reservation-id', 'security-groups']
    assert service.text(f'/{version}/meta-data/public-keys') == '0=mine'
    assert service.text(f'/{version}/meta-data/public-keys/0/') == 'openssh-key'
    assert service.text(f'/{version}/meta-data/block-device-mapping') == 'ami\nephemeral0\nroot\nswap'


@pytest.mark.parametrize('name, value', [
    ('hostname', 'web-1.novalocal'), ('local-hostname', 'web-1.novalocal'), ('public-hostname', 'web-1.novalocal'),
    ('local-ipv4', '10.0.0.2'), ('public-ipv4', ''), ('placement/availability-zone', 'nova'),
    ('instance-id', 'i-00000001'),
    ('instance-type', 'm1.tiny'), ('instance-action', 'none'), ('ami-launch-index', '0'), ('ami-id', 'ami-70a599e0'),
    ('kernel-id', 'aki-aaaaaaaa'), ('reservation-id', 'r-abcdefgh'), ('public-keys/0/openssh-key', KEY),
    ('security-groups', 'default'), ('block-device-mapping/ami', 'vda'), ('block-device-mapping/root', '/dev/vda'),
    ('block-device-mapping/ephemeral0', 'vdb'), ('block-device-mapping/swap', 'vdc')])
def test_values(service, name, value):
    response = service.ask(f'/latest/meta-data/{name}')
    assert response.text == value and response.content_type == 'text/plain'


@pytest.mark.parametrize('path', [
    '/latest/meta-data/nothing', '/latest/meta-data/hostname/more', '/1999-01-01/meta-data', '/openstack/1999-01-01',
    '/openstack/2012-08-10/network_data.json', '/latest/meta-data/public-keys/1', '/openstack/content/0001',
    '/openstack/content', '/openstack/content/0000/x', '/nothing', '/latest/meta-data/ramdisk-id', '/latest/../etc'])
def test_what_there_is_not(service, path):
    response = service.ask(path)
    assert response.status_code == 404 and response.content_type == 'text/plain'


def test_user_data(service):
    for path in ('/latest/user-data', '/openstack/latest/user_data', '/openstack/2012-08-10/user_data'):
        response = service.ask(path)
        assert response.body == b'#!/bin/sh\necho \xff\n' and response.content_type == 'application/octet-stream'


def test_a_server_without_key_and_user_data(service):
    other = add_server('bare')
    allocation.allocate(other.uuid, 'node1')
    for path in ('/latest/user-data', '/latest/meta-data/public-keys', '/openstack/latest/user_data'):
        assert service.ask(path, '10.0.0.3').status_code == 404
    assert service.ask('/latest', '10.0.0.3').text == 'meta-data/'
    assert 'keys' not in service.ask('/openstack/latest/meta_data.json', '10.0.0.3').json


def test_versions_of_openstack(service):
    listed = service.text('/openstack').split('\n')
    assert listed[0] == '2012-08-10' and listed[-2:] == ['2018-08-27', 'latest']
    assert service.text('/openstack/2012-08-10') == 'meta_data.json\nuser_data'
    assert service.text('/openstack/latest/').split('\n') == [
        'meta_data.json', 'network_data.json', 'password', 'user_data', 'vendor_data.json', 'vendor_data2.json']


def test_meta_data_json(service):
    found = service.json('/openstack/latest/meta_data.json')
    assert len(base64.b64decode(found.pop('random_seed'))) == 512
    assert found == {
        'uuid': service.server.uuid, 'hostname': 'web-1.novalocal', 'name': 'web-1', 'launch_index': 0,
        'availability_zone': 'nova', 'meta': {'role': 'web'}, 'public_keys': {'mine': KEY}, 'project_id': 'p1',
        'keys': [{'name': 'mine', 'type': 'ssh', 'data': KEY}], 'devices': [], 'dedicated_cpus': [],
        'files': [{'path': '/etc/motd', 'content_path': '/content/0000'}]}
    assert service.ask('/openstack/content/0000').body == b'hello\0'
    first = service.json('/openstack/2012-08-10/meta_data.json')
    assert not {'random_seed', 'project_id', 'devices', 'keys'} & set(first) and first['uuid'] == service.server.uuid


def test_network_data_json(service):
    vif = instances.get(service.server.uuid).network_info[0]
    assert service.json('/openstack/2018-08-27/network_data.json') == {
        'links': [{'id': vif['devname'], 'vif_id': vif['id'], 'type': 'bridge', 'mtu': 1400,
                   'ethernet_mac_address': vif['address']}],
        'networks': [{'id': 'network0', 'link': vif['devname'], 'type': 'ipv4_dhcp',
                      'network_id': vif['network']['id']}],
        'services': [{'type': 'dns', 'address': '192.0.2.53'}]}
    macs = service.text('/latest/meta-data/network/interfaces/macs/')
    assert macs == vif['address'] + '/'
    assert service.text(f'/latest/meta-data/network/interfaces/macs/{vif["address"]}/local-ipv4s') == '10.0.0.2'


def test_vendor_data(service, conf, tmp_path):
    assert service.json('/openstack/latest/vendor_data.json') == {}
    (tmp_path / 'vendor.json').write_text('{"site": "\u00e9"}')
    conf.set('vendordata_jsonfile_path', str(tmp_path / 'vendor.json'))
    assert service.json('/openstack/latest/vendor_data.json') == {'site': '\u00e9'}


def test_a_password_is_set_once(service):
    path = '/openstack/latest/password'
    assert service.text(path) == ''
    assert service.ask(path, method='POST', body=b'c2VjcmV0').status_code == 200
    assert service.text(path) == 'c2VjcmV0'
    assert service.ask(path, method='POST', body=b'other').status_code == 409
    other = add_server('two')
    allocation.allocate(other.uuid, 'node1')
    for body in (b'', b'x' * 1021, b'\xff'):
        assert service.ask(path, '10.0.0.3', method='POST', body=body).status_code == 400
    assert service.ask('/openstack/2012-08-10/password', '10.0.0.3', method='POST', body=b'x').status_code == 404


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'TRACE'])
def test_other_methods_are_refused(service, method):
    response = service.ask('/latest/meta-data', method=method)
    assert response.status_code == 405 and response.headers['Allow'] == 'GET, HEAD'


def test_head(service):
    response = service.ask('/latest/meta-data/hostname', method='HEAD')
    assert response.status_code == 200 and response.body == b''


@pytest.mark.parametrize('address', ['10.0.0.9', '10.0.0.1', '::1', '', 'x' * 100, '10.0.0.2\0'])
def test_nobody_else_is_told_anything(service, address):
    for path in ('/latest/meta-data', '/openstack', '/openstack/latest/meta_data.json', '/latest/user-data'):
        assert service.ask(path, address).status_code == 404


def test_an_address_others_claim_counts_only_behind_a_proxy(service, conf):
    claim = {'X-Forwarded-For': '10.0.0.2'}
    assert service.ask('/latest/meta-data/hostname', '10.0.0.9', headers=claim).status_code == 404
    conf.set('use_forwarded_for', True)
    assert service.ask('/latest/meta-data/hostname', '192.0.2.1', headers=claim).status_code == 200
    # A server that claims to be another, through the proxy.
    claim = {'X-Forwarded-For': '10.0.0.2, 10.0.0.9'}
    assert service.ask('/latest/meta-data/hostname', '192.0.2.1', headers=claim).status_code == 404


def test_an_address_given_in_ipv6_form(service):
    assert service.ask('/latest/meta-data/local-ipv4', '::ffff:10.0.0.2').text == '10.0.0.2'


def test_a_path_may_not_be_endless(service):
    assert service.ask('/latest/' + 'x' * 600).status_code == 414


def test_two_statements_then_none_for_a_second(service, monkeypatch):
    # The zones of hosts are remembered on their own, for some seconds of the real clock.
    monkeypatch.setattr(instance._ZONES, '_until', math.inf)
    with db.count_statements() as counter:
        service.text('/latest/meta-data/')
    assert counter.total == 2, counter.statements
    with db.count_statements() as counter:
        service.text('/latest/meta-data/hostname')
        service.json('/openstack/latest/meta_data.json')
    assert counter.total == 0
    service.clock.now = 2
    with db.count_statements() as counter:
        service.text('/latest/meta-data/hostname')
    assert counter.total == 1
    service.clock.now = 16
    with db.count_statements() as counter:
        service.text('/latest/meta-data/hostname')
    assert counter.total == 2, counter.statements


def test_changes_show_after_a_second(service):
    assert service.text('/latest/meta-data/public-ipv4') == ''
    api = API()
    api.create_floating_ips(ADMIN, '172.24.4.1')
    floating_ips.allocate('p1', 'nova')
    api.associate_floating_ip(OWNER, service.server, '172.24.4.1')
    service.clock.now = 1.5
    assert service.text('/latest/meta-data/public-ipv4') == '172.24.4.1'


def test_the_next_server_with_the_address_is_not_told_about_the_last(service):
    assert service.text('/latest/meta-data/instance-id') == 'i-00000001'
    allocation.deallocate(service.server.uuid)
    delete_row(service.server)
    service.clock.now = 1.5
    assert service.ask('/latest/meta-data/instance-id').status_code == 404
    other = add_server('next')
    allocation.allocate(other.uuid, 'node1')
    service.clock.now = 3
    assert service.text('/latest/meta-data/instance-id') == 'i-00000002'


def test_the_files_of_a_config_drive(service):
    files = content.config_drive_files(service.server.uuid)
    assert all(isinstance(value, bytes) for value in files.values())
    assert files['openstack/latest/user_data'] == b'#!/bin/sh\necho \xff\n' == files['ec2/latest/user-data']
    assert files['openstack/content/0000'] == b'hello\0'
    assert json.loads(files['openstack/latest/meta_data.json'])['uuid'] == service.server.uuid
    assert json.loads(files['ec2/2009-04-04/meta-data.json'])['public-keys'] == {
        '0': {'_name': '0=mine', 'openssh-key': KEY}}
    network = json.loads(files['openstack/latest/network_data.json'])['networks'][0]
    assert (network['type'], network['ip_address'], network['netmask'], network['routes'][0]['gateway']) == (
        'ipv4', '10.0.0.2', '255.255.255.0', '10.0.0.1')
    assert not [path for path in files if path.endswith('/password') or path.startswith('/') or '..' in path]
    with pytest.raises(exception.InstanceNotFound):
        content.config_drive_files('unknown')
