"""Every route tried as everyone: administrator, owner, colleague, reader, stranger, without a project, nobody."""
import pathlib
import re

import pytest

from nova.api import compute, policies, volume
from nova.api.compute import app, server_actions
from nova.compute import quota
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.api.stage import PUBLIC_KEY, UNSET

SERVER = {'server': {'name': 'new', 'imageRef': IMAGE, 'flavorRef': '1', 'networks': []}}
FLAVOR = {'flavor': {'name': 'new', 'id': '7', 'ram': 64, 'vcpus': 1, 'disk': 1}}
RULE = {'security_group_rule': {'parent_group_id': '{group}', 'ip_protocol': 'tcp', 'from_port': 80, 'to_port': 80,
                                'cidr': '0.0.0.0/0'}}
NODE1 = {'host': 'node1', 'binary': 'nova-compute'}
CONSOLE = {'remote_console': {'protocol': 'vnc', 'type': 'novnc'}}
# Paths that came with a later microversion.
LATER = {'/servers/<server_id>/remote-consoles': '2.6', '/os-services/force-down': '2.11'}
META = {'metadata': {'a': 'b'}}

# What admin, owner, colleague, reader and stranger get.
ALL = (200, 200, 200, 200, 200)
ADMIN = (200, 403, 403, 403, 403)


def own(ok):
    """Changes of what belongs to a project."""
    return (ok, ok, ok, 403, 404)


def make(ok):
    """Additions to one's own project."""
    return (ok, ok, ok, 403, ok)


