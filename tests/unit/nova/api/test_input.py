"""Whatever comes in, the answer is a 4xx in the API's own form: odd bodies, odd queries, random requests."""
import json
import os
import re

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nova.api.compute import app, server_actions
from tests.unit.nova.api.fakes import IMAGE
from tests.unit.nova.api.test_access import ACTIONS, LATER, SERVER, TABLE, filled, path_of, places

FACES = ('/v1.1/ops', '/v2/ops', '/v2.1')
WITH_BODY = [(method, path, body) for method, path, body, _ in TABLE if method in ('POST', 'PUT')]
# A floating address may be asked for without a body, and with any pool that exists.
ODD = [b'', b'null', b'[]', b'{}', b'"x"', b'7', b'{', b'\xff\xfe', b'{"server": ', b'[' * 5000 + b']' * 5000,
       b'{"a":' * 3000 + b'1' + b'}' * 3000, b'{"server": "a\\u0000b"}', b'{"server": null}', b'{"server": []}',
       b'{"server": {"name": 1e400}}', b'{"\\ud800": 1}']
EXAMPLES = int(os.environ.get('NOVA_FUZZ_EXAMPLES', '100'))


def check_fault(answer, request=None):
    """An error in the API's own form."""
    assert 400 <= answer.status_int < 500, (request, answer.status, answer.text)
    name, fault = next(iter(answer.json.items()))
    assert len(answer.json) == 1 and fault['code'] == answer.status_int and fault['message'], answer.text
    assert name in {400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod',
                    406: 'computeFault', 409: 'conflictingRequest', 413: 'overLimit', 415: 'badMediaType'}[
                        answer.status_int]
    assert answer.content_type == 'application/json' and len(answer.body) < 5000


@pytest.mark.parametrize('face', FACES)
def test_odd_bodies(stage, face):
    for method, path, _ in [*WITH_BODY, ('POST', '/servers/<server_id>/action', None)]:
        if path == '/os-floating-ips':
            continue
        for raw in ODD:
            check_fault(stage.admin(method, f'{face}{path_of(stage, path)}', raw=raw), (method, path, raw))


def spoilt(body):
    """Copies of a body with one value of a wrong type each."""
    for key, value in body.items():
        for wrong in (None, 5, -1, 2 ** 63, 'x' * 256, [], {}, True, [[[{}]]], 'a\0b'):
            yield {**body, key: wrong}
        if isinstance(value, dict):
            for inner in spoilt(value):
                yield {**body, key: inner}


@pytest.mark.parametrize('face', FACES)
def test_wrong_types_are_no_server_error(stage, face):
    for method, path, body in WITH_BODY:
        for wrong in spoilt(filled(body, stage)):
            answer = stage.admin(method, f'{face}{path_of(stage, path)}', wrong)
            assert answer.status_int < 500, (method, path, wrong, answer.text)
            if answer.status_int >= 400:
                check_fault(answer, (method, path, wrong))


@pytest.mark.parametrize('face', FACES)
def test_odd_values_of_actions(stage, face):
    for name in server_actions._ACTIONS:
        for value in (None, 5, 'x', '', [], {}, {'type': None}, {'name': {}}, {'length': 'x'}, {'length': 1e300},
                      {'address': 7}, {'name': 'x' * 256}, {'metadata': []}, {'name': 'a', 'metadata': {'self': 'x'}},
                      {'state': []}):
            answer = stage.admin('POST', f'{face}/servers/{stage.server}/action', {name: value})
            assert answer.status_int < 500, (name, value, answer.text)
    for body in ({'reboot': {'type': 'SOFT'}, 'os-stop': None}, {'jump': None}, {'': None}):
        check_fault(stage.owner('POST', f'/v2.1/servers/{stage.server}/action', body))


