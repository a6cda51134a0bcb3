"""glance-api and glance-registry as real daemons behind a real Keystone, driven by unmodified clients.

The openstack command, openstacksdk, python-glanceclient (v2 and v1), Essex requests over plain HTTP, our own client.
"""
import hashlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

import glanceclient
import openstack
import pytest
import requests
from keystoneauth1 import session
from keystoneauth1.identity import v3

from essex.client.image import ImageClient
from essex.context import RequestContext
from essex.exception import Conflict, NotFound, UnsupportedMediaType
from tests.fixtures.processes import Process, free_port, listening, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = 'top-secret'
DATA = os.urandom(3 * 1024 * 1024 + 17)
BACKED = struct.pack('>4sIQI', b'QFI\xfb', 2, 200, 11) + bytes(180) + b'/etc/passwd'

_KEYSTONE = '''[DEFAULT]
bind_host = 127.0.0.1
public_port = {keystone}
admin_port = 0
state_path = {directory}/keystone
api_paste_config = {root}/etc/keystone/keystone-api-paste.ini
transport_url = memory://
[database]
connection = sqlite:///{directory}/keystone.sqlite
[fernet_tokens]
key_repository = {directory}/fernet-keys
'''
_GLANCE = '''[DEFAULT]
bind_host = 127.0.0.1
bind_port = {port}
state_path = {directory}/glance
api_paste_config = {root}/etc/glance/{name}-paste.ini
recover_interval = 1
[database]
connection = sqlite:///{directory}/glance.sqlite
[keystone_authtoken]
auth_url = http://127.0.0.1:{keystone}/v3
username = glance
password = {password}
project_name = service
'''


class Site:
    """The daemons and the people: admin, demo and stranger, each with a project of the same name."""

    def __init__(self, directory):
        self.directory = directory
        self.keystone, self.port, self.registry_port = free_port(), free_port(), free_port()
        self.auth_url = f'http://127.0.0.1:{self.keystone}/v3'
        self.url = f'http://127.0.0.1:{self.port}'
        self._write('keystone', _KEYSTONE)
        self._write('glance-api', _GLANCE, port=self.port)
        self._write('glance-registry', _GLANCE, port=self.registry_port)
        self.processes = []

    def _write(self, name, text, **values):
        (self.directory / f'{name}.conf').write_text(text.format(
            name=name, directory=self.directory, root=ROOT, keystone=self.keystone, password=PASSWORD, **values))

    def manage(self, program, conf, *arguments):
        """Run a manage command."""
        subprocess.run([sys.executable, ROOT / 'bin' / program, '--config-file', self.directory / f'{conf}.conf',
                        *arguments],
                       check=True, env={**os.environ, 'OS_BOOTSTRAP_PASSWORD': PASSWORD}, capture_output=True)

    def daemon(self, program, conf, port):
        """Start a daemon."""
        process = Process([sys.executable, ROOT / 'bin' / program, '--config-file', self.directory / f'{conf}.conf'],
                          log=self.directory / f'{program}.log', name=program)
        process.start(ready=lambda: listening(port), timeout=60)
        self.processes.append(process)
        return process

    def start(self):
        """Everything, from empty databases."""
        self.manage('keystone-manage', 'keystone', 'db_sync')
        self.manage('keystone-manage', 'keystone', 'fernet_setup')
        self.manage('keystone-manage', 'keystone', 'bootstrap', '--bootstrap-public-url',
                    f'http://127.0.0.1:{self.keystone}',
                    '--bootstrap-region-id', 'RegionOne')
        self.manage('glance-manage', 'glance-api', 'db_sync')
        self.daemon('keystone-api', 'keystone', self.keystone)
        self._accounts()
        self.api = self.daemon('glance-api', 'glance-api', self.port)
        self.daemon('glance-registry', 'glance-registry', self.registry_port)
        return self

    def _accounts(self):
        identity = self.sdk('admin').identity
        service = identity.create_service(name='glance', type='image')
        for interface in ('public', 'internal', 'admin'):
            identity.create_endpoint(service_id=service.id, interface=interface, url=self.url, region_id='RegionOne')
        for name, role in (('demo', 'member'), ('stranger', 'member'), ('service', 'service')):
            project = identity.create_project(name=name, domain_id='default')
            user = identity.create_user(name='glance' if name == 'service' else name, password=PASSWORD,
                                        domain_id='default')
            for each in {role, 'admin'} if name == 'service' else {role}:
                identity.assign_project_role_to_user(project, user, identity.find_role(each))

    def session(self, name):
        """A keystoneauth session."""
        return session.Session(v3.Password(auth_url=self.auth_url, username=name, password=PASSWORD, project_name=name,
                                           user_domain_id='default', project_domain_id='default'))

    def sdk(self, name):
        """An openstacksdk connection."""
        return openstack.connection.Connection(session=self.session(name), region_name='RegionOne')

    def cli(self, name, *arguments, check=True):
        """The openstack command's output."""
        environment = {**os.environ, 'OS_AUTH_URL': self.auth_url, 'OS_USERNAME': name, 'OS_PASSWORD': PASSWORD,
                       'OS_PROJECT_NAME': name, 'OS_USER_DOMAIN_ID': 'default', 'OS_PROJECT_DOMAIN_ID': 'default',
                       'OS_IDENTITY_API_VERSION': '3'}
        done = subprocess.run([ROOT / '.venv/bin/openstack', *arguments], env=environment, capture_output=True,
                              text=True,
                              check=False)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout if check else done

    def http(self, name):
        """A requests session with a token."""
        made = requests.Session()
        made.headers['X-Auth-Token'] = self.session(name).get_token()
        return made

    def client(self, name):
        """Our own client, with the token of somebody."""
        return ImageClient.of_user(RequestContext(auth_token=self.session(name).get_token()), self.url)

    def stored(self):
        """The files in the store."""
        return sorted(path.name for path in (self.directory / 'glance/images').rglob('*') if path.is_file())


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp('images'))
    try:
        yield made.start()
    finally:
        for process in reversed(made.processes):
            process.kill()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'image.raw'
    path.write_bytes(DATA)
    return path


