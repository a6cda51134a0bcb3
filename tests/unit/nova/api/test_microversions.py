"""What each microversion changes, and that it does so from there on, not before and not at the older faces."""
import pytest

from essex.wsgi import compile_schema
from nova.api.compute import versions
from nova.compute import keypairs
from tests.unit.nova.api import shapes
from tests.unit.nova.api.shapes import closed, of, several
from tests.unit.nova.api.stage import PUBLIC_KEY
from tests.unit.nova.api.test_shapes import READS, path_of

LATEST = 12
SINCE_3 = {f'OS-EXT-SRV-ATTR:{name}': shapes.MAYBE_TEXT for name in (
    'hostname', 'kernel_id', 'ramdisk_id', 'reservation_id', 'root_device_name', 'user_data')}
SINCE_3['OS-EXT-SRV-ATTR:launch_index'] = shapes.NUMBER


VOLUMES = several(closed({'id': shapes.UUID, 'delete_on_termination': shapes.FLAG}))


def at(minor):
    """Headers that ask for 2.`minor`."""
    return {'OpenStack-API-Version': f'compute 2.{minor}'}


def more(schema, added):
    """A closed object with these keys too."""
    return closed({**schema['properties'], **added}) if set(schema['properties']) == set(schema['required']) else {
        **schema, 'properties': {**schema['properties'], **added}, 'required': [*schema['required'], *added]}


def expected(minor, path, schema):
    """The schema of an answer at 2.`minor`."""
    if schema in (shapes.SERVER, shapes.SERVER_FOR_ADMINS, shapes.SERVER_AFTER_UPDATE):
        added = SINCE_3 if minor >= 3 and schema is shapes.SERVER_FOR_ADMINS else {}
        if minor >= 3 and schema is not shapes.SERVER_AFTER_UPDATE:
            added = {**added, 'os-extended-volumes:volumes_attached': VOLUMES}
        return more(schema, {**added, **({'locked': shapes.FLAG} if minor >= 9 else {})})
    if isinstance(schema, dict):
        if minor >= 2 and {'fingerprint', 'public_key'} <= set(schema.get('properties', ())):
            return more(schema, {'type': {'enum': ['ssh']}})
        if minor >= 11 and schema is shapes.SERVICE:
            return more(schema, {'forced_down': shapes.FLAG})
        if minor >= 12 and path.endswith('os-virtual-interfaces') and 'mac_address' in schema.get('properties', ()):
            return more(schema, {'net_id': shapes.UUID})
        return {key: expected(minor, path, value) for key, value in schema.items()}
    return schema


def test_the_latest_is_tested():
    assert ('2.1', f'2.{LATEST}') == (versions.MINIMUM, versions.MAXIMUM)


@pytest.mark.parametrize('minor', range(1, LATEST + 1))
def test_every_answer_has_exactly_its_keys(stage, minor):
    for who, path, schema in READS:
        body = stage.clients[who].ok('GET', f'/v2.1{path_of(stage, path)}', headers=at(minor))
        compile_schema(expected(minor, path, schema))(body)
    shown = stage.owner.ok('PUT', f'/v2.1/servers/{stage.server}', {'server': {'name': 'n'}}, headers=at(minor))
    compile_schema(of(server=expected(minor, '', shapes.SERVER_AFTER_UPDATE)))(shown)


def test_headers(stage):
    for headers, version in (
            ({}, '2.1'), (at(1), '2.1'), ({'X-OpenStack-Nova-API-Version': '2.3'}, '2.3'),
            ({'OpenStack-API-Version': 'volume 3.50, compute 2.5'}, '2.5'),
            ({'OpenStack-API-Version': 'compute latest'}, versions.MAXIMUM)):
        answer = stage.owner('GET', '/v2.1/servers', headers=headers)
        assert answer.status_int == 200 and answer.headers['OpenStack-API-Version'] == f'compute {version}'
        assert answer.headers['X-OpenStack-Nova-API-Version'] == version
        assert {'OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'} <= set(answer.vary)
    assert stage.owner('GET', '/v2.1/servers', headers=at(LATEST + 1)).status_int == 406
    assert stage.owner('GET', '/v2.1/servers', headers=at('two')).status_int == 400
    answer = stage.owner('GET', '/v2/alpha/servers', headers=at(200))
    assert answer.status_int == 200 and 'OpenStack-API-Version' not in answer.headers


def test_2_2_key_pairs_have_types(stage):
    with_type = {'keypair': {'name': 'n', 'public_key': PUBLIC_KEY, 'type': 'ssh'}}
    assert stage.owner('POST', '/v2.1/os-keypairs', with_type).status_int == 400
    made = stage.owner.ok('POST', '/v2.1/os-keypairs', with_type, status=201, headers=at(2))
    compile_schema(of(keypair=closed({**shapes.KEYPAIR, 'type': {'enum': ['ssh']}, 'user_id': shapes.TEXT})))(made)
    with_type['keypair']['type'] = 'pgp'
    assert stage.owner('POST', '/v2.1/os-keypairs', with_type, headers=at(2)).status_int == 400
    assert stage.owner('DELETE', '/v2.1/os-keypairs/n', headers=at(2)).status_int == 204
    assert 'type' not in stage.owner.ok('GET', '/v2/alpha/os-keypairs/laptop')['keypair']


