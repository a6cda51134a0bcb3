"""Every route of the Block Storage API tried as everyone, and with odd input."""
import re

import pytest

from nova.api.volume import app, snapshots, volume_actions
from tests.unit.nova.api.stage import UNSET
from tests.unit.nova.api.test_access import ADMIN, ALL, READ, make, own
from tests.unit.nova.volume import rows

META, ITEM = {'metadata': {'a': 'b'}}, {'meta': {'one': 'b'}}
HOST = {'host': 'node1', 'binary': 'nova-volume'}
OTHERS = (200, 200, 200, 200, 403)
TABLE = [
    ('GET', '/volumes', UNSET, ALL), ('GET', '/volumes/detail', UNSET, ALL),
    ('POST', '/volumes', {'volume': {'size': 1}}, make(202)),
    ('GET', '/volumes/<volume_id>', UNSET, READ),
    ('PUT', '/volumes/<volume_id>', {'volume': {'name': 'n'}}, own(200)),
    ('DELETE', '/volumes/<free_id>', UNSET, own(202)),
    ('GET', '/volumes/<volume_id>/metadata', UNSET, READ),
    ('POST', '/volumes/<volume_id>/metadata', META, own(200)),
    ('PUT', '/volumes/<volume_id>/metadata', META, own(200)),
    ('GET', '/volumes/<volume_id>/metadata/<key>', UNSET, READ),
    ('PUT', '/volumes/<volume_id>/metadata/<key>', ITEM, own(200)),
    ('DELETE', '/volumes/<volume_id>/metadata/<key>', UNSET, own(200)),
    ('GET', '/snapshots', UNSET, ALL), ('GET', '/snapshots/detail', UNSET, ALL),
    ('POST', '/snapshots', {'snapshot': {'volume_id': '{volume}'}}, (202, 202, 202, 403, 404)),
    ('GET', '/snapshots/<snapshot_id>', UNSET, READ),
    ('PUT', '/snapshots/<snapshot_id>', {'snapshot': {'name': 'n'}}, own(200)),
    ('DELETE', '/snapshots/<snapshot_id>', UNSET, own(202)),
    ('POST', '/snapshots/<snapshot_id>/action', {'os-reset_status': {'status': 'error'}}, (202, 403, 403, 403, 404)),
    ('GET', '/snapshots/<snapshot_id>/metadata', UNSET, READ),
    ('POST', '/snapshots/<snapshot_id>/metadata', META, own(200)),
    ('PUT', '/snapshots/<snapshot_id>/metadata', META, own(200)),
    ('GET', '/snapshots/<snapshot_id>/metadata/<key>', UNSET, READ),
    ('PUT', '/snapshots/<snapshot_id>/metadata/<key>', ITEM, own(200)),
    ('DELETE', '/snapshots/<snapshot_id>/metadata/<key>', UNSET, own(200)),
    ('GET', '/types', UNSET, ALL), ('GET', '/types/<type_id>', UNSET, ALL),
    ('POST', '/types', {'volume_type': {'name': 'gold'}}, ADMIN),
    ('PUT', '/types/<type_id>', {'volume_type': {'name': 'gold'}}, ADMIN),
    ('DELETE', '/types/<type_id>', UNSET, (202, 403, 403, 403, 403)),
    ('GET', '/types/<type_id>/extra_specs', UNSET, ADMIN),
    ('POST', '/types/<type_id>/extra_specs', {'extra_specs': {'a': 'b'}}, ADMIN),
    ('GET', '/types/<type_id>/extra_specs/<spec>', UNSET, ADMIN),
    ('PUT', '/types/<type_id>/extra_specs/<spec>', {'speed': 'low'}, ADMIN),
    ('DELETE', '/types/<type_id>/extra_specs/<spec>', UNSET, (202, 403, 403, 403, 403)),
    ('GET', '/types/<type_id>/os-volume-type-access', UNSET, (404, 403, 403, 403, 403)),   # it is public
    ('POST', '/types/<type_id>/action', {'addProjectAccess': {'project': 'beta'}}, (409, 403, 403, 403, 403)),
    ('GET', '/os-volume-transfer', UNSET, ALL), ('GET', '/os-volume-transfer/detail', UNSET, ALL),
    ('GET', '/os-volume-transfer/<transfer_id>', UNSET, READ),
    ('POST', '/os-volume-transfer', {'transfer': {'volume_id': '{volume}'}}, (202, 202, 202, 403, 404)),
    ('POST', '/os-volume-transfer/<transfer_id>/accept', {'accept': {'auth_key': 'x'}}, (400, 400, 400, 403, 400)),
    ('DELETE', '/os-volume-transfer/<transfer_id>', UNSET, own(202)),
    ('GET', '/scheduler-stats/get_pools', UNSET, ADMIN), ('GET', '/capabilities/<host>', UNSET, ADMIN),
    ('GET', '/limits', UNSET, ALL), ('GET', '/os-quota-sets/<project_id>', UNSET, OTHERS),
    ('GET', '/os-quota-sets/<project_id>/defaults', UNSET, OTHERS),
    ('PUT', '/os-quota-sets/<project_id>', {'quota_set': {'volumes': 7}}, ADMIN),
    ('DELETE', '/os-quota-sets/<project_id>', UNSET, ADMIN),
    ('GET', '/os-quota-class-sets/<name>', UNSET, ADMIN),
    ('PUT', '/os-quota-class-sets/<name>', {'quota_class_set': {'volumes': 7}}, ADMIN),
    ('GET', '/os-services', UNSET, ADMIN), ('PUT', '/os-services/enable', HOST, ADMIN),
    ('PUT', '/os-services/disable', HOST, ADMIN),
    ('PUT', '/os-services/disable-log-reason', {**HOST, 'disabled_reason': 'fan'}, ADMIN),
    ('GET', '/os-availability-zone', UNSET, ALL), ('GET', '/extensions', UNSET, ALL),
    ('GET', '/extensions/<alias>', UNSET, ALL),
    ('GET', '/messages', UNSET, ALL), ('GET', '/messages/<message_id>', UNSET, READ),
    ('DELETE', '/messages/<message_id>', UNSET, own(204)),
]
LATEST = {'OpenStack-API-Version': 'volume 3.5'}
FORCE = (202, 403, 403, 403, 404)
ACTIONS = [
    ({'os-extend': {'new_size': 2}}, own(202)), ({'os-set_bootable': {'bootable': True}}, own(200)),
    ({'os-update_readonly_flag': {'readonly': True}}, own(202)),
    ({'os-set_image_metadata': META}, own(200)), ({'os-unset_image_metadata': {'key': 'image_id'}}, own(200)),
    ({'os-retype': {'new_type': 'fast', 'migration_policy': 'never'}}, own(202)),
    ({'os-show_image_metadata': None}, READ), ({'os-volume_upload_image': {'image_name': 'i'}}, own(202)),
    ({'os-reset_status': {'status': 'error'}}, FORCE),
    ({'os-force_delete': None}, (400, 403, 403, 403, 404)),   # it has a snapshot
    ({'os-attach': {'instance_uuid': '0f1d6c1e-9b4a-4f0e-8a39-4f9a9f3c8a11', 'mountpoint': '/dev/vdb'}}, FORCE),
    ({'os-detach': None}, (400, 403, 403, 403, 404)),   # it is attached to nothing
]
TRIALS = [*TABLE, *(('POST', '/volumes/<volume_id>/action', body, codes) for body, codes in ACTIONS)]
WORDS = {'volume_id': 'volume', 'free_id': 'free', 'snapshot_id': 'snapshot', 'type_id': 'type',
         'message_id': 'message', 'transfer_id': 'transfer'}
