"""What the faces of 2012 have of their own: paths with .json, forgiving bodies, metadata of images."""
import base64

import pytest

from nova.compute import keypairs
from nova.db import instances
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.api.stage import PUBLIC_KEY

FACES = ('/v1.1/alpha', '/v2/alpha')


@pytest.mark.parametrize('face', FACES)
def test_a_path_may_end_with_json(stage, face):
    assert stage.owner.ok('GET', f'{face}/servers/{stage.server}.json')['server']['id'] == stage.server
    page = stage.owner.ok('GET', f'{face}/servers/detail.json?limit=1')
    assert '/servers/detail?' in page['servers_links'][0]['href']
    stage.owner.ok('PUT', f'{face}/servers/{stage.server}/metadata/a.json', {'meta': {'a.json': 'b'}})
    keypairs.import_(stage.owner.context, 'a.json', PUBLIC_KEY)
    assert stage.owner('DELETE', f'{face}/os-keypairs/a.json').status_int == 202
    assert stage.owner('GET', '/v2.1/servers.json').status_int == 404


@pytest.mark.parametrize('face', FACES)
def test_a_server_as_in_the_guide_of_2012(stage, face):
    contents = base64.b64encode(b'hello').decode()
    made = stage.owner.ok('POST', f'{face}/servers', {'server': {
        'name': 'new-server-test', 'imageRef': f'http://cloud:8774/v2/alpha/images/{IMAGE}',
        'flavorRef': 'http://cloud:8774/alpha/flavors/1', 'metadata': {'My Server Name': 'Apache1'},
        'personality': [{'path': '/etc/banner.txt', 'contents': contents}], 'min_count': 3, 'max_count': 1,
        'auto_disk_config': True, 'progress': 0}}, status=202)['server']
    row = instances.get(made['id'])
    assert row.personality == [{'path': '/etc/banner.txt', 'contents': contents}] and row.image_ref == IMAGE
    assert row.metadata_ == {'My Server Name': 'Apache1'} and len(made['adminPass']) == 12
    assert stage.owner.ok('GET', f'{face}/servers/{made["id"]}')['server']['status'] == 'BUILD'


@pytest.mark.parametrize('face', FACES)
def test_accept_says_little(stage, face):
    for accept in ('', '*/*', 'application/json', 'application/vnd.openstack.compute+json;version=2'):
        answer = stage.owner('GET', f'{face}/servers', headers={'Accept': accept})
        assert answer.status_int == 200 and answer.content_type == 'application/json'
    answer = stage.owner('POST', f'{face}/servers/{stage.server}/action', {'os-stop': None},
                         headers={'Content-Type': 'application/vnd.openstack.compute+json'})
    assert answer.status_int == 202


def test_metadata_of_images(stage):
    path = f'/v2/alpha/images/{stage.image}/metadata'
    assert stage.owner.ok('POST', path, {'metadata': {'a': '1'}}) == {'metadata': {'os': 'linux', 'a': '1'}}
    assert stage.owner.ok('PUT', f'{path}/b', {'meta': {'b': '2'}}) == {'meta': {'b': '2'}}
    assert stage.owner.ok('GET', path) == {'metadata': {'os': 'linux', 'a': '1', 'b': '2'}}
    assert stage.owner('DELETE', f'{path}/a').status_int == 204
    assert stage.owner('DELETE', f'{path}/a').status_int == 404
    assert stage.owner.ok('PUT', path, {'metadata': {'c': '3'}}) == {'metadata': {'c': '3'}}
    assert stage.owner.ok('GET', f'{path}/c') == {'meta': {'c': '3'}}
    for body in ({'meta': {'d': '1'}}, {'meta': {'c': '1', 'd': '2'}}, {'meta': {}}):
        assert stage.owner('PUT', f'{path}/c', body).status_int == 400
    # What every image has is no metadata.
    for name in ('name', 'visibility', 'owner', 'status', 'self'):
        assert stage.owner('POST', path, {'metadata': {name: 'x'}}).status_int == 400
        answer = stage.owner('POST', f'/v2.1/servers/{stage.server}/action',
                             {'createImage': {'name': 'n', 'metadata': {name: 'x'}}})
        assert answer.status_int == 400 and name in answer.json['badRequest']['message']
    assert stage.owner('POST', f'/v2/alpha/images/{IMAGE}/metadata', {'metadata': {'a': '1'}}).status_int == 403
    many = {'metadata': {str(number): 'x' for number in range(129)}}
    assert stage.owner('PUT', path, many).status_int == 413
    assert stage.owner('PUT', f'/v2.1/images/{stage.image}/metadata', many).status_int == 403


def test_a_server_that_was_snapshotted_is_in_its_image(stage):
    stage.images.add('33333333-3333-4333-8333-333333333333', properties={'instance_uuid': stage.server,
                                                                        'image_type': 'snapshot'}, status='saving')
    path = '/v1.1/alpha/images/detail'
    shown = stage.owner.ok('GET', f'{path}?server=http://cloud/servers/{stage.server}')['images']
    assert [(each['server']['id'], each['status'], each['progress']) for each in shown] == [
        (stage.server, 'SAVING', 50)]
    assert len(stage.owner.ok('GET', f'{path}?type=snapshot')['images']) == 1
    assert len(stage.owner.ok('GET', f'{path}?property-os=linux')['images']) == 2


def test_addresses_and_groups(stage):
    made = stage.owner.ok('POST', '/v2/alpha/os-floating-ips', {'pool': None})['floating_ip']
    action = f'/v2/alpha/servers/{stage.server}/action'
    assert stage.owner('POST', action, {'addFloatingIp': {'address': made['ip']}}).status_int == 202
    shown = stage.owner.ok('GET', f'/v2/alpha/os-floating-ips/{made["id"]}')['floating_ip']
    assert (shown['instance_id'], shown['fixed_ip']) == (stage.server, '10.0.0.2')
    server = stage.owner.ok('GET', f'/v2/alpha/servers/{stage.server}')['server']
    assert [(each['addr'], each['OS-EXT-IPS:type']) for each in server['addresses']['private']] == [
        ('10.0.0.2', 'fixed'), (made['ip'], 'floating')]
    assert stage.owner('POST', action, {'addSecurityGroup': {'name': 'web'}}).status_int == 202
    assert [each['name'] for each in stage.owner.ok('GET', f'/v2/alpha/servers/{stage.server}/os-security-groups')[
        'security_groups']] == ['default', 'web']
    assert stage.owner('DELETE', f'/v2/alpha/os-security-groups/{stage.group}').status_int == 400
    assert stage.stranger('POST', f'/v2/beta/servers/{stage.server}/action',
                          {'addFloatingIp': {'address': made['ip']}}).status_int == 404


def test_another_projects_address_is_not_found(stage):
    theirs = stage.make_server('theirs', 'beta', 'mallory')
    answer = stage.stranger('POST', f'/v2.1/servers/{theirs}/action', {'addFloatingIp': {'address': stage.address}})
    assert answer.status_int == 404
    answer = stage.stranger('POST', f'/v2.1/servers/{theirs}/action', {'addSecurityGroup': {'name': 'web'}})
    assert answer.status_int == 404
    new = {'server': {'name': 'n', 'imageRef': stage.image, 'flavorRef': '1'}}
    assert stage.stranger('POST', '/v2.1/servers', new).status_int == 400
    for change in ({'key_name': 'laptop'}, {'security_groups': [{'name': 'web'}]}, {'flavorRef': '9'}):
        answer = stage.stranger('POST', '/v2.1/servers', {'server': {**new['server'], 'imageRef': IMAGE, **change}})
        assert answer.status_int == 400, answer.text