def test_unknown_keys(stage):
    """Refused at /v2.1, ignored by the older faces."""
    stage.keep()
    for method, path, body in WITH_BODY:
        if path in LATER or path.endswith(('/action', '/<key>', 'extra_specs', '/metadata')):
            continue
        if 'volume_id' in path:
            continue   # nothing that is exchanged for another
        path = path.replace('class-sets/<name>', 'class-sets/default')   # the one there is
        body = filled(body, stage)
        inner = next(iter(body))
        several = [{**body, 'surplus': 1}]
        if isinstance(body[inner], dict):
            several.append({**body, inner: {**body[inner], 'surplus': {'a': []}}})
        for more in several:
            check_fault(stage.admin(method, f'/v2.1{path_of(stage, path)}', more), (method, path))
            for face in FACES[:2]:
                stage.reset()
                answer = stage.admin(method, f'{face}{path_of(stage, path)}', more)
                assert answer.status_int < 300, (method, path, answer.text)
    for name, value in (('reboot', {'type': 'HARD'}), ('os-getConsoleOutput', {}),
                        ('addSecurityGroup', {'name': 'web'})):
        body = {name: {**value, 'surplus': 1}}
        check_fault(stage.owner('POST', f'/v2.1/servers/{stage.server}/action', body))
        stage.reset()
        assert stage.owner('POST', f'/v2/alpha/servers/{stage.server}/action', body).status_int < 300


BAD_SERVERS = [
    {'name': 'x' * 256}, {'name': ''}, {'name': '  '}, {'name': 'a\0b'}, {'name': 5}, {'imageRef': 'nonsense'},
    {'imageRef': '00000000-0000-0000-0000-000000000000'}, {'imageRef': ''}, {'flavorRef': '77'}, {'flavorRef': -1},
    {'flavorRef': ''}, {'flavorRef': {}}, {'min_count': 0}, {'min_count': -1}, {'max_count': 'x'},
    {'max_count': 10 ** 30},
    {'min_count': 1001}, {'key_name': 'none'}, {'key_name': 7}, {'security_groups': [{'name': 'none'}]},
    {'security_groups': [{}]}, {'security_groups': {'name': 'default'}}, {'networks': [{'uuid': 'x'}]},
    {'networks': [{'uuid': '00000000-0000-0000-0000-000000000000'}]}, {'networks': [{}]}, {'networks': 'auto'},
    {'networks': [{'port': '00000000-0000-0000-0000-000000000000'}]}, {'accessIPv4': '10.0.0'}, {'accessIPv6': 'x'},
    {'accessIPv4': '::1'}, {'user_data': 'not base64!'}, {'user_data': 'a' * 70000}, {'metadata': {'a': 5}},
    {'metadata': {'': 'x'}}, {'metadata': {'a': 'x' * 256}}, {'metadata': {'x' * 256: 'a'}}, {'metadata': []},
    {'personality': [{'path': '/a'}]}, {'personality': [{'path': '/a', 'contents': '!'}]},
    {'personality': [{'path': '', 'contents': ''}]}, {'personality': {}}, {'config_drive': 'perhaps'},
    {'OS-DCF:diskConfig': 'auto'}, {'availability_zone': 'nowhere'}, {'availability_zone': 'nova:nohost'},
    {'block_device_mapping_v2': [{'source_type': 'volume', 'uuid': IMAGE, 'destination_type': 'volume'}]},
    {'block_device_mapping': [{'volume_id': IMAGE}]}, {'adminPass': ''}, {'adminPass': 7},
    {'os:scheduler_hints': []}, {'return_reservation_id': 'x'},
]


@pytest.mark.parametrize('change', BAD_SERVERS, ids=str)
def test_servers_that_cannot_be(stage, change):
    for face in FACES:
        check_fault(stage.admin('POST', f'{face}/servers', {'server': {**SERVER['server'], **change}}))
    assert stage.told.rung == []


def test_over_quota_in_both_eras(stage):
    stage.admin.ok('PUT', '/v2.1/os-quota-sets/alpha', {'quota_set': {'instances': 1}})
    answer = stage.owner('POST', '/v2.1/servers', SERVER)
    assert answer.status_int == 403 and 'Quota exceeded for instances' in answer.json['forbidden']['message']
    answer = stage.owner('POST', '/v1.1/alpha/servers', SERVER)
    assert answer.status_int == 413 and answer.json['overLimit']['retryAfter'] == '0'
    assert answer.headers['Retry-After'] == '0'