READ = (200, 200, 200, 200, 404)
TABLE = [
    ('GET', '/', UNSET, ALL),
    ('GET', '/servers', UNSET, ALL), ('GET', '/servers/detail', UNSET, ALL),
    ('POST', '/servers', SERVER, make(202)),
    ('GET', '/servers/<server_id>', UNSET, READ),
    ('PUT', '/servers/<server_id>', {'server': {'name': 'other'}}, own(200)),
    ('DELETE', '/servers/<server_id>', UNSET, own(204)),
    ('GET', '/servers/<server_id>/ips', UNSET, READ), ('GET', '/servers/<server_id>/ips/<label>', UNSET, READ),
    ('GET', '/servers/<server_id>/os-security-groups', UNSET, READ),
    ('GET', '/servers/<server_id>/diagnostics', UNSET, (200, 403, 403, 403, 404)),
    ('GET', '/servers/<server_id>/os-virtual-interfaces', UNSET, READ),
    ('GET', '/servers/<server_id>/os-interface', UNSET, READ),
    ('GET', '/servers/<server_id>/os-volume_attachments', UNSET, READ),
    ('POST', '/servers/<server_id>/os-volume_attachments', {'volumeAttachment': {'volumeId': '{volume}'}}, own(200)),
    ('GET', '/servers/<server_id>/os-volume_attachments/<volume_id>', UNSET, READ),
    ('PUT', '/servers/<server_id>/os-volume_attachments/<volume_id>', {'volumeAttachment': {'volumeId': '{volume}'}},
     (400, 400, 400, 403, 404)),
    ('DELETE', '/servers/<server_id>/os-volume_attachments/<volume_id>', UNSET, own(202)),
    ('GET', '/servers/<server_id>/metadata', UNSET, READ),
    ('POST', '/servers/<server_id>/metadata', META, own(200)),
    ('PUT', '/servers/<server_id>/metadata', META, own(200)),
    ('GET', '/servers/<server_id>/metadata/<key>', UNSET, (404, 404, 404, 404, 404)),
    ('PUT', '/servers/<server_id>/metadata/<key>', {'meta': {'one': 'b'}}, own(200)),
    ('DELETE', '/servers/<server_id>/metadata/<key>', UNSET, (404, 404, 404, 403, 404)),
    ('GET', '/servers/<server_id>/os-instance-actions', UNSET, READ),
    ('GET', '/servers/<server_id>/os-instance-actions/<request_id>', UNSET, READ),
    ('GET', '/flavors', UNSET, ALL), ('GET', '/flavors/detail', UNSET, ALL),
    ('GET', '/flavors/<flavor_id>', UNSET, (200, 404, 404, 404, 404)),
    ('POST', '/flavors', FLAVOR, ADMIN), ('DELETE', '/flavors/<flavor_id>', UNSET, (202, 403, 403, 403, 403)),
    ('GET', '/flavors/<flavor_id>/os-extra_specs', UNSET, (200, 404, 404, 404, 404)),
    ('POST', '/flavors/<flavor_id>/os-extra_specs', {'extra_specs': {'a': 'b'}}, ADMIN),
    ('GET', '/flavors/<flavor_id>/os-extra_specs/<key>', UNSET, (404, 404, 404, 404, 404)),
    ('PUT', '/flavors/<flavor_id>/os-extra_specs/<key>', {'one': 'b'}, ADMIN),
    ('DELETE', '/flavors/<flavor_id>/os-extra_specs/<key>', UNSET, (404, 403, 403, 403, 403)),
    ('GET', '/flavors/<flavor_id>/os-flavor-access', UNSET, ADMIN),
    ('POST', '/flavors/<flavor_id>/action', {'addTenantAccess': {'tenant': 'alpha'}}, ADMIN),
    ('GET', '/os-keypairs', UNSET, ALL),
    ('POST', '/os-keypairs', {'keypair': {'name': 'new', 'public_key': PUBLIC_KEY}}, ALL),
    ('GET', '/os-keypairs/<name>', UNSET, (404, 200, 404, 404, 404)),
    ('DELETE', '/os-keypairs/<name>', UNSET, (404, 202, 404, 404, 404)),
    ('GET', '/limits', UNSET, ALL),
    ('GET', '/os-quota-sets/<project_id>', UNSET, (200, 200, 200, 200, 403)),
    ('GET', '/os-quota-sets/<project_id>/detail', UNSET, (200, 200, 200, 200, 403)),
    ('GET', '/os-quota-sets/<project_id>/defaults', UNSET, (200, 200, 200, 200, 403)),
    ('PUT', '/os-quota-sets/<project_id>', {'quota_set': {'cores': 99}}, ADMIN),
    ('DELETE', '/os-quota-sets/<project_id>', UNSET, (202, 403, 403, 403, 403)),
    ('GET', '/os-quota-class-sets/<name>', UNSET, (404, 403, 403, 403, 403)),
    ('PUT', '/os-quota-class-sets/<name>', {'quota_class_set': {'cores': 99}}, (404, 403, 403, 403, 403)),
    ('GET', '/os-availability-zone', UNSET, ALL), ('GET', '/os-availability-zone/detail', UNSET, ADMIN),
    ('GET', '/os-hosts', UNSET, ADMIN), ('GET', '/os-hosts/<host>', UNSET, ADMIN),
    ('PUT', '/os-hosts/<host>', {'status': 'disable'}, ADMIN),
    *(('GET', f'/os-hosts/<host>/{what}', UNSET, (501, 403, 403, 403, 403))
      for what in ('reboot', 'shutdown', 'startup')),
    *(('GET', f'/os-hypervisors{what}', UNSET, ADMIN)
      for what in ('', '/detail', '/statistics', '/<hypervisor_id>', '/<hypervisor_id>/uptime', '/<pattern>/search',
                   '/<pattern>/servers')),
    ('GET', '/os-services', UNSET, ADMIN), ('DELETE', '/os-services/<service_id>', UNSET, (409, 403, 403, 403, 403)),
    ('PUT', '/os-services/disable', NODE1, ADMIN), ('PUT', '/os-services/enable', NODE1, ADMIN),
    ('PUT', '/os-services/disable-log-reason', {**NODE1, 'disabled_reason': 'fan'}, ADMIN),
    ('GET', '/os-essex-operations', UNSET, ADMIN), ('GET', '/os-essex-operations/<operation_id>', UNSET, ADMIN),
    ('POST', '/os-essex-operations/<operation_id>/action', {'undo': None}, (202, 403, 403, 403, 403)),
    ('GET', '/os-simple-tenant-usage', UNSET, ADMIN),
    ('GET', '/os-simple-tenant-usage/<project_id>', UNSET, (200, 200, 200, 200, 403)),
    ('GET', '/os-networks', UNSET, ALL), ('GET', '/os-networks/detail', UNSET, ALL),
    ('GET', '/os-networks/<network_id>', UNSET, ALL),
    ('POST', '/os-networks', {'network': {'label': 'n', 'cidr': '10.9.0.0/24', 'bridge': 'br9'}}, ADMIN),
    ('DELETE', '/os-networks/<network_id>', UNSET, (409, 403, 403, 403, 403)),
    ('POST', '/os-networks/<network_id>/action', {'disassociate': None}, (202, 403, 403, 403, 403)),
    ('GET', '/os-tenant-networks', UNSET, ALL), ('GET', '/os-tenant-networks/<network_id>', UNSET, ALL),
    ('GET', '/os-floating-ip-pools', UNSET, ALL), ('GET', '/os-floating-ips', UNSET, ALL),
    ('POST', '/os-floating-ips', {'pool': 'nova'}, make(200)),
    ('GET', '/os-floating-ips/<floating_id>', UNSET, READ),
    ('DELETE', '/os-floating-ips/<floating_id>', UNSET, own(202)),
    ('GET', '/os-security-groups', UNSET, ALL), ('GET', '/os-security-groups/<group_id>', UNSET, READ),
    ('POST', '/os-security-groups', {'security_group': {'name': 'n', 'description': 'd'}}, make(200)),
    ('PUT', '/os-security-groups/<group_id>', {'security_group': {'name': 'n', 'description': 'd'}}, own(200)),
    ('DELETE', '/os-security-groups/<group_id>', UNSET, own(202)),
    ('POST', '/os-security-group-rules', RULE, own(200)),
    ('DELETE', '/os-security-group-rules/<rule_id>', UNSET, own(202)),
    ('POST', '/servers/<server_id>/remote-consoles', CONSOLE, own(200)),
    ('PUT', '/os-services/force-down', {**NODE1, 'forced_down': True}, ADMIN),
    ('GET', '/os-migrations', UNSET, ADMIN),
    ('GET', '/extensions', UNSET, ALL), ('GET', '/extensions/<alias>', UNSET, ALL),
    ('GET', '/os-aggregates', UNSET, ADMIN), ('GET', '/os-aggregates/<aggregate_id>', UNSET, ADMIN),
    ('POST', '/os-aggregates', {'aggregate': {'name': 'n', 'availability_zone': 'z'}}, ADMIN),
    ('PUT', '/os-aggregates/<aggregate_id>', {'aggregate': {'name': 'n'}}, ADMIN),
    ('DELETE', '/os-aggregates/<aggregate_id>', UNSET, ADMIN),
    ('POST', '/os-aggregates/<aggregate_id>/action', {'add_host': {'host': 'node1'}}, ADMIN),
    ('GET', '/images', UNSET, ALL), ('GET', '/images/detail', UNSET, ALL),
    ('GET', '/images/<image_id>', UNSET, READ),
    ('DELETE', '/images/<image_id>', UNSET, own(204)),
    ('GET', '/images/<image_id>/metadata', UNSET, READ), ('GET', '/images/<image_id>/metadata/<key>', UNSET,
                                                         (404, 404, 404, 404, 404)),
    ('POST', '/images/<image_id>/metadata', META, own(200)), ('PUT', '/images/<image_id>/metadata', META, own(200)),
    ('PUT', '/images/<image_id>/metadata/<key>', {'meta': {'one': 'b'}}, own(200)),
    ('DELETE', '/images/<image_id>/metadata/<key>', UNSET, (404, 404, 404, 403, 404)),
    ('GET', '/os-volumes', UNSET, ALL), ('GET', '/os-volumes/detail', UNSET, ALL),
    ('GET', '/os-volumes/<volume_id>', UNSET, READ), ('POST', '/os-volumes', {'volume': {'size': 1}}, make(200)),
    ('DELETE', '/os-volumes/<volume_id>', UNSET, (400, 400, 400, 403, 404)),    # it is attached
    ('GET', '/os-snapshots', UNSET, ALL), ('GET', '/os-snapshots/detail', UNSET, ALL),
    ('GET', '/os-snapshots/<snapshot_id>', UNSET, READ),
    ('POST', '/os-snapshots', {'snapshot': {'volume_id': '{volume}'}}, (200, 200, 200, 403, 404)),
    ('DELETE', '/os-snapshots/<snapshot_id>', UNSET, own(202)),
    ('GET', '/os-volume-types', UNSET, ALL), ('GET', '/os-volume-types/<type_id>', UNSET, ALL),
]
ACTIONS = [
    ({'os-stop': None}, own(202)), ({'os-start': None}, (409, 409, 409, 403, 404)),
    ({'reboot': {'type': 'SOFT'}}, own(202)), ({'pause': None}, own(202)), ({'suspend': None}, own(202)),
    ({'unpause': None}, (409, 409, 409, 403, 404)), ({'resume': None}, (409, 409, 409, 403, 404)),
    ({'lock': None}, own(202)), ({'unlock': None}, own(202)), ({'forceDelete': None}, own(202)),
    ({'createImage': {'name': 'snap'}}, own(202)),
    ({'createBackup': {'name': 'copy', 'backup_type': 'daily', 'rotation': 1}}, own(202)),
    ({'rebuild': {'imageRef': IMAGE}}, own(202)),
    ({'resize': {'flavorRef': '2'}}, own(202)),
    ({'confirmResize': None}, (409, 409, 409, 403, 404)), ({'revertResize': None}, (409, 409, 409, 403, 404)),
    ({'os-resetState': {'state': 'error'}}, (202, 403, 403, 403, 404)),
    ({'os-getConsoleOutput': {'length': 10}}, READ), ({'os-getVNCConsole': {'type': 'novnc'}}, own(200)),
    ({'addFloatingIp': {'address': '{address}'}}, own(202)),
    ({'removeFloatingIp': {'address': '{address}'}}, (409, 409, 409, 403, 404)),
    ({'addSecurityGroup': {'name': 'web'}}, own(202)),
    ({'removeSecurityGroup': {'name': 'web'}}, (400, 400, 400, 403, 404)),
]
CAST = ('nobody', 'unscoped', 'stranger', 'reader', 'colleague', 'owner', 'admin')
TRIALS = [*TABLE, *(('POST', '/servers/<server_id>/action', body, codes) for body, codes in ACTIONS)]


