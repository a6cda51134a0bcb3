"""The operator API over status and trace files as daemons write them."""
import os
import subprocess
import sys
import time

import orjson
import pytest
import webob

from essex import rpc
from essex.context import RequestContext
from essex.operator import api
from essex.vitals.status_file import start_ticks

PID = os.getpid()
CAST = {'admin': RequestContext(user_id='root', project_id='ops', roles=('admin',)),
        'member': RequestContext(user_id='alice', project_id='alpha', roles=('member',)),
        'stranger': RequestContext(user_id='mallory', project_id='beta', roles=('reader',)), 'nobody': None}
REQUEST = 'req-11111111-2222-3333-4444-555555555555'
SECRET = 'sesame'
MESSAGING = {'transport': 'memory', 'brokers': [], 'running': 0, 'queues': {
    'essex.compute.node1': {'topic': 'compute', 'depth': 3}, 'essex.scheduler': {'topic': 'scheduler', 'depth': 0}}}
WORK = {'count': 6, 'failed': 1, 'series': [0] * 12, 'per_second': 0.1, 'p50_ms': 3.0, 'p95_ms': 9.0, 'total': 6,
        'total_failed': 1}


@pytest.fixture
def host(conf, tmp_path):
    """A host with one process of two daemons. `host(path)` asks as administrator, or as another."""
    conf.set('status_dir', str(tmp_path / 'status'))
    conf.set('directory', str(tmp_path / 'trace'), 'trace')
    conf.set('host', 'node1')
    for name in ('status', 'trace'):
        (tmp_path / name).mkdir()
    process(tmp_path)
    app = api.app_factory({})

    def ask(path, who='admin', status=200, method='GET'):
        request = webob.Request.blank(path, method=method)
        if CAST[who] is not None:
            request.environ['essex.context'] = CAST[who]
        answer = request.get_response(app)
        assert answer.status_int == status, answer.text
        return answer.json
    ask.path = tmp_path
    return ask


def process(path, name='nova', pid=PID, **more):
    content = {'name': name, 'service': 'nova', 'host': 'node1', 'pid': pid, 'ticks': start_ticks(pid),
               'started': time.time() - 60, 'heartbeat': time.time() - 2, 'interval': 5, 'version': '0.1.0',
               'deaths': 1, 'died': 1e9, 'counters': {'nova-api': {'http': WORK}},
               'daemons': [{'name': 'nova-api', 'state': 'up', 'addresses': ['127.0.0.1:8774']},
                           {'name': 'nova-compute', 'state': 'starting', 'addresses': []}],
               'facts': {'messaging': MESSAGING, 'database': {'kind': 'sqlite', 'name': 'nova.sqlite', 'host': None,
                                                              'bytes': 4096, 'version': 3, 'newest': 3}}, **more}
    (path / 'status' / f'{name}.json').write_bytes(orjson.dumps(content))


def span(identity, **more):
    return {'request': REQUEST, 'global': None, 'id': identity, 'parent': None, 'daemon': 'nova-api', 'host': 'node1',
            'name': 'POST /v2.1/servers', 'start': 1e9, 'ms': 30.0, 'kind': 'http', 'status': 202, **more}


def write(host, *spans):
    with open(host.path / 'trace' / 'nova.jsonl', 'ab') as file:
        file.writelines(orjson.dumps(each) + b'\n' for each in spans)


def test_the_host_and_its_daemons(host):
    seen = host('/v1/hosts/self')
    assert (seen['host'], seen['version']) == ('node1', '0.1.0')
    server, compute = seen['daemons']
    assert server['state'] == 'up' and compute['state'] == 'starting'
    assert server['http']['p95_ms'] == 9 and compute['http'] is None
    assert server['pid'] == PID and server['memory_mb'] > 1 and server['addresses'] == ['127.0.0.1:8774']
    assert 2 <= server['heartbeat_age'] < 20 and server['deaths'] == 1 and server['died_at'].startswith('2001-09-09T')


def test_queues_databases_and_stores(host):
    store = {'name': 'file', 'kind': 'file', 'default': True, 'read_only': False, 'total_bytes': 2, 'free_bytes': 1}
    device = {'name': 'd1', 'total_bytes': 2, 'free_bytes': 1}
    process(host.path, 'glance', service='glance', facts={'stores': [store], 'database': {'unknown': 'OSError'}})
    for number in range(2):
        process(host.path, f'swift-{number}', service='swift', facts={'devices': [device]})
    seen = host('/v1/hosts/self')
    assert seen['broker']['kind'] == 'memory' and seen['broker']['reachable']
    assert {each['name']: (each['depth'], each['consumers']) for each in seen['broker']['queues']} == {
        'essex.compute.node1': (3, 1), 'essex.scheduler': (0, 1)}
    assert [(each['service'], each['known'], each.get('bytes')) for each in seen['databases']] == [
        ('glance', False, None), ('nova', True, 4096)]
    assert [(each['service'], each['kind'], each['name']) for each in seen['stores']] == [
        ('glance', 'file', 'file'), ('swift', 'device', 'd1')]


def test_a_dead_process_is_red_and_serves_no_queue(host):
    child = subprocess.Popen([sys.executable, '-c', 'pass'])
    child.wait(10)
    process(host.path, pid=child.pid, ticks='1')
    seen = host('/v1/hosts/self')
    assert {each['state'] for each in seen['daemons']} == {'dead'} and seen['daemons'][0]['memory_mb'] is None
    assert {each['consumers'] for each in seen['broker']['queues']} == {0}


