"""Answers have exactly the keys that clients with closed schemas expect, and exactly the status."""
import pytest

from essex import db
from essex.wsgi import compile_schema
from nova import exception
from nova.db import faults, instances
from tests.unit.nova.api import shapes
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.api.shapes import closed, mapping, of, several
from tests.unit.nova.api.stage import PUBLIC_KEY, UNSET
from tests.unit.nova.api.test_access import filled, path_of

HYPERVISORS = of(hypervisors=several(closed(shapes.SHORT_HYPERVISOR)))
AGGREGATE = of(aggregate=closed(shapes.AGGREGATE))
READS = [
    ('owner', '/', of(version=shapes.VERSION)),
    ('owner', '/servers', of(servers=several(shapes.SHORT_SERVER))),
    ('owner', '/servers?limit=1', of(servers=several(shapes.SHORT_SERVER))),
    ('owner', '/servers/detail', of(servers=several(shapes.SERVER))),
    ('admin', '/servers/detail?all_tenants=True', of(servers=several(shapes.SERVER_FOR_ADMINS))),
    ('owner', '/servers/<server_id>', of(server=shapes.SERVER)),
    ('admin', '/servers/<server_id>', of(server=shapes.SERVER_FOR_ADMINS)),
    ('owner', '/servers/<server_id>/ips', of(addresses=shapes.ADDRESSES)),
    ('owner', '/servers/<server_id>/ips/private', shapes.ADDRESSES),
    ('owner', '/servers/<server_id>/metadata', of(metadata=mapping(shapes.TEXT))),
    ('owner', '/servers/<server_id>/os-security-groups', of(security_groups=several(shapes.GROUP))),
    ('owner', '/servers/<server_id>/os-interface', of(interfaceAttachments=several(shapes.ATTACHMENT))),
    ('owner', '/servers/<server_id>/os-virtual-interfaces', of(virtual_interfaces=several(
        closed({'id': shapes.UUID, 'mac_address': shapes.TEXT})))),
    ('owner', '/os-volumes', of(volumes=several(shapes.PROXIED_VOLUME))),
    ('owner', '/os-volumes/detail', of(volumes=several(shapes.PROXIED_VOLUME))),
    ('admin', '/os-volumes/<volume_id>', of(volume=shapes.PROXIED_VOLUME_FOR_ADMINS)),
    ('owner', '/os-snapshots', of(snapshots=several(shapes.PROXIED_SNAPSHOT))),
    ('owner', '/os-snapshots/<snapshot_id>', of(snapshot=shapes.PROXIED_SNAPSHOT)),
    ('owner', '/os-volume-types', of(volume_types=several(closed({'id': shapes.UUID, 'name': shapes.TEXT})))),
    ('owner', '/servers/<server_id>/os-volume_attachments', of(volumeAttachments=several(shapes.VOLUME_ATTACHMENT))),
    ('owner', '/servers/<server_id>/os-volume_attachments/<volume_id>', of(volumeAttachment=shapes.VOLUME_ATTACHMENT)),
    ('owner', '/servers/<server_id>/os-instance-actions', of(instanceActions=several(closed(shapes.ACTION)))),
    ('admin', '/servers/<server_id>/os-instance-actions/<request_id>',
     of(instanceAction=closed({**shapes.ACTION, 'events': {'type': 'array', 'items': shapes.EVENT}}))),
    ('owner', '/flavors', of(flavors=several(closed({'id': shapes.TEXT, 'links': shapes.LINKS, 'name': shapes.TEXT})))),
    ('owner', '/flavors/detail', of(flavors=several(shapes.FLAVOR))),
    ('owner', '/flavors/1', of(flavor=shapes.FLAVOR)),
    ('owner', '/flavors/1/os-extra_specs', of(extra_specs=mapping(shapes.TEXT))),
    ('owner', '/os-keypairs', of(keypairs=several(closed({'keypair': closed(shapes.KEYPAIR)})))),
    ('owner', '/os-keypairs/<name>', of(keypair=closed(shapes.SHOWN_KEYPAIR))),
    ('owner', '/os-availability-zone', of(availabilityZoneInfo=several(shapes.ZONE))),
    ('admin', '/os-availability-zone/detail', of(availabilityZoneInfo=several(shapes.ZONE_DETAIL))),
    ('owner', '/os-quota-sets/alpha', of(quota_set=shapes.QUOTAS)),
    ('owner', '/os-quota-sets/alpha/defaults', of(quota_set=shapes.QUOTAS)),
    ('admin', '/os-quota-class-sets/default', of(quota_class_set=shapes.QUOTAS)),
    ('owner', '/os-quota-sets/alpha/detail', of(quota_set=shapes.QUOTA_DETAILS)),
    ('owner', '/limits?reserved=False', of(limits=shapes.LIMITS)),
    ('owner', '/extensions', of(extensions=several(shapes.EXTENSION))),
    ('owner', '/extensions/os-keypairs', of(extension=shapes.EXTENSION)),
    ('owner', '/images', of(images=several(closed({'id': shapes.UUID, 'name': shapes.TEXT,
                                                   'links': shapes.IMAGE_LINKS})))),
    ('owner', '/images/detail', of(images=several(shapes.IMAGE))),
    ('owner', '/images/<image_id>', of(image=shapes.IMAGE)),
    ('owner', '/os-security-groups', of(security_groups=several(shapes.GROUP))),
    ('owner', '/os-security-groups/<group_id>', of(security_group=shapes.GROUP)),
    ('owner', '/os-floating-ips', of(floating_ips=several(shapes.FLOATING))),
    ('owner', '/os-floating-ips/<floating_id>', of(floating_ip=shapes.FLOATING)),
    ('owner', '/os-floating-ip-pools', of(floating_ip_pools=several(closed({'name': shapes.TEXT})))),
    ('admin', '/os-hypervisors', HYPERVISORS),
    ('admin', '/os-hypervisors/detail', of(hypervisors=several(shapes.HYPERVISOR))),
    ('admin', '/os-hypervisors/<hypervisor_id>', of(hypervisor=shapes.HYPERVISOR)),
    ('admin', '/os-hypervisors/statistics', of(hypervisor_statistics=shapes.STATISTICS)),
    ('admin', '/os-hypervisors/<hypervisor_id>/uptime', of(hypervisor=closed(
        {**shapes.SHORT_HYPERVISOR, 'uptime': shapes.TEXT}))),
    ('admin', '/os-hypervisors/node1/search', HYPERVISORS),
    ('admin', '/os-hypervisors/node1/servers', of(hypervisors=several(closed({
        **shapes.SHORT_HYPERVISOR, 'servers': several(closed({'uuid': shapes.UUID, 'name': shapes.TEXT}))})))),
    ('admin', '/os-hosts', of(hosts=several(closed({'host_name': shapes.TEXT, 'service': shapes.TEXT,
                                                    'zone': shapes.TEXT})))),
    ('admin', '/os-hosts/node1', of(host=several(shapes.HOST_RESOURCE))),
    ('admin', '/os-services', of(services=several(shapes.SERVICE))),
    ('admin', '/os-essex-operations', of(operations=several(closed(shapes.OPERATION)))),
    ('admin', '/os-essex-operations/<operation_id>', of(operation=closed({
        **shapes.OPERATION, 'events': {'type': 'array', 'items': shapes.OPERATION_STEP}}))),
    ('admin', '/os-aggregates', of(aggregates=several(closed(shapes.AGGREGATE)))),
    ('admin', '/os-aggregates/<aggregate_id>', AGGREGATE),
    ('admin', '/os-simple-tenant-usage', of(tenant_usages=several(shapes.USAGE_SUM))),
    ('admin', '/os-simple-tenant-usage?detailed=1', of(tenant_usages=several(shapes.USAGE))),
    ('owner', '/os-simple-tenant-usage/alpha', of(tenant_usage=shapes.USAGE)),
]
NODE1 = {'host': 'node1', 'binary': 'nova-compute'}
STATUS = {'host': shapes.TEXT, 'binary': shapes.TEXT, 'status': shapes.TEXT}
WRITES = [
    ('owner', 'POST', '/servers', {'server': {'name': 'n', 'imageRef': IMAGE, 'flavorRef': '1'}}, 202,
     of(server=shapes.NEW_SERVER)),
    ('owner', 'POST', '/servers', {'server': {'name': 'n', 'imageRef': IMAGE, 'flavorRef': '1',
                                              'return_reservation_id': True}}, 202,
     closed({'reservation_id': {'type': 'string', 'pattern': '^r-'}})),
    ('owner', 'PUT', '/servers/<server_id>', {'server': {'name': 'n', 'accessIPv4': '192.0.2.1'}}, 200,
     of(server=shapes.SERVER_AFTER_UPDATE)),
    ('owner', 'POST', '/servers/<server_id>/metadata', {'metadata': {'a': 'b'}}, 200,
     of(metadata=mapping(shapes.TEXT))),
    ('owner', 'PUT', '/servers/<server_id>/metadata/a', {'meta': {'a': 'b'}}, 200, of(meta=mapping(shapes.TEXT))),
    ('owner', 'POST', '/servers/<server_id>/action', {'os-stop': None}, 202, None),
    ('owner', 'POST', '/servers/<server_id>/action', {'createImage': {'name': 'n'}}, 202, None),
    ('owner', 'POST', '/servers/<server_id>/action', {'rebuild': {'imageRef': IMAGE, 'preserve_ephemeral': False}}, 202,
     of(server=shapes.REBUILT_SERVER)),
    ('owner', 'POST', '/servers/<server_id>/action', {'os-getConsoleOutput': {}}, 200, of(output=shapes.TEXT)),
    ('owner', 'POST', '/servers/<server_id>/action', {'os-getVNCConsole': {'type': 'novnc'}}, 200,
     of(console=closed({'type': shapes.TEXT, 'url': shapes.TEXT}))),
    ('owner', 'DELETE', '/servers/<server_id>', UNSET, 204, None),
    ('admin', 'POST', '/flavors', {'flavor': {'name': 'n', 'id': None, 'ram': 1, 'vcpus': 1, 'disk': 0, 'swap': 0,
                                              'description': None}},
     200, of(flavor=shapes.FLAVOR)),
    ('admin', 'POST', '/flavors/9/action', {'addTenantAccess': {'tenant': 'alpha'}}, 200,
     of(flavor_access=several(closed({'flavor_id': shapes.TEXT, 'tenant_id': shapes.TEXT})))),
    ('admin', 'DELETE', '/flavors/9', UNSET, 202, None),
    ('owner', 'POST', '/os-keypairs', {'keypair': {'name': 'n', 'public_key': PUBLIC_KEY}}, 200,
     of(keypair=closed({**shapes.KEYPAIR, 'user_id': shapes.TEXT}))),
    ('owner', 'POST', '/os-keypairs', {'keypair': {'name': 'n'}}, 200,
     of(keypair=closed({**shapes.KEYPAIR, 'user_id': shapes.TEXT, 'private_key': shapes.TEXT}))),
    ('owner', 'DELETE', '/os-keypairs/<name>', UNSET, 202, None),
    ('admin', 'PUT', '/os-quota-sets/alpha', {'quota_set': {'cores': 30, 'force': True}}, 200,
     of(quota_set=shapes.CHANGED_QUOTAS)),
    ('admin', 'PUT', '/os-quota-class-sets/default', {'quota_class_set': {'cores': 30}}, 200,
     of(quota_class_set=shapes.CHANGED_QUOTAS)),
    ('owner', 'POST', '/os-security-groups', {'security_group': {'name': 'n', 'description': 'd'}}, 200,
     of(security_group=shapes.GROUP)),
    ('owner', 'POST', '/os-security-group-rules', {'security_group_rule': {
        'parent_group_id': '{group}', 'ip_protocol': 'tcp', 'from_port': 80, 'to_port': 81, 'cidr': '0.0.0.0/0'}}, 200,
     of(security_group_rule=shapes.RULE)),
    ('owner', 'POST', '/os-security-group-rules', {'security_group_rule': {
        'parent_group_id': '{group}', 'ip_protocol': 'icmp', 'from_port': -1, 'to_port': -1, 'group_id': '{group}'}},
     200, of(security_group_rule=shapes.RULE)),
    ('owner', 'DELETE', '/os-security-group-rules/<rule_id>', UNSET, 202, None),
    ('owner', 'POST', '/os-floating-ips', {}, 200, of(floating_ip=shapes.FLOATING)),
    ('owner', 'DELETE', '/os-floating-ips/<floating_id>', UNSET, 202, None),
    ('admin', 'POST', '/os-aggregates', {'aggregate': {'name': 'n', 'availability_zone': 'z'}}, 200,
     of(aggregate=closed(shapes.NEW_AGGREGATE))),
    ('admin', 'POST', '/os-aggregates/<aggregate_id>/action', {'add_host': {'host': 'node1'}}, 200, AGGREGATE),
    ('admin', 'POST', '/os-aggregates/<aggregate_id>/action', {'set_metadata': {'metadata': {'a': 'b'}}}, 200,
     AGGREGATE),
    ('admin', 'PUT', '/os-services/enable', NODE1, 200, of(service=closed(STATUS))),
    ('admin', 'PUT', '/os-services/disable-log-reason', {**NODE1, 'disabled_reason': 'fan'}, 200,
     of(service=closed({**STATUS, 'disabled_reason': shapes.TEXT}))),
    ('admin', 'PUT', '/os-hosts/node1', {'status': 'disable'}, 200,
     closed({'host': shapes.TEXT, 'status': {'enum': ['enabled', 'disabled']}})),
]