def test_the_openstack_command(site, file, tmp_path):
    made = json.loads(site.cli('demo', 'image', 'create', '--file', str(file), '--disk-format', 'raw',
                               '--container-format', 'bare',
                               '--property', 'color=red', '--tag', 'first', 'cli-image', '-f', 'json'))
    assert made['status'] == 'active' and made['size'] == len(DATA)
    listed = json.loads(site.cli('demo', 'image', 'list', '-f', 'json'))
    assert [each['Name'] for each in listed] == ['cli-image'] and listed[0]['Status'] == 'active'
    shown = json.loads(site.cli('demo', 'image', 'show', 'cli-image', '-f', 'json'))
    assert shown['checksum'] == hashlib.md5(DATA).hexdigest() and shown['properties']['color'] == 'red'
    site.cli('demo', 'image', 'save', '--file', str(tmp_path / 'saved'), 'cli-image')
    assert (tmp_path / 'saved').read_bytes() == DATA
    site.cli('demo', 'image', 'set', '--property', 'a=b', '--name', 'renamed', '--protected', 'cli-image')
    assert site.cli('demo', 'image', 'delete', 'renamed', check=False).returncode != 0
    site.cli('demo', 'image', 'set', '--unprotected', 'renamed')
    assert site.cli('stranger', 'image', 'show', made['id'], check=False).returncode != 0
    site.cli('demo', 'image', 'delete', 'renamed')
    assert json.loads(site.cli('demo', 'image', 'list', '-f', 'json')) == []
    assert site.stored() == []


def test_the_sdk(site, file):
    demo, stranger = site.sdk('demo').image, site.sdk('stranger').image
    image = demo.create_image('sdk', filename=str(file), disk_format='raw', container_format='bare', wait=True,
                              zone='x')
    found = demo.find_image('sdk')
    assert found.id == image.id and found.status == 'active' and found.properties['zone'] == 'x'
    assert demo.download_image(image).content == DATA
    assert stranger.find_image(image.id, ignore_missing=True) is None
    demo.add_tag(image, 'tagged')
    assert [each.id for each in demo.images(tag='tagged')] == [image.id]
    member = demo.add_member(image, member_id=stranger.get_project_id())
    stranger.update_member(member.member_id, image.id, status='accepted')
    assert [each.id for each in stranger.images()] == [image.id]
    demo.deactivate_image(image)
    assert demo.get_image(image).status == 'deactivated'
    demo.reactivate_image(image)
    demo.update_image(image, name='renamed', os_version='12')
    assert demo.get_image(image).os_version == '12'
    demo.delete_image(image)
    assert demo.find_image(image.id) is None and site.stored() == []