def test_2_5_everyone_finds_by_ip6(stage):
    assert len(stage.owner.ok('GET', '/v2.1/servers?ip6=fd00')['servers']) == 1
    assert stage.owner.ok('GET', '/v2.1/servers?ip6=fd00', headers=at(5))['servers'] == []
    assert stage.admin.ok('GET', '/v2.1/servers?ip6=fd00&all_tenants=1')['servers'] == []


def test_2_6_remote_consoles(stage):
    path, body = f'/v2.1/servers/{stage.server}', {'remote_console': {'protocol': 'vnc', 'type': 'novnc'}}
    for minor in (1, 5):
        assert stage.owner('POST', f'{path}/remote-consoles', body, headers=at(minor)).status_int == 404
    assert stage.owner('POST', f'/v2/alpha/servers/{stage.server}/remote-consoles', body).status_int == 404
    shown = stage.owner.ok('POST', f'{path}/remote-consoles', body, headers=at(6))
    compile_schema(of(remote_console=closed({'protocol': {'enum': ['vnc']}, 'type': {'enum': ['novnc']},
                                             'url': {'type': 'string', 'pattern': 'token='}})))(shown)
    old = {'os-getVNCConsole': {'type': 'novnc'}}
    assert stage.owner('POST', f'{path}/action', old, headers=at(5)).status_int == 200
    assert stage.owner('POST', f'{path}/action', old, headers=at(6)).status_int == 404
    for protocol, kind in (('serial', 'serial'), ('vnc', 'serial'), ('vnc', 'none'), ('none', 'novnc')):
        body['remote_console'] = {'protocol': protocol, 'type': kind}
        assert stage.owner('POST', f'{path}/remote-consoles', body, headers=at(6)).status_int == 400


def test_2_8_mks(stage):
    body = {'remote_console': {'protocol': 'mks', 'type': 'webmks'}}
    path = f'/v2.1/servers/{stage.server}/remote-consoles'
    assert 'Invalid input' in stage.owner('POST', path, body, headers=at(7)).text
    assert 'Unavailable console type' in stage.owner('POST', path, body, headers=at(8)).text


def test_2_9_locked(stage):
    for action, locked in (('lock', True), ('unlock', False)):
        stage.owner.ok('POST', f'/v2.1/servers/{stage.server}/action', {action: None}, status=202)
        assert stage.owner.ok('GET', f'/v2.1/servers/{stage.server}', headers=at(9))['server']['locked'] is locked


def test_2_10_key_pairs_of_others(stage):
    path = '/v2.1/os-keypairs'
    keypairs.import_(stage.colleague.context, 'bobs', PUBLIC_KEY)
    assert [each['keypair']['name'] for each in stage.admin.ok('GET', f'{path}?user_id=bob', headers=at(10))[
        'keypairs']] == ['bobs']
    assert stage.admin.ok('GET', f'{path}?user_id=bob', headers=at(9))['keypairs'] == []
    assert stage.admin.ok('GET', f'{path}/bobs?user_id=bob', headers=at(10))['keypair']['user_id'] == 'bob'
    for method, rest in (('GET', ''), ('GET', '/bobs'), ('DELETE', '/bobs')):
        assert stage.owner(method, f'{path}{rest}?user_id=bob', headers=at(10)).status_int == 403
    body = {'keypair': {'name': 'new', 'public_key': PUBLIC_KEY, 'user_id': 'bob'}}
    assert stage.owner('POST', path, body, headers=at(10)).status_int == 403
    assert stage.admin('POST', path, body, headers=at(9)).status_int == 400
    assert stage.admin.ok('POST', path, body, status=201, headers=at(10))['keypair']['user_id'] == 'bob'
    assert stage.admin('DELETE', f'{path}/new?user_id=bob', headers=at(10)).status_int == 204


def test_2_11_services_forced_down(stage):
    body = {'host': 'node1', 'binary': 'nova-compute', 'forced_down': True}
    assert stage.admin('PUT', '/v2.1/os-services/force-down', body, headers=at(10)).status_int == 404
    assert stage.admin.ok('PUT', '/v2.1/os-services/force-down', body, headers=at(11)) == {'service': body}
    shown = stage.admin.ok('GET', '/v2.1/os-services?binary=nova-compute', headers=at(11))['services'][0]
    assert (shown['forced_down'], shown['state']) == (True, 'down')
    body['host'] = 'nowhere'
    assert stage.admin('PUT', '/v2.1/os-services/force-down', body, headers=at(11)).status_int == 404


def test_2_12_networks_of_cards(stage):
    path = f'/v2.1/servers/{stage.server}/os-virtual-interfaces'
    assert stage.owner.ok('GET', path, headers=at(12))['virtual_interfaces'][0]['net_id'] == stage.network