@pytest.mark.parametrize('who, path, schema', READS, ids=lambda each: each if isinstance(each, str) else '')
def test_reads(stage, who, path, schema):
    body = stage.clients[who].ok('GET', f'/v2.1{path_of(stage, path)}')
    compile_schema(schema)(body)


@pytest.mark.parametrize('who, method, path, body, status, schema', WRITES)
def test_writes(stage, who, method, path, body, status, schema):
    body = filled(body, stage) if body is not UNSET else body
    answer = stage.clients[who](method, f'/v2.1{path_of(stage, path)}', body)
    assert answer.status_int == status, answer.text
    if schema is None:
        assert answer.body == b'' and answer.content_type is None
    else:
        compile_schema(schema)(answer.json)


def test_a_server_in_error_has_its_fault(stage):
    own = stage.make_server(vm_state='error', host=None)
    with db.writer():
        faults.add(own, exception.NoValidHost(reason='RamFilter left 0 of 3 hosts.'))
    for who, schema in (('owner', shapes.SERVER), ('admin', shapes.SERVER_FOR_ADMINS)):
        shown = stage.clients[who].ok('GET', f'/v2.1/servers/{own}')
        compile_schema(of(server=schema))(shown)
        assert shown['server']['fault']['message'].startswith('No valid host was found. RamFilter')
        assert 'progress' not in shown['server'] and shown['server']['hostId'] == ''