def test_defaults_hold_for_projects_without_limits_of_their_own(stage):
    stage.admin.ok('PUT', '/v2.1/os-quota-sets/beta', {'quota_set': {'instances': 5}})
    changed = stage.admin.ok('PUT', '/v2.1/os-quota-class-sets/default',
                             {'quota_class_set': {'instances': 1, 'cores': 7}})
    assert (changed['quota_class_set']['instances'], changed['quota_class_set']['cores']) == (1, 7)
    assert stage.owner('POST', '/v2.1/servers', SERVER).status_int == 403
    limits = {name: stage.admin.ok('GET', f'/v2.1/os-quota-sets/{name}')['quota_set'] for name in ('alpha', 'beta')}
    assert {name: (each['instances'], each['cores']) for name, each in limits.items()} == {
        'alpha': (1, 7), 'beta': (5, 7)}
    stage.admin.ok('DELETE', '/v2.1/os-quota-sets/beta', status=202)
    assert stage.admin.ok('GET', '/v2.1/os-quota-sets/beta')['quota_set']['instances'] == 1


@pytest.mark.parametrize('body', [{}, {'quota_class_set': {'instances': -2}}, {'quota_class_set': {'surplus': 1}},
                                  {'quota_class_set': {'instances': 'many'}}, {'quota_class_set': []}], ids=str)
def test_defaults_that_cannot_be(stage, body):
    check_fault(stage.admin('PUT', '/v2.1/os-quota-class-sets/default', body))


BAD_QUERIES = [
    '/servers?limit=-1', '/servers?limit=x', '/servers?limit=', '/servers/detail?limit=1.5', '/servers?marker=nothing',
    '/servers?changes-since=yesterday', '/servers?changes-since=', '/servers?changes-since=0001-01-01T00:00:00%2B23:59',
    '/servers?name=[', '/servers?ip=(', '/servers?sort_dir=up', '/servers?sort_key=nothing', '/servers?deleted=perhaps',
    '/servers?all_tenants=perhaps', '/servers?name=%00', '/servers?name=%ff', '/flavors?limit=-1', '/flavors?marker=x',
    '/flavors?minRam=x', '/flavors?minDisk=-1', '/flavors?sort_key=x', '/flavors?sort_dir=x',
    '/flavors?is_public=perhaps', '/images?limit=x', '/images?changes-since=x', '/images?property-status=x',
    '/os-simple-tenant-usage?start=x', '/os-simple-tenant-usage?start=2026-01-02T00:00:00&end=2026-01-01T00:00:00',
    '/os-security-groups?limit=x', '/servers?power_state=x', '/servers?image=',
]


@pytest.mark.parametrize('query', BAD_QUERIES)
def test_bad_queries(stage, query):
    for face in FACES:
        check_fault(stage.admin('GET', face + query), query)


@pytest.mark.parametrize('value', ['0', '-1', '99999999999999999999', 'x', 'x' * 300, '..', '%00', '%ff',
                                   '%F0%9F%98%80', '%2e%2e', "';--", '7f0e3e6c-4c5e-4d7a-9f4e-7c1fbd8a9b11', '1.0',
                                   'a.json'])
def test_unknown_ids(stage, value):
    for method, path, body, _ in TABLE:
        if '<' not in path or path.startswith(('/os-quota-sets', '/os-simple-tenant-usage')):
            continue
        answer = stage.admin(method, '/v2.1' + re.sub(r'<[^>]*>', value, path), filled(body, stage))
        if answer.status_int >= 400:
            check_fault(answer, (method, path))
        else:
            assert '<key>' in path or '<pattern>' in path or (value == '1.0' and '<flavor' not in path), (method, path)


def test_methods_and_media_types(stage):
    answer = stage.owner('PATCH', '/v2.1/servers')
    check_fault(answer)
    assert (answer.status_int, answer.headers['Allow']) == (405, 'GET, POST')
    check_fault(stage.owner('GET', '/v2.1/nothing'))
    answer = stage.owner('POST', '/v2.1/servers', raw=b'<server/>', headers={'Content-Type': 'application/xml'})
    assert answer.status_int == 415
    check_fault(answer)