def routes():
    """(method, path) of every route there is."""
    return {(route.method, route.path) for each in app._CONTROLLERS for route, _ in each().handlers()}


def test_every_route_and_action_is_tried():
    assert {(method, path) for method, path, _, _ in TRIALS} == routes()
    assert {next(iter(body)) for body, _ in ACTIONS} == set(server_actions._ACTIONS)


def places(stage):
    """What stands in for the words in a path."""
    return {'server_id': stage.server, 'label': 'private', 'key': 'one', 'request_id': stage.request,
            'flavor_id': '9', 'name': stage.key, 'project_id': 'alpha', 'host': 'node1', 'hypervisor_id': stage.node,
            'pattern': 'node1', 'service_id': stage.service, 'network_id': stage.network,
            'floating_id': stage.floating, 'group_id': stage.group, 'rule_id': stage.rule, 'alias': 'os-keypairs',
            'volume_id': stage.attached, 'aggregate_id': stage.aggregate, 'operation_id': stage.operation,
            'image_id': stage.image, 'snapshot_id': stage.snapshot, 'type_id': stage.type}


def path_of(stage, path):
    """`path` with the words in it replaced."""
    return re.sub(r'<(?:\w+:)?(\w+)>', lambda match: str(places(stage)[match[1]]), path)