def test_several_dashboards_ask_as_often_as_one(host, monkeypatch):
    first = host('/v1/hosts/self')
    (host.path / 'status' / 'nova.json').unlink()
    assert host('/v1/hosts/self') == first
    monkeypatch.setattr('essex.operator.host._KEPT_SECONDS', -1)
    assert host('/v1/hosts/self')['daemons'] == []


@pytest.mark.parametrize('who', ['member', 'stranger', 'nobody'])
@pytest.mark.parametrize('path', ['/v1/hosts/self', '/v1/daemons/nova-api/errors', '/v1/traces',
                                  f'/v1/traces/{REQUEST}'])
def test_it_is_for_administrators(host, who, path):
    host(path, who, 401 if who == 'nobody' else 403)


def test_versions_are_for_everybody(host):
    assert host('/', 'nobody')['versions'][0]['id'] == host('/v1', 'nobody')['version']['id'] == 'v1.0'


def record(daemon, message, moment):
    return {'time': moment, 'level': 'ERROR', 'logger': 'nova', 'daemon': daemon, 'request_id': REQUEST,
            'message': message}


def test_errors_of_a_daemon_and_of_its_process(host):
    path = host.path / 'status' / 'nova.errors'
    path.write_bytes(orjson.dumps([record('nova-api', 'a', 1), record('nova-compute', 'b', 2), record('nova', 'c', 3)]))
    assert [each['message'] for each in host('/v1/daemons/nova-api/errors')['errors']] == ['c', 'a']
    assert host('/v1/daemons/nova-compute/errors')['errors'][0]['time'] == '1970-01-01T00:00:03.000Z'
    (host.path / 'status' / 'nova.json').unlink()
    assert [each['message'] for each in host('/v1/daemons/nova-api/errors')['errors']] == ['a']
    assert 'no daemon nova-x on host node1' in host('/v1/daemons/nova-x/errors', status=404)['error']['message']


def test_a_daemon_without_errors_has_none(host):
    assert host('/v1/daemons/nova-api/errors') == {'errors': []}


def test_the_way_of_a_request(host):
    caused = 'req-99999999-2222-3333-4444-555555555555'
    write(host, span('1', sql=12), span('2', parent='1', kind='client', name='GET image /v2/x', start=1e9 + 0.01),
          span('3', parent='2', request=caused, daemon='glance-api', start=1e9 + 0.011, sql=4, **{'global': REQUEST}),
          span('4', parent='1', kind=None, name='rpc.cast scheduler.work', start=1e9 + 0.5, error='x'))
    seen = host(f'/v1/traces/{REQUEST}')['trace']
    assert (seen['sql'], seen['rpc'], seen['http'], seen['ms']) == (16, 1, 1, 530.0)
    assert [each['at_ms'] for each in seen['spans']] == [0, 10, 11, 500]
    assert seen['spans'][2]['request_id'] == caused and seen['spans'][3]['details']['error'] == 'x'
    assert 'Nothing is known' in host('/v1/traces/req-x', status=404)['error']['message']
    assert 'Nothing is known' in host(f'/v1/traces/{REQUEST[:-1]}0', status=404)['error']['message']


def test_recent_requests_can_be_chosen(host):
    write(host, span('1'), span('2', name='GET /v2.1/servers', status=200, start=1e9 + 1),
          span('3', name='DELETE /v2/images/1', status=409, daemon='glance-api', start=1e9 + 2))
    def names(query=''):
        return [f'{each["method"]} {each["path"]} {each["status"]}' for each in host(f'/v1/traces{query}')['traces']]
    assert names() == ['DELETE /v2/images/1 409', 'GET /v2.1/servers 200', 'POST /v2.1/servers 202']
    assert names('?changes=true') == ['DELETE /v2/images/1 409', 'POST /v2.1/servers 202']
    assert names('?failed=true') == names('?daemon=glance-api') == names('?limit=1') == ['DELETE /v2/images/1 409']


@pytest.mark.parametrize('query', ['limit=0', 'limit=1000', 'limit=x', 'changes=maybe', 'color=red',
                                   'limit=1&limit=2', 'daemon=' + 'x' * 300])
def test_odd_questions_are_refused(host, query):
    host(f'/v1/traces?{query}', status=400)


def test_without_traces_it_says_so(host, conf):
    conf.set('directory', None, 'trace')
    assert 'No requests are traced here' in host('/v1/traces', status=404)['error']['message']


def test_a_broker_is_asked_and_its_password_told_to_nobody(host, conf, rabbitmq):
    conf.set('transport_url', rabbitmq.url)
    facts = {'messaging': {**MESSAGING, 'transport': 'amqp', 'brokers': ['127.0.0.1:1'], 'queues': {
        'essex.compute': {'topic': 'compute', 'depth': None}, 'essex.gone': {'topic': 'gone', 'depth': None}}}}
    process(host.path, facts=facts)
    server = rpc.Server('compute', 'node1', [])
    server.start()
    server.stop()
    try:
        rpc.Client('compute').cast(CAST['admin'], 'work')
        seen = host('/v1/hosts/self')['broker']
        assert (seen['kind'], seen['reachable']) == ('amqp', True)
        assert {each['name']: each['depth'] for each in seen['queues']} == {'essex.compute': 1, 'essex.gone': None}
    finally:
        rpc.shutdown()


def test_facts_of_messaging_hold_no_secret(conf):
    rpc.configure(f'amqp://nova:{SECRET}@broker1:5672/cloud;amqp://nova:{SECRET}@broker2:5672/cloud')
    try:
        facts = rpc.facts()
        assert facts['brokers'] == ['broker1:5672', 'broker2:5672'] and SECRET not in str(facts)
    finally:
        rpc.shutdown()