FIXED = {'name': 'default', 'key': 'one', 'spec': 'speed', 'project_id': 'alpha', 'alias': 'os-services',
         'host': 'node1@file'}


def path_of(block, path):
    return re.sub(r'<(\w+)>', lambda match: FIXED.get(match[1]) or getattr(block, WORDS[match[1]]), path)


def filled(body, block):
    if isinstance(body, dict):
        return {key: filled(value, block) for key, value in body.items()}
    return block.free if body == '{volume}' else body


def test_every_route_and_action_is_tried():
    routes = {(route.method, route.path) for each in app._CONTROLLERS for route, _ in each().handlers()}
    tried = {(method, path.replace('free_id', 'volume_id').replace('<spec>', '<key>')) for method, path, _, _ in TRIALS}
    assert tried == routes
    assert {next(iter(body)) for body, _ in ACTIONS} == set(volume_actions.ACTIONS)


@pytest.mark.parametrize('method, path, body, codes', TRIALS, ids=lambda each: each if isinstance(each, str) else '')
def test_who_may(block, method, path, body, codes):
    expected = dict(zip(('admin', 'owner', 'colleague', 'reader', 'stranger'), codes, strict=True))
    path = path_of(block, path)
    body = filled(body, block) if body is not UNSET else UNSET
    block.keep()
    for who in ('nobody', 'unscoped', 'stranger', 'reader', 'colleague', 'owner', 'admin'):
        if method != 'GET' and expected.get(who, 403) < 400:
            block.reset()
        answer = block.clients[who].ask(method, path, body, headers=LATEST)
        wanted = {'nobody': 401, 'unscoped': 400}.get(who) or expected[who]
        assert answer.status_int == wanted, (who, answer.text)
        if who == 'stranger' and answer.status_int < 300:
            assert not [each for each in (block.volume, block.snapshot, 'alpha') if each in answer.text.replace(
                '/os-quota-sets/alpha', '')]