def filled(body, stage):
    if isinstance(body, dict):
        return {key: filled(value, stage) for key, value in body.items()}
    known = {'{volume}': stage.volume, '{group}': stage.group, '{address}': stage.address}
    return known.get(body, body) if isinstance(body, str) else body


def secrets(stage):
    """What a stranger must never read."""
    return [stage.server, stage.key, stage.image, stage.address, '"10.0.0.2"', 'alpha']


@pytest.mark.parametrize('method, path, body, codes', TRIALS, ids=lambda each: each if isinstance(each, str) else '')
def test_who_may(stage, method, path, body, codes):
    expected = dict(zip(('admin', 'owner', 'colleague', 'reader', 'stranger'), codes, strict=True))
    headers = {'OpenStack-API-Version': f'compute {LATER.get(path, "2.1")}'}
    path = path_of(stage, path)
    body = filled(body, stage) if body is not UNSET else UNSET
    stage.keep()
    for who in CAST:
        if method != 'GET' and expected.get(who, 403) < 400:
            stage.reset()
        answer = stage.clients[who](method, f'/v2.1{path}', body, headers=headers)
        if path == '/':
            assert answer.status_int == 200
        elif who in expected:
            assert answer.status_int == expected[who], (who, answer.text)
        else:
            assert answer.status_int in {'nobody': (401,), 'unscoped': (403, 404)}[who], (who, answer.text)
        if who == 'stranger' and answer.status_int < 300:
            assert not [each for each in secrets(stage) if each in answer.text]


