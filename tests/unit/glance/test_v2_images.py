"""Creating, showing and deleting at version 2."""
import uuid

import fastjsonschema
import pytest


def test_it_creates_a_queued_image(cloud):
    answer = cloud.owner('POST', '/v2/images', {'name': 'one', 'disk_format': 'qcow2', 'container_format': 'bare',
                                                'owner_specified.openstack.md5': '', 'tags': ['b', 'a', 'b']})
    assert answer.status_int == 201
    image = answer.json
    assert answer.headers['Location'] == f'http://images.test:9292/v2/images/{image["id"]}'
    assert image['status'] == 'queued' and image['owner'] == 'alpha' and image['visibility'] == 'shared'
    assert image['owner_specified.openstack.md5'] == '' and image['tags'] == ['a', 'b']
    assert image['size'] is None and image['checksum'] is None and image['protected'] is False
    assert image['file'] == f'/v2/images/{image["id"]}/file' and image['schema'] == '/v2/schemas/image'
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json == image


def test_it_takes_an_id_of_the_client_once(cloud):
    wanted = str(uuid.uuid4())
    assert cloud.owner.create(id=wanted)['id'] == wanted
    again = cloud.owner('POST', '/v2/images', {'id': wanted})
    assert again.status_int == 409 and wanted in again.text


def test_an_id_of_a_deleted_image_stays_taken(cloud):
    image = cloud.owner.create()
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    assert cloud.stranger('POST', '/v2/images', {'id': image['id']}).status_int == 409


@pytest.mark.parametrize('body', [
    {'name': 5}, {'name': 'x' * 256}, {'name': 'nul\0'}, {'id': 'not-a-uuid'}, {'visibility': 'secret'},
    {'visibility': None}, {'protected': 'yes'}, {'min_ram': -1}, {'min_ram': '5'}, {'min_disk': 2 ** 31},
    {'min_disk': 1.5}, {'tags': 'a'}, {'tags': [5]}, {'tags': ['x' * 256]}, {'tags': ['']}, {'disk_format': 'floppy'},
    {'container_format': 'box'}, {'disk_format': 'ami', 'container_format': 'bare'}, {'custom': 5}, {'custom': None},
    {'custom': {'a': 'b'}}, {'x' * 256: 'a'}, {'': 'a'}, {'custom': 'x' * 65536}, {'owner': 5}, [], 'text'])
def test_bad_input_is_400(cloud, body):
    answer = cloud.owner('POST', '/v2/images', body if not isinstance(body, str) else b'"text"')
    assert answer.status_int == 400, answer.text


@pytest.mark.parametrize('raw', [b'{', b'\xff\xfe', b'{"name": "\\ud800"}', b'', b'null'])
def test_broken_json_is_400(cloud, raw):
    assert cloud.owner('POST', '/v2/images', raw).status_int == 400


def test_oversized_metadata_is_413(cloud):
    assert cloud.owner('POST', '/v2/images', {'a': 'x' * 60000, 'b': 'y' * 60000}).status_int == 413


@pytest.mark.parametrize('name,value', [
    ('status', 'active'), ('checksum', 'a' * 32), ('size', 5), ('virtual_size', 5), ('created_at', 'now'),
    ('updated_at', 'now'), ('os_hash_algo', 'md5'), ('os_hash_value', 'a'), ('self', 'a'), ('file', 'a'),
    ('schema', 'a'), ('direct_url', 'a'), ('stores', 'a'), ('location', 'file:///etc/passwd'), ('deleted', 'a'),
    ('deleted_at', 'a'), ('os_glance_stage_host', 'a'),
    ('locations', [{'url': 'file:///etc/passwd', 'metadata': {}}])])
def test_reserved_fields_are_403(cloud, name, value):
    answer = cloud.owner('POST', '/v2/images', {name: value})
    assert answer.status_int == 403, answer.text
    assert name in answer.text


def test_only_an_administrator_makes_an_image_for_another_project(cloud):
    assert cloud.owner('POST', '/v2/images', {'owner': 'beta'}).status_int == 403
    assert cloud.owner('POST', '/v2/images', {'owner': 'alpha'}).status_int == 201
    assert cloud.admin.create(owner='beta')['owner'] == 'beta'


def test_only_an_administrator_publishes(cloud):
    assert cloud.owner('POST', '/v2/images', {'visibility': 'public'}).status_int == 403
    assert cloud.admin.create(visibility='public')['visibility'] == 'public'
    assert cloud.owner.create(visibility='community')['visibility'] == 'community'