def check_fault(answer, request):
    assert 400 <= answer.status_int < 500, (request, answer.status, answer.text)
    fault = next(iter(answer.json.values()))
    assert len(answer.json) == 1 and fault['code'] == answer.status_int and fault['message'], answer.text


ODD = [b'', b'null', b'[]', b'{}', b'"x"', b'7', b'{', b'\xff\xfe', b'[' * 5000 + b']' * 5000,
       b'{"volume": "a\\u0000b"}', b'{"volume": null}', b'{"volume": []}', b'{"snapshot": {"volume_id": 1e400}}']


def test_odd_bodies(block):
    for method, path, _, _ in TRIALS:
        if method in ('POST', 'PUT'):
            for raw in ODD:
                check_fault(block.admin(method, block.admin.url(path_of(block, path)), raw=raw), (method, path, raw))


def spoilt(body):
    for key, value in body.items():
        for wrong in (None, 5, -1, 2 ** 63, 'x' * 256, [], {}, True, [[[{}]]], 'a\0b', '²', '１'):
            yield {**body, key: wrong}
        if isinstance(value, dict):
            for inner in spoilt(value):
                yield {**body, key: inner}


FULL = {'volume': dict.fromkeys(('size', 'name', 'description', 'availability_zone', 'volume_type', 'snapshot_id',
                                 'source_volid', 'imageRef', 'metadata', 'multiattach', 'backup_id'))}


def test_wrong_types_are_no_server_error(block):
    bodies = [('POST', '/volumes', FULL), *((method, path, body) for method, path, body, _ in TRIALS
                                            if method in ('POST', 'PUT'))]
    for method, path, body in bodies:
        for wrong in spoilt(filled(body, block)):
            answer = block.admin.ask(method, path_of(block, path), wrong)
            assert answer.status_int < 500, (method, path, wrong, answer.text)
            if answer.status_int >= 400:
                check_fault(answer, (method, path, wrong))


def test_odd_queries(block):
    for query in ('limit=x', 'limit=-1', 'sort=size:up', 'sort=nonsense:asc', 'sort_dir=up', 'offset=-1',
                  'metadata=%7B', 'metadata=7', 'metadata={1:2}', r"metadata={'a': '\ud800'}",
                  r"metadata={'\ud800': 'a'}", r'metadata={"a":"\u0000"}', 'sort=' + ','.join(['name'] * 2500),
                  'sort=name,name,name', 'bootable=perhaps', '%ff=%ff', 'name=%00'):
        for path in ('/volumes', '/volumes/detail', '/snapshots'):
            answer = block.owner.ask('GET', path, query=query)
            assert answer.status_int in (200, 400), (query, answer.text)
    for path in ('/volumes', '/volumes/detail', '/snapshots', '/messages'):
        answer = block.owner.ask('GET', path, query='marker=nope', headers=LATEST)
        assert answer.status_int == 404 and 'marker [nope]' in answer.text
    for path in ('/volumes/%00', '/volumes/x', '/nothing', '/snapshots/' + 'y' * 300, '/types/z'):
        assert block.owner.ask('GET', path).status_int == 404, path


@pytest.mark.parametrize('reference', ['/', '//', 'http:///'])
def test_a_reference_to_no_image_is_no_empty_volume(block, reference):
    answer = block.owner.ask('POST', '/volumes', {'volume': {'size': 1, 'imageRef': reference}})
    assert answer.status_int in (400, 404), answer.text


@pytest.mark.parametrize('direction', ['asc', 'desc'])
@pytest.mark.parametrize('key', ['bootable', 'name', 'size', 'updated_at', 'host'])
def test_pages_in_any_order(block, key, direction):
    rows.available(bootable=True, display_name='boots')
    query = f'sort={key}:{direction}'
    ordered = [each['id'] for each in block.owner.get('/volumes', query=query)['volumes']]
    assert len(ordered) == 4
    for place, marker in enumerate(ordered):
        page = block.owner.get('/volumes', query=f'{query}&limit=1&marker={marker}')['volumes']
        assert [each['id'] for each in page] == ordered[place + 1:place + 2]


def test_projects_in_paths(block):
    answer = block.owner('GET', '/v3/beta/volumes')
    assert answer.status_int == 400 and 'Malformed' in answer.json['badRequest']['message']
    assert block.nobody('GET', '/v3/alpha/volumes').status_int == 401