def test_glanceclient_version_2(site, file, tmp_path):
    glance = glanceclient.Client('2', session=site.session('demo'))
    image = glance.images.create(name='gc', disk_format='raw', container_format='bare', kernel_id=None, custom='x')
    with file.open('rb') as data:
        glance.images.upload(image.id, data)
    assert glance.images.get(image.id).status == 'active'
    assert b''.join(glance.images.data(image.id)) == DATA
    assert [each.id for each in glance.images.list(filters={'name': 'gc'}, sort_key='name',
                                                   sort_dir='asc')] == [image.id]
    glance.images.update(image.id, custom='y', remove_props=['kernel_id'])
    glance.image_tags.update(image.id, 'tag')
    project = site.session('stranger').get_project_id()
    glance.image_members.create(image.id, project)
    glanceclient.Client('2', session=site.session('stranger')).image_members.update(image.id, project, 'accepted')
    assert [each.status for each in glance.image_members.list(image.id)] == ['accepted']
    with pytest.raises(glanceclient.exc.HTTPNotFound):
        glance.images.get('nope')
    glance.images.delete(image.id)


def test_glanceclient_version_1(site, file):
    demo = site.session('demo')
    glance = glanceclient.Client('1', endpoint=site.url, token=demo.get_token())
    with file.open('rb') as data:
        image = glance.images.create(name='old', disk_format='raw', container_format='bare', data=data,
                                     properties={'a': 'b'})
    assert image.status == 'active' and image.size == len(DATA)
    assert glance.images.get(image.id).properties == {'a': 'b'}
    assert b''.join(glance.images.data(image.id)) == DATA
    assert [each.id for each in glance.images.list()] == [image.id]
    glance.images.update(image.id, properties={'c': 'd'}, purge_props=False)
    assert glance.images.get(image.id).properties == {'a': 'b', 'c': 'd'}
    glance.image_members.create(image.id, site.session('stranger').get_project_id())
    assert len(glance.image_members.list(image=image.id)) == 1
    glance.images.delete(image.id)
    assert list(glance.images.list()) == []


def test_the_requests_of_2012(site):
    http = site.http('demo')
    answer = http.post(f'{site.url}/v1/images', data=DATA, headers={
        'Content-Type': 'application/octet-stream', 'x-image-meta-name': 'essex', 'x-image-meta-disk_format': 'raw',
        'x-image-meta-container_format': 'bare', 'x-image-meta-is_public': 'False',
        'x-image-meta-property-os': 'linux'})
    assert answer.status_code == 201, answer.text
    image = answer.json()['image']
    head = http.head(f'{site.url}/v1/images/{image["id"]}')
    assert head.headers['x-image-meta-property-os'] == 'linux' and head.headers['x-image-meta-status'] == 'active'
    assert http.get(f'{site.url}/v1/images/{image["id"]}').content == DATA
    registry = f'http://127.0.0.1:{site.registry_port}'
    assert http.get(f'{registry}/images/{image["id"]}').json()['image']['checksum'] == image['checksum']
    assert site.http('stranger').get(f'{registry}/images/{image["id"]}').status_code == 404
    assert requests.get(f'{registry}/images', timeout=30).status_code == 401
    assert http.delete(f'{site.url}/v1/images/{image["id"]}').status_code == 200


def test_our_own_client(site, file, tmp_path):
    demo = site.client('demo')
    image = demo.create(name='own', disk_format='raw', container_format='bare', base_image_ref='x')
    with pytest.raises(Conflict):
        list(demo.chunks(image['id']))
    demo.upload_file(image['id'], file)
    assert demo.download(image['id'], tmp_path / 'got')['status'] == 'active'
    assert (tmp_path / 'got').read_bytes() == DATA and not list(tmp_path.glob('*.part'))
    assert demo.update(image['id'], color='red')['color'] == 'red'
    assert [each['id'] for each in demo.list(name='own')] == [image['id']]
    with pytest.raises(NotFound):
        site.client('stranger').show(image['id'])
    with pytest.raises(NotFound):
        demo.show('../../v1/images')
    demo.delete(image['id'])
    backed = demo.create(name='backed', disk_format='qcow2', container_format='bare')
    (tmp_path / 'backed').write_bytes(BACKED)
    with pytest.raises(UnsupportedMediaType, match='backing file.*/etc/passwd'):
        demo.upload_file(backed['id'], tmp_path / 'backed')
    demo.delete(backed['id'])


def test_versions_and_health_need_no_token(site):
    assert requests.get(f'{site.url}/', timeout=30).status_code == 300
    newest = requests.get(f'{site.url}/versions', timeout=30).json()['versions'][0]
    assert newest['links'][0]['href'] == f'{site.url}/v2/'
    assert requests.get(f'{site.url}/healthcheck', timeout=30).text == 'OK'
    refused = requests.get(f'{site.url}/v2/images', timeout=30)
    assert refused.status_code == 401 and refused.headers['X-Openstack-Request-Id'].startswith('req-')
    assert requests.get(f'{site.url}/v2/images', headers={'X-Auth-Token': 'forged'}, timeout=30).status_code == 401