def test_a_resize_from_the_request_to_the_end(stage):
    """What is answered and shown; the host's work is done by hand."""
    path = f'/v2.1/servers/{stage.server}'
    stage.owner.ok('POST', f'{path}/action', {'resize': {'flavorRef': '2', 'OS-DCF:diskConfig': 'MANUAL'}}, status=202)
    shown = stage.owner.ok('GET', path)['server']
    assert (shown['status'], shown['flavor']['id'], shown['OS-DCF:diskConfig']) == ('RESIZE', '1', 'MANUAL')
    assert stage.owner('POST', f'{path}/action', {'confirmResize': None}).status_int == 409
    listed = stage.admin.ok('GET', '/v2.1/os-migrations?host=node1&status=pre-migrating')
    compile_schema(of(migrations=several(shapes.MIGRATION)))(listed)
    assert [(each['instance_uuid'], each['source_compute'], each['dest_compute']) for each in listed['migrations']] == [
        (stage.server, 'node1', 'node1')]
    for query in ('host=node2', 'status=finished', 'instance_uuid=x', f'host={"x" * 300}'):
        assert stage.admin.ok('GET', f'/v2.1/os-migrations?{query}') == {'migrations': []}
    for face, status in (('/v2.1', 204), ('/v2/alpha', 204)):
        instances.update(stage.server, vm_state='resized', task_state=None)
        assert stage.owner.ok('GET', path)['server']['status'] == 'VERIFY_RESIZE'
        answer = stage.owner('POST', f'{face}/servers/{stage.server}/action', {'confirmResize': None})
        assert (answer.status_int, answer.body) == (status, b'')
    instances.update(stage.server, vm_state='resized', task_state=None)
    assert stage.owner('POST', f'{path}/action', {'revertResize': None}).status_int == 202
    assert stage.owner.ok('GET', path)['server']['status'] == 'REVERT_RESIZE'