TEXT = st.one_of(st.text(max_size=12), st.text(min_size=60, max_size=300), st.sampled_from([
    '1', 'nova', 'private', 'web', 'default', IMAGE, '10.0.0.2', '192.0.2.10', 'True', '-1', 'AUTO', 'node1', 'a\0b',
    '\ud800', '𝄞', ' ', '', '%', "'", '../x', '[', '2026-11-22T06:00:00Z', '9999-12-31T23:59:59-23:59']))
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.integers(-2, 5), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)), max_leaves=6)
QUERY = st.lists(st.tuples(st.sampled_from([
    'limit', 'marker', 'name', 'status', 'image', 'flavor', 'changes-since', 'changes-before', 'ip', 'ip6', 'host',
    'deleted', 'all_tenants', 'tenant_id', 'project_id', 'sort_key', 'sort_dir', 'minRam', 'minDisk', 'is_public',
    'start', 'end', 'detailed', 'power_state', 'launch_index', 'locked', 'tags', 'uuid', 'zone', 'service', 'binary',
    'server', 'type', 'property-os', 'config_drive', 'availability_zone', 'user_id', 'key_name']), TEXT), max_size=4)
ROUTES = sorted({(route.method, route.path) for each in app._CONTROLLERS for route, _ in each().handlers()})
SCHEMAS = {(route.method, route.path): route.schema for each in app._CONTROLLERS for route, _ in each().handlers()}


@st.composite
def likely(draw, schema):
    """A value that mostly follows a schema, sometimes anything."""
    if not isinstance(schema, dict) or not schema or draw(st.integers(0, 11)) == 0:
        return draw(VALUE)
    if 'enum' in schema:
        return draw(st.sampled_from(schema['enum']))
    if 'anyOf' in schema:
        return draw(likely(draw(st.sampled_from(schema['anyOf']))))
    kinds = schema.get('type', 'object')
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    if kind == 'object':
        known = schema.get('properties', {})
        names = [name for name in known if name in schema.get('required', ()) or draw(st.integers(0, 3)) == 0]
        return {**{name: draw(likely(known[name])) for name in names},
                **draw(st.one_of(st.just({}), st.dictionaries(TEXT, VALUE, max_size=1)))}
    simple = {'string': TEXT, 'boolean': st.booleans(), 'null': st.none(), 'number': st.floats(),
              'integer': st.one_of(st.integers(-1, 70), st.integers())}
    return draw(st.lists(likely(schema.get('items')), max_size=3) if kind == 'array' else simple[kind])


def encoded(value):
    """JSON bytes; what JSON cannot say goes over the wire all the same."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode('utf-8', 'surrogatepass')


@pytest.mark.parametrize('who, face', [('admin', '/v1.1/ops'), ('owner', '/v2/alpha'), ('admin', '/v2.1'),
                                       ('owner', '/v2.1')])
def test_no_random_request_is_a_server_error(stage, who, face):
    known = {name: str(value) for name, value in places(stage).items()}
    action_bodies = [server_actions._SCHEMAS[next(iter(body))] for body, _ in ACTIONS]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data):
        method, path = data.draw(st.sampled_from(ROUTES))
        schema = SCHEMAS[method, path]
        if path == '/servers/<server_id>/action':
            schema = data.draw(st.sampled_from(action_bodies))
        path = re.sub(r'<(\w+)>', lambda match: known[match[1]] if data.draw(st.integers(0, 4)) else data.draw(
            st.sampled_from(['1', 'x', '%00', 'y' * 300, '-5', '%F0%9F%98%80', '99999999999'])), path)
        query = '&'.join(f'{name}={value}' for name, value in data.draw(QUERY))
        query = query.encode('utf-8', 'surrogatepass').decode('latin-1')
        raw = encoded(data.draw(likely(schema))) if method in ('POST', 'PUT') else None
        answer = stage.clients[who](method, f'{face}{path}', raw=raw, query=query,
                                    headers={'OpenStack-API-Version': 'compute latest'} if who == 'owner' else {})
        # 501: the hypervisor drivers cannot turn hosts on and off.
        assert answer.status_int < 500 or (answer.status_int == 501 and '/os-hosts/' in path), (
            method, path, query, raw, answer.text)
        if 400 <= answer.status_int < 500:
            check_fault(answer, (method, path, query, raw))
    run()