def chunks(count, pause=0.0):
    """A body of unknown length."""
    for _ in range(count):
        yield b'x' * 100000
        time.sleep(pause)


def test_data_of_unknown_length(site):
    demo, http = site.client('demo'), site.http('demo')
    image = demo.create(name='chunked', disk_format='raw', container_format='bare')
    answer = http.put(f'{site.url}/v2/images/{image["id"]}/file', data=chunks(20),
                      headers={'Content-Type': 'application/octet-stream'})
    assert answer.status_code == 204, answer.text
    assert demo.show(image['id'])['size'] == 2000000
    part = http.get(f'{site.url}/v2/images/{image["id"]}/file', headers={'Range': 'bytes=100-199'})
    assert part.status_code == 206 and part.content == b'x' * 100
    demo.delete(image['id'])


@pytest.mark.parametrize('head', [b'Content-Length: 1000000\r\n\r\n' + b'x' * 5000,
                                  b'Transfer-Encoding: chunked\r\n\r\n1388\r\n' + b'x' * 5000 + b'\r\n1000\r\nxx',
                                  b'Transfer-Encoding: chunked\r\n\r\nnonsense\r\n'])
def test_a_client_that_goes_away(site, head):
    demo = site.client('demo')
    image = demo.create(name='broken', disk_format='raw', container_format='bare')
    token = site.session('demo').get_token()
    with socket.create_connection(('127.0.0.1', site.port)) as sock:
        sock.sendall(f'PUT /v2/images/{image["id"]}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n'
                     'Content-Type: application/octet-stream\r\n'.encode() + head)
        wait_for(lambda: demo.show(image['id'])['status'] == 'saving' or b'nonsense' in head)
    wait_for(lambda: demo.show(image['id'])['status'] == 'queued')
    assert site.stored() == []
    demo.delete(image['id'])


def test_kill_9_in_the_middle_of_an_upload(site):
    demo = site.client('demo')
    image = demo.create(name='killed', disk_format='raw', container_format='bare')
    token = site.session('demo').get_token()
    with socket.create_connection(('127.0.0.1', site.port)) as sock:
        sock.sendall(f'PUT /v2/images/{image["id"]}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n'
                     'Content-Type: application/octet-stream\r\nContent-Length: 9000000\r\n\r\n'.encode()
                     + b'x' * 4000000)
        wait_for(lambda: demo.show(image['id'])['status'] == 'saving' and site.stored())
        site.api.send(signal.SIGKILL)
        site.api.wait()
    assert site.stored() != []
    site.api = site.daemon('glance-api', 'glance-api', site.port)
    demo = site.client('demo')
    wait_for(lambda: demo.show(image['id'])['status'] == 'queued')
    assert site.stored() == []
    demo.upload(image['id'], open(os.devnull, 'rb'), 0)   # noqa: SIM115
    assert demo.show(image['id'])['status'] == 'active'
    demo.delete(image['id'])


def test_a_stop_lets_a_running_upload_end(site):
    demo = site.client('demo')
    image = demo.create(name='drained', disk_format='raw', container_format='bare')
    token = site.session('demo').get_token()
    with socket.create_connection(('127.0.0.1', site.port)) as sock:
        sock.sendall(f'PUT /v2/images/{image["id"]}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n'
                     'Content-Type: application/octet-stream\r\nContent-Length: 2000000\r\n\r\n'.encode()
                     + b'x' * 1000000)
        wait_for(lambda: demo.show(image['id'])['status'] == 'saving')
        site.api.send(signal.SIGTERM)
        time.sleep(0.5)
        sock.sendall(b'x' * 1000000)
        assert sock.recv(100).startswith(b'HTTP/1.1 204')
    assert site.api.wait() == 0
    site.api = site.daemon('glance-api', 'glance-api', site.port)
    demo = site.client('demo')
    assert demo.show(image['id'])['status'] == 'active'
    demo.delete(image['id'])


def test_no_token_in_any_log(site):
    token = site.session('demo').get_token()
    requests.get(f'{site.url}/v2/images', headers={'X-Auth-Token': token}, timeout=30)
    for path in site.directory.glob('*.log'):
        assert token not in path.read_text(errors='replace')


def test_no_error_was_logged(site):
    assert 'Traceback' not in (site.directory / 'glance-api.log').read_text()
    assert 'Traceback' not in (site.directory / 'glance-registry.log').read_text()