def test_snapshot_actions(block):
    assert set(snapshots.ACTIONS) == {'os-reset_status', 'os-force_delete'}
    block.admin.ok('POST', block.admin.url(f'/snapshots/{block.snapshot}/action'), {'os-force_delete': None}, 202)
    assert block.owner.get(f'/snapshots/{block.snapshot}')['snapshot']['status'] == 'deleting'


def test_services_by_their_names(block):
    def named(query):
        return [each['binary'] for each in block.admin.get('/os-services', query=query)['services']]
    for query in ('', 'binary=nova-volume', 'host=node1', 'host=node1@file'):
        assert named(query) == ['nova-volume'], query
    assert named('host=node1@file&binary=cinder-volume') == ['cinder-volume']
    assert named('binary=nova-compute') == named('host=node2') == []
    path = block.admin.url('/os-services/disable')
    for body in ({'host': 'node1', 'binary': 'cinder-volume'}, {'host': 'node1@file'}):
        assert block.admin.ok('PUT', path, body)['disabled']
    for body in ({'host': 'node1', 'binary': 'invalid'}, {'host': 'node2'}):
        assert block.admin('PUT', path, body).status_int == 404


def test_a_snapshot_of_nothing(block):
    assert block.owner.ask('POST', '/snapshots', {'snapshot': {'volume_id': None}}).status_int == 404


def test_types_of_some_projects(block):
    made = block.admin.ok('POST', block.admin.url('/types'), {'volume_type': {
        'name': 'secret', 'os-volume-type-access:is_public': False}})['volume_type']
    path, act = f'/types/{made["id"]}', block.admin.url(f'/types/{made["id"]}/action')
    wanted = {'volume': {'size': 1, 'volume_type': 'secret'}}

    def usable():
        listed = made['id'] in [each['id'] for each in block.owner.get('/types')['volume_types']]
        shown = block.owner.ask('GET', path).status_int
        assert block.stranger.ask('GET', path).status_int == 404
        return listed, shown, block.owner.ask('POST', '/volumes', wanted).status_int
    assert usable() == (False, 404, 404)
    assert block.admin.get(f'{path}/os-volume-type-access') == {'volume_type_access': []}
    add, remove = {'addProjectAccess': {'project': 'alpha'}}, {'removeProjectAccess': {'project': 'alpha'}}
    assert block.admin('POST', act, add).status_int == 202 and block.admin('POST', act, add).status_int == 409
    assert block.admin.get(f'{path}/os-volume-type-access') == {'volume_type_access': [
        {'volume_type_id': made['id'], 'project_id': 'alpha'}]}
    assert usable() == (True, 200, 202)
    assert block.admin('POST', act, remove).status_int == 202 and block.admin('POST', act, remove).status_int == 404
    assert usable() == (False, 404, 404)
    for bad in ({}, {'addProjectAccess': {}}, {'addProjectAccess': {'project': ''}}, {**add, **remove}, {'x': 1}):
        assert block.admin('POST', act, bad).status_int == 400, bad
    block.admin('POST', act, {'addProjectAccess': {'project': 'beta'}})
    other = block.admin.ok('POST', block.admin.url('/types'), {'volume_type': {'name': 'gone', 'is_public': False}})
    assert block.admin.ask('POST', f'/types/{other["volume_type"]["id"]}/action', add).status_int == 202
    assert block.admin.ask('DELETE', f'/types/{other["volume_type"]["id"]}').status_int == 202


def test_retyping_and_maintenance(block):
    act = block.owner.url(f'/volumes/{block.free}/action')
    for name, status in (('none', 404), ('__DEFAULT__', 400), ('fast', 202), (block.type, 400)):
        assert block.owner('POST', act, {'os-retype': {'new_type': name}}).status_int == status, name
    assert block.owner.get(f'/volumes/{block.free}')['volume']['volume_type'] == 'fast'
    reset = {'os-reset_status': {'status': 'maintenance'}}
    assert block.admin('POST', block.admin.url(f'/volumes/{block.free}/action'), reset).status_int == 202
    assert block.admin('POST', block.admin.url(f'/volumes/{block.attached}/action'), reset).status_int == 400
    assert block.owner('POST', act, {'os-retype': {'new_type': '__DEFAULT__'}}).status_int == 400
    assert block.owner('POST', act, {'os-extend': {'new_size': 5}}).status_int == 400
    assert block.owner.ask('DELETE', f'/volumes/{block.free}').status_int == 400
    assert block.admin('POST', block.admin.url(f'/volumes/{block.free}/action'),
                       {'os-force_delete': None}).status_int == 202


def test_a_spec_is_that_of_its_path(block):
    path = block.admin.url(f'/types/{block.type}/extra_specs')
    assert block.admin('PUT', f'{path}/speed', {'colour': 'red'}).status_int == 400
    assert block.admin('PUT', f'{path}/speed', {'speed': 'low'}).status_int == 200