@pytest.mark.parametrize('flavor', ['1', '77', '9', '', 'http://cloud/flavors/'])
def test_flavors_nobody_can_be_resized_to(stage, flavor):
    """The one it has, none, one of others, nonsense."""
    for face in ('/v2.1', '/v2/alpha', '/v1.1/alpha'):
        answer = stage.owner('POST', f'{face}/servers/{stage.server}/action', {'resize': {'flavorRef': flavor}})
        assert answer.status_int == 400 and answer.json['badRequest']['message'], answer.text


def test_a_resize_over_quota(stage):
    stage.admin.ok('PUT', '/v2.1/os-quota-sets/alpha', {'quota_set': {'ram': 127}})
    body = {'resize': {'flavorRef': 'http://cloud:8774/flavors/2'}}
    answer = stage.owner('POST', f'/v2.1/servers/{stage.server}/action', body)
    assert answer.status_int == 403 and 'Requested 64, but already used 64 of 127 ram' in answer.text
    answer = stage.owner('POST', f'/v1.1/alpha/servers/{stage.server}/action', body)
    assert answer.status_int == 413 and 'overLimit' in answer.json
    assert stage.told.rung == []


def test_locations(stage):
    made = stage.owner('POST', '/v2.1/servers', {'server': {'name': 'n', 'imageRef': IMAGE, 'flavorRef': '1'}})
    assert made.headers['Location'] == f'http://cloud:8774/v2.1/servers/{made.json["server"]["id"]}'
    made = stage.owner('POST', f'/v2/alpha/servers/{stage.server}/action',
                       {'createImage': {'name': 'snap', 'metadata': {'kind': 'backup'}}})
    image = next(image for image in stage.images.known.values() if image['name'] == 'snap')
    assert made.headers['Location'] == f'http://cloud:8774/v2/alpha/images/{image["id"]}'
    assert image['properties']['kind'] == 'backup' and image['properties']['instance_uuid'] == stage.server


def test_version_documents(stage):
    root = stage.nobody.ok('GET', '/')
    compile_schema(of(versions=several(shapes.LISTED_VERSION)))(root)
    assert [(each['id'], each['status'], each['version'], each['min_version']) for each in root['versions']] == [
        ('v2.0', 'SUPPORTED', '', ''), ('v2.1', 'CURRENT', '2.12', '2.1')]
    for path, identity in (('/v2.1', 'v2.1'), ('/v2.1/', 'v2.1'), ('/v2', 'v2.0'), ('/v2/', 'v2.0'),
                           ('/v1.1/', 'v2.0')):
        document = stage.nobody.ok('GET', path)
        compile_schema(of(version=shapes.VERSION))(document)
        assert document['version']['id'] == identity
        assert document['version']['links'][0]['href'] == f'http://cloud:8774{path.rstrip("/")}/'
    assert [each['links'][0]['href'] for each in stage.nobody.ok('GET', '/v3/x', status=300)['choices']] == [
        'http://cloud:8774/v2/v3/x', 'http://cloud:8774/v2.1/v3/x']