def test_quotas_are_413(cloud, conf):
    conf.set('image_property_quota', 1)
    conf.set('image_tag_quota', 1)
    assert cloud.owner('POST', '/v2/images', {'a': '1', 'b': '2'}).status_int == 413
    assert cloud.owner('POST', '/v2/images', {'tags': ['a', 'b']}).status_int == 413
    image = cloud.owner.create(a='1', tags=['a'])
    assert cloud.owner.patch(image, ('add', '/b', '2')).status_int == 413
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/tags/b').status_int == 413
    conf.set('image_property_quota', 0)
    # What is over a lowered quota already may stay and be changed.
    assert cloud.owner.patch(image, ('replace', '/a', '2')).status_int == 200


@pytest.mark.parametrize('image_id', ['nope', '0', 'x' * 300, '6f1c7a52-8a3e-4c0e-9a59-0d0f5a3b7c11', 'a%00b',
                                      '%C3%A9', '..', 'None'])
def test_unknown_ids_are_404(cloud, image_id):
    for method, path in (('GET', ''), ('DELETE', ''), ('GET', '/file'), ('GET', '/members'), ('GET', '/members/a'),
                         ('PUT', '/tags/a'), ('DELETE', '/tags/a'), ('POST', '/actions/deactivate'), ('GET', '/tasks'),
                         ('DELETE', '/members/a')):
        answer = cloud.owner(method, f'/v2/images/{image_id}{path}')
        assert answer.status_int == 404, (method, path, answer.text)
    assert cloud.owner('PUT', f'/v2/images/{image_id}/file', data=b'x').status_int == 404
    assert cloud.owner.patch({'id': image_id}, ('add', '/a', 'b')).status_int == 404


def test_unknown_paths_and_methods(cloud):
    assert cloud.owner('GET', '/v2/nothing').status_int == 404
    assert cloud.owner('PUT', '/v2/images', {}).status_int == 405
    assert cloud.owner('POST', f'/v2/images/{uuid.uuid4()}', {}).status_int == 405


def test_it_deletes(cloud, stored):
    image = cloud.owner.upload(cloud.owner.create())
    assert stored() == [image['id']]
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
    assert stored() == []
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').status_int == 404
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 404
    assert cloud.owner('GET', '/v2/images').json['images'] == []


def test_a_protected_image_is_not_deleted(cloud):
    image = cloud.owner.create(protected=True)
    answer = cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    assert answer.status_int == 403 and 'protected' in answer.text
    assert cloud.owner.patch(image, ('replace', '/protected', False)).status_int == 200
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204


def test_errors_are_a_page_or_json(cloud):
    page = cloud.owner('GET', '/v2/images/nope')
    assert page.content_type == 'text/html' and '404 Not Found' in page.text
    answer = cloud.owner('GET', '/v2/images/nope', headers={'Accept': 'application/json'})
    assert answer.json['code'] == 404 and 'nope' in answer.json['message']
    assert '<script>' not in cloud.owner('GET', '/v2/images/<script>').text


def test_images_fit_their_published_schema(cloud):
    schema = {'type': 'object', **cloud.owner('GET', '/v2/schemas/image').json}
    check = fastjsonschema.compile({key: schema[key] for key in ('type', 'properties', 'additionalProperties')})
    check(cloud.owner.create(kernel_id=None, custom='x'))
    check(cloud.owner.upload(cloud.owner.create()))


@pytest.mark.parametrize('name', ['image', 'images', 'member', 'members'])
def test_schemas_are_published(cloud, name):
    document = cloud.owner('GET', f'/v2/schemas/{name}').json
    assert document['name'] == name and document['properties']


def test_the_schema_names_the_formats_that_are_allowed(cloud, conf):
    conf.set('disk_formats', ['raw'], 'image_format')
    properties = cloud.owner('GET', '/v2/schemas/image').json['properties']
    assert properties['disk_format']['enum'] == [None, 'raw']
    assert {None, 'bare', 'ovf'} < set(properties['container_format']['enum'])
    items = cloud.owner('GET', '/v2/schemas/images').json['properties']['images']['items']
    assert items['properties']['disk_format']['enum'] == [None, 'raw']


def test_info(cloud):
    assert cloud.owner('GET', '/v2/info/import').json['import-methods']['value'] == ['glance-direct', 'web-download',
                                                                                    'copy-image']
    assert cloud.owner('GET', '/v2/info/stores').status_int == 404


@pytest.mark.parametrize('method', ['GET', 'DELETE', 'PATCH'])
def test_an_empty_id_is_no_image_and_not_all_of_them(cloud, method):
    assert cloud.owner(method, '/v2/images/').status_int == 404
