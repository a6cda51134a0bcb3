"""Tasks: begun, shown, listed, forgotten."""
import datetime

import pytest
from sqlalchemy import update

from essex import db
from glance.db import tasks
from glance.db.models import Task as Row
from glance.image import fetch
from tests.fixtures.web import WebServer


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    made.pages['/image'] = (200, {}, b'data')
    yield made
    made.stop()


@pytest.fixture
def wish(conf, web):
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [web.port], fetch.GROUP)
    return {'type': 'import', 'input': {
        'import_from': web.url('/image'), 'import_from_format': 'raw',
        'image_properties': {'disk_format': 'raw', 'container_format': 'bare', 'name': 'made', 'visibility': 'public'}}}


def test_an_import_makes_an_image(cloud, wish, work):
    answer = cloud.admin('POST', '/v2/tasks', wish)
    assert answer.status_int == 201, answer.text
    task = answer.json
    assert answer.headers['Location'].endswith(f'/v2/tasks/{task["id"]}')
    assert task['status'] == 'pending' and task['input'] == wish['input'] and task['self'] == f'/v2/tasks/{task["id"]}'
    assert task['schema'] == '/v2/schemas/task' and task['owner'] == 'admin-project' and task['message'] == ''
    work()
    task = cloud.admin('GET', f'/v2/tasks/{task["id"]}').json
    assert task['status'] == 'success' and task['expires_at']
    image = cloud.owner('GET', f'/v2/images/{task["result"]["image_id"]}').json
    assert image['status'] == 'active' and image['name'] == 'made'
    assert cloud.owner('GET', image['file']).body == b'data'


def test_tasks_of_an_image_are_its_owners(cloud, wish):
    wish['input']['import_from'] += '?signature=secret'
    image = {'id': cloud.admin('POST', '/v2/tasks', wish).json['image_id']}
    path = f'/v2/images/{image["id"]}/tasks'
    assert 'secret' in cloud.admin('GET', path).text
    assert cloud.owner('GET', path).json == {'tasks': []}   # a public image of another project


@pytest.mark.parametrize('change', [{'import_from': 'nonsense'}, {'import_from': 'file:///etc/passwd'},
                                    {'import_from': 7}, {'image_properties': []}])
def test_a_task_that_cannot_be_is_refused(cloud, wish, change):
    wish['input'].update(change)
    assert cloud.admin('POST', '/v2/tasks', wish).status_int == 400
    del wish['input']['import_from']
    assert 'import_from' in cloud.admin('POST', '/v2/tasks', wish).text
    assert cloud.admin('GET', '/v2/tasks').json['tasks'] == cloud.admin('GET', '/v2/images').json['images'] == []


@pytest.mark.parametrize('change', [
    {'image_properties': {'disk_format': 'x', 'container_format': 'bare'}}, {'image_properties': {'status': 'active'}},
    {'image_properties': {'name': 'formats missing'}}, {'image_properties': {'name': 'x', 'protected': True}},
    {'image_properties': {'name': 7}}])
def test_a_task_tells_what_its_input_lacks(cloud, wish, work, change):
    wish['input'].update(change)
    task = cloud.admin('POST', '/v2/tasks', wish).json
    assert task['status'] == 'failure' and task['message'] and task['expires_at']
    work()
    assert cloud.admin('GET', '/v2/images').json['images'] == []


def test_a_fetch_that_fails_leaves_a_queued_image(cloud, wish, web, work):
    wish['input']['import_from'] = web.url('/missing')
    task = cloud.admin('POST', '/v2/tasks', wish).json
    work()
    task = cloud.admin('GET', f'/v2/tasks/{task["id"]}').json
    assert task['status'] == 'failure' and '404' in task['message']


def test_bodies_and_paths_that_are_none(cloud, wish):
    for body in ({}, [], {'type': 'import'}, {'type': 'fly', 'input': {}}, {'type': 'import', 'input': 7},
                 {**wish, 'more': 1}):
        assert cloud.admin('POST', '/v2/tasks', body).status_int == 400, body
    for kind in ('api_image_import', 'location_import'):
        assert cloud.admin('POST', '/v2/tasks', {'type': kind, 'input': {}}).status_int == 403
    task = cloud.admin('POST', '/v2/tasks', wish).json
    assert cloud.admin('DELETE', f'/v2/tasks/{task["id"]}').status_int == 405
    assert cloud.admin('GET', '/v2/tasks/unknown').status_int == 404
    for method, path in (('GET', '/v2/tasks'), ('POST', '/v2/tasks'), ('GET', f'/v2/tasks/{task["id"]}')):
        assert cloud.owner(method, path, wish).status_int == 403
        assert cloud.nobody(method, path, wish).status_int == 401


def test_lists(cloud, wish):
    made = [cloud.admin('POST', '/v2/tasks', wish).json['id'] for _ in range(4)]
    wish['input']['image_properties'] = {}
    made.append(cloud.admin('POST', '/v2/tasks', wish).json['id'])
    whole = cloud.admin('GET', '/v2/tasks').json
    assert [each['id'] for each in whole['tasks']] == made[::-1]
    assert whole['schema'] == '/v2/schemas/tasks' and whole['first'] == '/v2/tasks' and 'next' not in whole
    assert 'input' not in whole['tasks'][0] and 'message' not in whole['tasks'][0] and 'result' not in whole['tasks'][0]
    for query in ('sort_key=status&sort_dir=asc', 'sort_dir=asc', 'sort_key=expires_at', 'sort_key=type'):
        found, path = [], f'/v2/tasks?limit=2&{query}'
        while path:
            page = cloud.admin('GET', path).json
            found += [each['id'] for each in page['tasks']]
            path = page.get('next')
        assert sorted(found) == sorted(made), query
    assert [each['id'] for each in cloud.admin('GET', '/v2/tasks?status=failure').json['tasks']] == made[-1:]
    assert len(cloud.admin('GET', '/v2/tasks?type=import&status=pending').json['tasks']) == 4
    assert cloud.admin('GET', '/v2/tasks?type=location_import').json['tasks'] == []
    for query in ('limit=x', 'marker=unknown', 'sort_key=input', 'sort_dir=up', 'nonsense=1', 'status=x', 'type=x'):
        assert cloud.admin('GET', f'/v2/tasks?{query}').status_int == 400, query


def test_tasks_are_forgotten(cloud, wish):
    wish['input']['image_properties'] = {}
    task = cloud.admin('POST', '/v2/tasks', wish).json
    assert tasks.expire() == 0
    with db.writer() as session:
        session.execute(update(Row).values(expires_at=db.utcnow() - datetime.timedelta(seconds=1)))
    assert cloud.admin('GET', f'/v2/tasks/{task["id"]}').status_int == 404
    assert cloud.admin('GET', '/v2/tasks').json['tasks'] == [] and tasks.expire() == 1


def test_schemas(cloud):
    assert cloud.owner('GET', '/v2/schemas/task').json['name'] == 'task'
    schema = cloud.owner('GET', '/v2/schemas/tasks').json
    assert schema['name'] == 'tasks' and 'input' not in schema['properties']['tasks']['items']['properties']
