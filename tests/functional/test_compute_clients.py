"""The Compute API of a running cloud by unmodified clients: openstacksdk, novaclient, and plain HTTP as in 2012."""
import base64
import time
import uuid

import openstack
import pytest
import requests
from keystoneauth1 import session
from keystoneauth1.identity import v3
from novaclient import client as novaclient
from novaclient import exceptions as nova_exceptions

from tests.fixtures.cloud import ROOT

KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGBkX0dxQD5/dtJhf1owKY0bA68GLk0XZbtgcrnYmRsj someone'


def auth(cloud, account='demo'):
    """What keystoneauth's v3 password plugin is given."""
    names = ('auth_url', 'username', 'password', 'project_name', 'user_domain_name', 'project_domain_name')
    credentials = cloud.credentials(account)
    return {name: credentials[f'OS_{name.upper()}'] for name in names}


@pytest.fixture(scope='module')
def sdk(cloud):
    connection = openstack.connect(auth=auth(cloud), region_name=cloud.credentials('demo')['OS_REGION_NAME'])
    yield connection
    connection.close()


@pytest.fixture(scope='module')
def nova(cloud):
    return novaclient.Client('2.12', session=session.Session(v3.Password(**auth(cloud))))


class Essex:
    """Plain requests with a v2.0 token against one of the old faces."""

    def __init__(self, cloud, face, account='demo'):
        self.credentials = cloud.credentials(account)
        base = self.credentials['OS_AUTH_URL'].rsplit('/v3', 1)[0].rstrip('/')
        access = self._post(f'{base}/v2.0/tokens', {'auth': {
            'tenantName': self.credentials['OS_PROJECT_NAME'], 'passwordCredentials': {
                'username': self.credentials['OS_USERNAME'], 'password': self.credentials['OS_PASSWORD']}}})['access']
        self.tenant = access['token']['tenant']['id']
        compute = next(each for each in access['serviceCatalog'] if each['type'] == 'compute')['endpoints'][0]
        self.root = compute['publicURL'].rsplit('/v2.1', 1)[0]
        self.url = f'{self.root}/{face}/{self.tenant}'
        self.headers = {'X-Auth-Token': access['token']['id'], 'Accept': 'application/json'}

    @staticmethod
    def _post(url, body):
        answer = requests.post(url, json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def __call__(self, method, path, body=None, status=200):
        """The parsed answer, which must have a status."""
        answer = requests.request(method, self.url + path, json=body, headers=self.headers, timeout=60)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        assert answer.headers['X-Compute-Request-Id'].startswith('req-')
        self.answer = answer
        return answer.json() if answer.content else None

    def wait(self, server, status, timeout=60):
        """Wait until a server has a status (None: until it is gone)."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            answer = requests.get(f'{self.url}/servers/{server}', headers=self.headers, timeout=30)
            now = answer.json()['server']['status'] if answer.status_code == 200 else None
            if now == status:
                return
            assert now != 'ERROR', answer.text
            time.sleep(0.1)
        raise AssertionError(f'{server} is {now}, not {status}')


@pytest.fixture(scope='module', params=['v1.1', 'v2'])
def essex(cloud, request):
    return Essex(cloud, request.param)


@pytest.fixture
def server(essex):
    """A running server made as in the guide of 2012."""
    image = next(each for each in essex('GET', '/images')['images'])
    flavor = next(each for each in essex('GET', '/flavors')['flavors'] if each['name'] == 'm1.tiny')
    bookmark = {link['rel']: link['href'] for link in flavor['links']}['bookmark']
    made = essex('POST', '/servers', {'server': {
        'name': 'api-server-test1', 'imageRef': image['id'], 'flavorRef': bookmark,
        'metadata': {'My Server Name': 'Apache1'},
        'personality': [{'path': '/etc/banner.txt', 'contents': base64.b64encode(b'hello').decode()}]}}, 202)['server']
    assert essex.answer.headers['Location'] == f'{essex.url}/servers/{made["id"]}' and made['adminPass']
    essex.wait(made['id'], 'ACTIVE')
    yield made['id']
    if requests.delete(f'{essex.url}/servers/{made["id"]}', headers=essex.headers, timeout=30).status_code == 204:
        essex.wait(made['id'], None)


def test_sdk(sdk):
    compute = sdk.compute
    image, flavor = sdk.image.find_image('blank'), compute.find_flavor('m1.tiny')
    compute.create_keypair(name='sdk-key', public_key=KEY)
    server = compute.create_server(name='sdk-server', image_id=image.id, flavor_id=flavor.id, key_name='sdk-key',
                                   networks=[], metadata={'a': 'b'},
                                   user_data=base64.b64encode(b'#!/bin/sh').decode())
    try:
        server = compute.wait_for_server(server, wait=60, interval=0.2)
        assert (server.status, server.metadata, server.key_name) == ('ACTIVE', {'a': 'b'}, 'sdk-key')
        assert server.addresses['private'][0]['version'] == 4
        assert server.id in [each.id for each in compute.servers(details=True, name='sdk')]
        assert compute.update_server(server, name='sdk-renamed').name == 'sdk-renamed'
        compute.set_server_metadata(server, c='d')
        assert compute.get_server_metadata(server).metadata == {'a': 'b', 'c': 'd'}
        compute.stop_server(server)
        compute.wait_for_server(server, status='SHUTOFF', wait=60, interval=0.2)
        compute.start_server(server)
        compute.wait_for_server(server, status='ACTIVE', wait=60, interval=0.2)
        compute.reboot_server(server, 'HARD')
        compute.wait_for_server(server, status='ACTIVE', wait=60, interval=0.2)
        assert 'output' in compute.get_server_console_output(server)
        assert {'create', 'stop', 'start', 'reboot'} <= {each.action for each in compute.server_actions(server)}
        assert compute.get_limits().absolute.instances_used >= 1
    finally:
        compute.delete_server(server)
        compute.wait_for_delete(server, wait=60, interval=0.2)
        compute.delete_keypair('sdk-key')
    assert compute.find_server('sdk-renamed') is None


def test_sdk_follows_pages(sdk):
    names = [flavor.name for flavor in sdk.compute.flavors(limit=2)]
    assert len(names) == len(set(names)) >= 5 and 'm1.tiny' in names


def test_sdk_says_what_is_wrong(sdk):
    with pytest.raises(openstack.exceptions.BadRequestException, match='could not be found'):
        sdk.compute.create_server(name='x', image_id=str(uuid.uuid4()), flavor_id='1', networks=[])
    with pytest.raises(openstack.exceptions.ForbiddenException):
        list(sdk.compute.servers(all_projects=True))
    with pytest.raises(openstack.exceptions.NotFoundException):
        sdk.compute.get_server(str(uuid.uuid4()))


def test_novaclient(nova):
    flavor = nova.flavors.find(name='m1.tiny')
    image = nova.glance.find_image('blank')
    pair = nova.keypairs.create('nova-key')
    assert 'PRIVATE KEY' in pair.private_key
    server = nova.servers.create('nova-server', image, flavor, key_name='nova-key', meta={'a': 'b'},
                                 files={'/etc/banner.txt': 'hello'}, userdata='#!/bin/sh', nics=[])
    try:
        _until(nova, server, 'ACTIVE')
        assert server.id in [each.id for each in nova.servers.list(search_opts={'name': 'nova-server'})]
        nova.servers.pause(server)
        _until(nova, server, 'PAUSED')
        nova.servers.unpause(server)
        _until(nova, server, 'ACTIVE')
        nova.servers.lock(server)
        with pytest.raises(nova_exceptions.Conflict, match='locked'):
            nova.servers.stop(server)
        nova.servers.unlock(server)
        nova.servers.set_meta(server, {'c': 'd'})
        assert nova.servers.get(server).metadata == {'a': 'b', 'c': 'd'}
        assert nova.servers.get_console_output(server) is not None
        assert [group.name for group in nova.servers.list_security_group(server)] == ['default']
    finally:
        nova.servers.delete(server)
        nova.keypairs.delete('nova-key')
    assert nova.quotas.get(nova.client.session.get_project_id()).instances == 10
    assert nova.availability_zones.list(detailed=False)[0].zoneName == 'nova'


def _until(nova, server, status):
    end = time.monotonic() + 60
    while nova.servers.get(server).status != status:
        assert time.monotonic() < end and nova.servers.get(server).status != 'ERROR', nova.servers.get(server).to_dict()
        time.sleep(0.1)


@pytest.mark.parametrize('command', [('list',), ('flavor-list',), ('keypair-list',), ('limits',), ('quota-show',),
                                     ('version-list',)])
def test_the_nova_command(cloud, command):
    done = cloud.run(ROOT / '.venv/bin/nova', *command, account='demo')
    assert '+---' in done.stdout


def test_versions_of_2012(essex):
    root = requests.get(f'{essex.root}/', timeout=30).json()
    assert {each['id'] for each in root['versions']} == {'v2.0', 'v2.1'}
    version = requests.get(f'{essex.root}/v2/', timeout=30).json()['version']
    assert (version['id'], version['updated']) == ('v2.0', '2011-01-21T11:33:21Z')
    assert requests.get(f'{essex.url}/servers', timeout=30).status_code == 401


def test_a_server_of_2012(essex, server):
    shown = essex('GET', f'/servers/{server}')['server']
    assert (shown['status'], shown['metadata'], shown['tenant_id']) == (
        'ACTIVE', {'My Server Name': 'Apache1'}, essex.tenant)
    assert {link['rel']: link['href'] for link in shown['links']} == {
        'self': f'{essex.url}/servers/{server}', 'bookmark': f'{essex.root}/{essex.tenant}/servers/{server}'}
    assert server in [each['id'] for each in essex('GET', '/servers')['servers']]
    assert server in [each['id'] for each in essex('GET', '/servers/detail.json?limit=100')['servers']]
    assert essex('GET', f'/servers/{server}/ips')['addresses']['private'][0]['version'] == 4
    assert essex('PUT', f'/servers/{server}', {'server': {'name': 'new-name'}})['server']['name'] == 'new-name'
    assert essex('PUT', f'/servers/{server}/metadata/color', {'meta': {'color': 'red'}}) == {'meta': {'color': 'red'}}
    assert essex('GET', f'/servers/{server}/metadata')['metadata'] == {'My Server Name': 'Apache1', 'color': 'red'}
    essex('DELETE', f'/servers/{server}/metadata/color', status=204)
    essex('POST', f'/servers/{server}/action', {'reboot': {'type': 'HARD'}}, 202)
    essex.wait(server, 'ACTIVE')
    for action, status in (('suspend', 'SUSPENDED'), ('resume', 'ACTIVE'), ('os-stop', 'SHUTOFF'),
                           ('os-start', 'ACTIVE')):
        essex('POST', f'/servers/{server}/action', {action: None}, 202)
        essex.wait(server, status)
    essex('POST', f'/servers/{server}/action', {'os-getConsoleOutput': {'length': 50}})
    fault = essex('POST', f'/servers/{server}/action', {'jump': None}, 400)
    assert fault == {'badRequest': {'code': 400, 'message': 'There is no such action: jump'}}


def test_an_image_of_a_server(essex, server):
    essex('POST', f'/servers/{server}/action', {'createImage': {'name': 'old-snapshot', 'metadata': {'a': 'b'}}}, 202)
    place = essex.answer.headers['Location']
    assert place.startswith(f'{essex.url}/images/')
    path = place.removeprefix(essex.url)
    end = time.monotonic() + 60
    while (image := essex('GET', path)['image'])['status'] != 'ACTIVE':
        assert time.monotonic() < end, image
        time.sleep(0.1)
    assert (image['progress'], image['server']['id'], image['metadata']['a']) == (100, server, 'b')
    assert [each['id'] for each in essex('GET', f'/images/detail?server={server}')['images']] == [image['id']]
    assert essex('POST', f'{path}/metadata', {'metadata': {'c': 'd'}})['metadata']['c'] == 'd'
    essex('DELETE', f'{path}/metadata/a', status=204)
    replaced = essex('PUT', f'{path}/metadata', {'metadata': {'e': 'f'}})['metadata']
    assert replaced == {'e': 'f'}
    essex('DELETE', path, status=204)
    essex('GET', path, status=404)


def test_other_sizes_and_disks_of_2012(cloud, essex, server):
    admin = Essex(cloud, essex.url.rsplit('/', 2)[1], 'admin')
    large = admin('POST', '/flavors', {'flavor': {
        'name': 'essex.large', 'id': 'essex-large', 'ram': 640, 'vcpus': 2, 'disk': 2}})['flavor']['id']
    try:
        path = f'/servers/{server}/action'
        essex('POST', path, {'resize': {'flavorRef': large, 'auto_disk_config': True}}, 202)
        essex.wait(server, 'VERIFY_RESIZE')
        assert essex('GET', f'/servers/{server}')['server']['flavor']['id'] == large
        used = essex('GET', '/limits')['limits']['absolute']['totalRAMUsed']
        essex('POST', path, {'revertResize': None}, 202)
        essex.wait(server, 'ACTIVE')
        assert essex('GET', '/limits')['limits']['absolute']['totalRAMUsed'] == used - 128
        assert essex('GET', f'/servers/{server}')['server']['flavor']['id'] == '1'
        essex('POST', path, {'confirmResize': None}, 409)
        essex('POST', path, {'resize': {'flavorRef': large}}, 202)
        essex.wait(server, 'VERIFY_RESIZE')
        essex('POST', path, {'confirmResize': None}, 204)
        essex.wait(server, 'ACTIVE')
        image = essex('GET', f'/servers/{server}')['server']['image']['id']
        rebuilt = essex('POST', path, {'rebuild': {
            'imageRef': f'{essex.root}/images/{image}', 'name': 'rebuilt', 'metadata': {'My Server Name': 'Apache2'},
            'accessIPv4': '192.0.2.7', 'personality': [{'path': '/etc/banner.txt', 'contents': 'aGVsbG8='}]}}, 202)
        assert essex.answer.headers['Location'] == f'{essex.url}/servers/{server}' and rebuilt['server']['adminPass']
        assert (rebuilt['server']['name'], rebuilt['server']['status']) == ('rebuilt', 'REBUILD')
        essex.wait(server, 'ACTIVE')
        shown = essex('GET', f'/servers/{server}')['server']
        assert (shown['flavor']['id'], shown['metadata'], shown['accessIPv4']) == (
            large, {'My Server Name': 'Apache2'}, '192.0.2.7')
        mine = admin('GET', f'/os-migrations?instance_uuid={server}')['migrations']
        assert [each['status'] for each in mine] == ['confirmed', 'reverted']
    finally:
        admin('DELETE', f'/flavors/{large}', status=202)


def test_addresses_of_2012(essex, server):
    assert {'name': 'nova'} in essex('GET', '/os-floating-ip-pools')['floating_ip_pools']
    address = essex('POST', '/os-floating-ips', {'pool': None})['floating_ip']
    try:
        essex('POST', f'/servers/{server}/action', {'addFloatingIp': {'address': address['ip']}}, 202)
        shown = essex('GET', f'/os-floating-ips/{address["id"]}')['floating_ip']
        assert shown['instance_id'] == server and shown['fixed_ip']
        assert address['ip'] in [each['addr'] for each in essex('GET', f'/servers/{server}/ips/private')['private']]
        essex('POST', f'/servers/{server}/action', {'removeFloatingIp': {'address': address['ip']}}, 202)
    finally:
        essex('DELETE', f'/os-floating-ips/{address["id"]}', status=202)
    assert address['id'] not in [each['id'] for each in essex('GET', '/os-floating-ips')['floating_ips']]


def test_security_groups_of_2012(essex, server):
    group = essex('POST', '/os-security-groups', {'security_group': {'name': 'web', 'description': 'web'}})[
        'security_group']
    rule = essex('POST', '/os-security-group-rules', {'security_group_rule': {
        'parent_group_id': group['id'], 'ip_protocol': 'tcp', 'from_port': '80', 'to_port': '80',
        'cidr': '0.0.0.0/0', 'group_id': None}})['security_group_rule']
    assert (rule['from_port'], rule['ip_range']) == (80, {'cidr': '0.0.0.0/0'})
    essex('POST', f'/servers/{server}/action', {'addSecurityGroup': {'name': 'web'}}, 202)
    names = [each['name'] for each in essex('GET', f'/servers/{server}/os-security-groups')['security_groups']]
    assert sorted(names) == ['default', 'web']
    essex('DELETE', f'/os-security-groups/{group["id"]}', status=400)
    essex('POST', f'/servers/{server}/action', {'removeSecurityGroup': {'name': 'web'}}, 202)
    essex('DELETE', f'/os-security-group-rules/{rule["id"]}', status=202)
    essex('DELETE', f'/os-security-groups/{group["id"]}', status=202)


def test_keys_quotas_usage_of_2012(essex, server):
    made = essex('POST', '/os-keypairs', {'keypair': {'name': 'old-key'}})['keypair']
    assert 'PRIVATE KEY' in made['private_key'] and made['fingerprint'].count(':') == 15
    essex('POST', '/os-keypairs', {'keypair': {'name': 'old-key', 'public_key': KEY}}, 409)
    essex('DELETE', '/os-keypairs/old-key', status=202)
    quotas = essex('GET', f'/os-quota-sets/{essex.tenant}')['quota_set']
    assert quotas == essex('GET', f'/os-quota-sets/{essex.tenant}/defaults')['quota_set']
    essex('PUT', f'/os-quota-sets/{essex.tenant}', {'quota_set': {'cores': 99}}, 403)
    assert essex('GET', '/limits')['limits']['absolute']['maxTotalInstances'] == quotas['instances']
    usage = essex('GET', f'/os-simple-tenant-usage/{essex.tenant}')['tenant_usage']
    assert server in [each['instance_id'] for each in usage['server_usages']]
    assert {each['alias'] for each in essex('GET', '/extensions')['extensions']} >= {'os-keypairs', 'OS-DCF'}


def test_quotas_of_2012_for_administrators(cloud, essex, server):
    admin = Essex(cloud, 'v2', 'admin')
    used = essex('GET', '/limits')['limits']['absolute']['totalInstancesUsed']
    try:
        admin('PUT', f'/os-quota-sets/{essex.tenant}', {'quota_set': {'instances': used, 'surplus': 1}})
        image = essex('GET', f'/servers/{server}')['server']['image']['id']
        fault = essex('POST', '/servers', {'server': {'name': 'x', 'imageRef': image, 'flavorRef': '1'}}, 413)
        assert fault['overLimit']['code'] == 413 and essex.answer.headers['Retry-After'] == '0'
    finally:
        admin('DELETE', f'/os-quota-sets/{essex.tenant}', status=202)
    admin('GET', '/os-hosts')
    admin('GET', f'/servers/{server}')
    answer = requests.get(f'{admin.root}/v2/{essex.tenant}/servers', headers=admin.headers, timeout=30)
    assert answer.status_code == 400 and 'Malformed' in answer.text