@pytest.mark.parametrize('face', ['/v1.1', '/v2', '/v2.1'])
def test_the_project_in_the_path(stage, face):
    path = f'/servers/{stage.server}'
    assert stage.owner('GET', f'{face}/alpha{path}').status_int == 200
    answer = stage.owner('GET', f'{face}/beta{path}')
    assert answer.status_int == 400 and 'Malformed' in answer.json['badRequest']['message']
    assert stage.stranger('GET', f'{face}/beta{path}').status_int == 404
    assert stage.nobody('GET', f'{face}/alpha{path}').status_int == 401
    assert stage.unscoped('GET', f'{face}/alpha{path}').status_int == 400


def test_an_id_that_was_left_out_is_not_the_collection(stage):
    for path in ('/servers/', '/images/', '/os-simple-tenant-usage/'):
        for method in ('GET', 'DELETE'):
            assert stage.admin(method, f'/v2.1{path}').status_int == 404, (method, path)
    assert stage.owner('GET', '/v2/alpha/servers/').status_int == 200    # as it was in 2012


def test_hosts_by_zone_and_name(stage):
    every = stage.admin.ok('GET', '/v2.1/os-hosts')['hosts']
    assert stage.admin.ok('GET', '/v2.1/os-hosts?zone=&service=')['hosts'] == every and every
    assert stage.admin('PUT', '/v2.1/os-hosts/nowhere', {'maintenance_mode': 'enable'}).status_int == 404
    assert stage.admin('PUT', '/v2.1/os-hosts/node1', {'maintenance_mode': 'enable'}).status_int == 501


def test_others_groups_are_the_administrators(stage):
    own = stage.owner.ok('GET', '/v2.1/os-security-groups')
    assert stage.owner.ok('GET', '/v2.1/os-security-groups?all_tenants=true') == own
    every = stage.admin.ok('GET', '/v2.1/os-security-groups?all_tenants=true')['security_groups']
    assert {each['tenant_id'] for each in every} >= {'alpha'}


def test_what_is_not_attached_cannot_be_exchanged(stage):
    path = f'/v2.1/servers/{stage.server}/os-volume_attachments/{stage.server}'
    assert stage.owner('PUT', path, {'volumeAttachment': {'volumeId': stage.server}}).status_int == 404


