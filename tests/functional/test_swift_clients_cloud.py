"""Object storage of a whole cloud, with Keystone: openstack, openstacksdk, swift and rclone, unmodified."""
import hashlib
import json
import os

import openstack
import openstack.exceptions
import pytest

from tests.fixtures.cloud import ROOT

SWIFT = ROOT / '.venv' / 'bin' / 'swift'


@pytest.fixture(scope='module')
def sdk(cloud):
    """A connection of openstacksdk as demo."""
    known = {name[3:].lower(): value for name, value in cloud.credentials('demo').items()}
    connection = openstack.connect(
        auth={name: value for name, value in known.items() if name in (
            'auth_url', 'username', 'password', 'project_name', 'user_domain_name', 'project_domain_name',
            'user_domain_id', 'project_domain_id')}, region_name=known.get('region_name'), cacert=known.get('cacert'))
    yield connection
    connection.close()


def test_openstack_knows_containers_and_objects(cloud, tmp_path):
    (tmp_path / 'o.txt').write_bytes(b'content')
    created = json.loads(cloud.openstack('container', 'create', '--public', 'osc', '-f', 'json'))[0]
    assert created['container'] == 'osc' and created['x-trans-id'].startswith('tx')
    cloud.openstack('container', 'set', '--property', 'Colour=blue', 'osc')
    shown = cloud.json('container', 'show', 'osc')
    assert 'blue' in str(shown['properties'])
    assert shown['object_count'] == '0' and '.r:*,.rlistings' in shown.values(), shown
    made = json.loads(cloud.openstack('object', 'create', 'osc', tmp_path / 'o.txt', '--name', 'dir/o', '-f', 'json'))
    made = made[0]
    assert made['etag'] == hashlib.md5(b'content').hexdigest()
    listed = cloud.json('object', 'list', '--long', 'osc')
    assert [(row['Name'], row['Bytes'], row['Content Type']) for row in listed] == [
        ('dir/o', 7, 'application/octet-stream')]
    cloud.openstack('object', 'save', '--file', tmp_path / 'back', 'osc', 'dir/o')
    assert (tmp_path / 'back').read_bytes() == b'content'
    cloud.openstack('object', 'store', 'account', 'set', '--property', 'Place=here')
    account = cloud.json('object', 'store', 'account', 'show')
    assert account['Account'].startswith('AUTH_') and 'here' in str(account)
    cloud.openstack('object', 'store', 'account', 'unset', '--property', 'Place')
    cloud.openstack('container', 'delete', '-r', 'osc')


def test_openstacksdk(sdk, tmp_path):
    store = sdk.object_store
    store.create_container('sdk')
    data = os.urandom(200_000)
    (tmp_path / 'o').write_bytes(data)
    sdk.create_object('sdk', 'a/o', filename=str(tmp_path / 'o'), metadata={'colour': 'blue'})
    assert store.download_object('a/o', container='sdk') == data
    found = store.get_object_metadata('a/o', container='sdk')
    assert (int(found.content_length), found.etag) == (len(data), hashlib.md5(data).hexdigest())
    assert [each.name for each in store.objects('sdk')] == ['a/o']
    # Large files go up in segments.
    sdk.create_object('sdk', 'large', filename=str(tmp_path / 'o'), segment_size=60_000, use_slo=True)
    assert store.download_object('large', container='sdk') == data
    assert sdk.get_object_segment_size(60_000) == 60_000
    store.set_container_temp_url_key('sdk', 'key')
    assert 'temp_url_sig=' in store.generate_temp_url(f'/v1/{store.get_endpoint().rpartition("/")[2]}/sdk/a/o', 60,
                                                      'GET', temp_url_key=b'key')
    assert store.get_info().swift
    for name in ('a/o', 'large'):
        sdk.delete_object('sdk', name)
    for each in list(store.objects('sdk')):
        store.delete_object(each.name, container='sdk')
    store.delete_container('sdk')
    with pytest.raises(openstack.exceptions.NotFoundException):
        store.get_container_metadata('sdk')


def test_rclone_and_swift_with_the_variables_of_keystone(cloud, tmp_path):
    source = tmp_path / 'tree'
    (source / 'dir').mkdir(parents=True)
    for name in ('a', 'dir/b'):
        (source / name).write_bytes(os.urandom(50_000))
    conf = tmp_path / 'rclone.conf'
    conf.write_text('[essex]\ntype = swift\nenv_auth = true\n')
    rclone = ('rclone', '--config', conf)
    cloud.run(*rclone, 'copy', source, 'essex:rclone', account='demo')
    cloud.run(*rclone, 'check', source, 'essex:rclone', account='demo')
    cloud.run(SWIFT, 'download', 'rclone', '-D', tmp_path / 'back', account='demo')
    assert (tmp_path / 'back/dir/b').read_bytes() == (source / 'dir/b').read_bytes()
    # As those have it who came with Essex.
    old = cloud.credentials('demo')['OS_AUTH_URL'].removesuffix('/v3') + '/v2.0'
    assert 'Objects: 2' in cloud.run(SWIFT, '--auth-version', '2', '--os-auth-url', old, '--os-tenant-name', 'demo',
                                     'stat', 'rclone', account='demo').stdout
    cloud.run(*rclone, 'purge', 'essex:rclone', account='demo')


def test_a_wrong_password(cloud):
    told = cloud.run(SWIFT, 'list', account='demo', env={'OS_PASSWORD': 'wrong'}, check=False)
    assert told.returncode != 0 and 'Unauthorized' in told.stderr