def test_role_names_of_older_clouds(stage):
    context = stage.owner.context
    for role, status in (('Member', 202), ('_member_', 202), ('manager', 202), ('MEMBER', 202), ('reader', 403),
                         ('auditor', 403)):
        context.roles = (role,)
        assert stage.owner.ok('GET', '/v2.1/servers')['servers']
        assert stage.owner('POST', f'/v2.1/servers/{stage.server}/action', {'lock': None}).status_int == status, role


def test_things_need_a_project_to_belong_to(stage):
    stage.admin.context.project_id = None
    for path, body in (('/servers', SERVER), ('/os-floating-ips', {}),
                       ('/os-security-groups', {'security_group': {'name': 'n', 'description': 'd'}})):
        answer = stage.admin('POST', f'/v2.1{path}', body)
        assert answer.status_int == 400 and 'scoped' in answer.json['badRequest']['message']


def test_rules_named_in_the_code_are_the_rules_there_are():
    source = ''.join(path.read_text() for package in (compute, volume)
                     for path in pathlib.Path(package.__file__).parent.glob('*.py'))
    known = {rule.name for rule in policies.RULES}
    named = set(re.findall(r"'((?:servers|\w+):[\w:]+)'", source))
    assert {rule for rule in known if ':' in rule} - named == set()
    assert {rule for rule in named if rule.split(':')[0] in {each.split(':')[0] for each in known}} - known == set()


def test_users_see_their_own_alone(stage):
    other = stage.make_server('theirs', 'beta', 'mallory')
    for path in ('/servers', '/servers/detail', '/servers?tenant_id=beta', '/servers?project_id=beta',
                 f'/servers?uuid={other}', '/servers?deleted=True', '/servers?changes-since=2012-01-01T00:00:00Z'):
        assert other not in stage.owner('GET', f'/v2.1{path}').text
    assert stage.owner('GET', '/v2.1/servers?all_tenants=1').status_int == 403
    assert stage.owner('GET', f'/v2.1/servers?marker={other}').status_int == 400
    found = stage.admin.ok('GET', '/v2.1/servers?all_tenants=1')['servers']
    assert {stage.server, other} <= {each['id'] for each in found}
    assert quota.usage('beta')['instances'] == 1


def test_volumes_as_in_2012(stage):
    asked = {'volume': {'size': '2', 'display_name': 'data', 'display_description': None, 'metadata': {'a': 'b'},
                        'availability_zone': 'nova'}}
    made = stage.owner.ok('POST', '/v1.1/alpha/os-volumes', asked)['volume']
    assert (made['size'], made['displayName'], made['metadata'], made['attachments']) == (2, 'data', {'a': 'b'}, [{}])
    listed = [each['id'] for each in stage.owner.ok('GET', '/v1.1/alpha/os-volumes')['volumes']]
    assert listed[0] == made['id'] and len(listed) == 3
    assert [each['id'] for each in stage.owner.ok('GET', '/v2.1/os-volumes?limit=1&offset=1')['volumes']] == listed[1:2]
    shown = stage.owner.ok('GET', f'/v2.1/os-volumes/{stage.attached}')['volume']['attachments']
    assert shown == [{'id': stage.attached, 'volumeId': stage.attached, 'serverId': stage.server, 'device': '/dev/vdb'}]
    for bad in ({}, {'size': 0}, {'size': 'x'}, {'size': '-1'}, {'size': 1, 'snapshot_id': 'x'}):
        assert stage.owner('POST', '/v2.1/os-volumes', {'volume': bad}).status_int == 400, bad
    snapshot = stage.owner.ok('POST', '/v2.1/os-snapshots', {'snapshot': {
        'volume_id': stage.volume, 'display_name': 'monday', 'force': False}})['snapshot']
    assert snapshot['volumeId'] == stage.volume and snapshot['displayName'] == 'monday'
    assert stage.owner('DELETE', f'/v2.1/os-snapshots/{stage.snapshot}').status_int == 202
