"""JSON patch at version 2."""
import pytest

V20 = 'application/openstack-images-v2.0-json-patch'


def test_it_changes_fields_and_properties(cloud):
    image = cloud.owner.create(color='red', size_class='s')
    answer = cloud.owner.patch(image, ('replace', '/name', 'new'), ('add', '/color', 'blue'), ('remove', '/size_class'),
                               ('add', '/a~1b~0c', 'x'), ('replace', '/tags', ['t', 't', 's']),
                               ('replace', '/min_ram', 5),
                               ('replace', '/os_hidden', True), ('add', '/protected', True),
                               ('replace', '/visibility', 'private'))
    assert answer.status_int == 200, answer.text
    changed = answer.json
    assert changed['name'] == 'new' and changed['color'] == 'blue' and 'size_class' not in changed
    assert changed['a/b~c'] == 'x' and changed['tags'] == ['s', 't'] and changed['min_ram'] == 5
    assert changed['os_hidden'] and changed['protected'] and changed['visibility'] == 'private'
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json == changed


def test_the_older_dialect(cloud):
    image = cloud.owner.create(color='red')
    answer = cloud.owner('PATCH', f'/v2/images/{image["id"]}',
                         [{'replace': '/name', 'value': 'new'}, {'remove': '/color'}, {'add': '/b', 'value': 'c'}],
                         {'Content-Type': V20})
    assert answer.status_int == 200 and answer.json['name'] == 'new' and answer.json['b'] == 'c'
    assert 'color' not in answer.json


def test_nothing_happens_unless_all_of_it_can(cloud):
    image = cloud.owner.create()
    assert cloud.owner.patch(image, ('replace', '/name', 'new'), ('remove', '/missing')).status_int == 409
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json == image


@pytest.mark.parametrize('operation,status', [
    (('replace', '/missing', 'a'), 409), (('remove', '/missing'), 409), (('remove', '/name'), 403),
    (('replace', '/status', 'active'), 403), (('replace', '/id', 'x'), 403), (('replace', '/checksum', 'x'), 403),
    (('replace', '/size', 5), 403), (('replace', '/virtual_size', 5), 403), (('add', '/self', 'x'), 403),
    (('add', '/location', 'x'), 403), (('add', '/deleted', 'x'), 403), (('add', '/os_glance_x', 'x'), 403),
    (('add', '/os_hash_value', 'x'), 403), (('add', '/locations/-', {'url': 'file:///etc/passwd'}), 403),
    (('replace', '/locations', []), 403), (('replace', '/owner', 'beta'), 403),
    (('replace', '/visibility', 'public'), 403),
    (('replace', '/name', 5), 400), (('replace', '/name', 'x' * 256), 400), (('add', '/a', 5), 400),
    (('add', '/a', None), 400),
    (('replace', '/tags', 'a'), 400), (('replace', '/tags', ['x' * 256]), 400), (('replace', '/min_disk', -1), 400),
    (('replace', '/protected', 'x'), 400), (('replace', '/visibility', 'x'), 400),
    (('replace', '/disk_format', 'x'), 400),
    (('move', '/a', 'b'), 400), ((None, '/a', 'b'), 400), (('add', 'a', 'b'), 400), (('add', '/', 'b'), 400),
    (('add', '', 'b'), 400),
    (('add', '/a/', 'b'), 400), (('add', '/a/b', 'c'), 400), (('add', '/a~2', 'c'), 400), (('add', '/a~', 'c'), 400),
    (('add', 5, 'c'), 400), (('add', '/a'), 400), (('add', '/' + 'x' * 256, 'a'), 400), (('add', '/a\0', 'a'), 400)])
def test_what_is_refused(cloud, operation, status):
    image = cloud.owner.create()
    answer = cloud.owner.patch(image, operation)
    assert answer.status_int == status, answer.text
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json == image


@pytest.mark.parametrize('body', [{}, 'text', [5], [['add', '/a', 'b']], [{}], [{'op': 'add'}]])
def test_bodies_that_are_no_patch(cloud, body):
    image = cloud.owner.create()
    answer = cloud.owner('PATCH', f'/v2/images/{image["id"]}', body if not isinstance(body, str) else b'"x"',
                         {'Content-Type': 'application/openstack-images-v2.1-json-patch'})
    assert answer.status_int == 400, answer.text


def test_two_operations_in_one_are_refused_in_the_older_dialect(cloud):
    image = cloud.owner.create()
    body = [{'add': '/a', 'replace': '/b', 'value': 'c'}]
    assert cloud.owner('PATCH', f'/v2/images/{image["id"]}', body, {'Content-Type': V20}).status_int == 400


@pytest.mark.parametrize('kind', ['application/json', 'application/octet-stream', 'text/plain'])
def test_other_content_types_are_415(cloud, kind):
    image = cloud.owner.create()
    answer = cloud.owner('PATCH', f'/v2/images/{image["id"]}', [], {'Content-Type': kind})
    assert answer.status_int == 415 and 'openstack-images-v2.1-json-patch' in answer.headers['Accept-Patch']


def test_formats_are_fixed_once_there_is_data(cloud, conf):
    conf.set('image_format_enforcement', False)
    image = cloud.owner.create(disk_format=None)
    assert cloud.owner.patch(image, ('replace', '/disk_format', 'iso')).status_int == 200
    cloud.owner.upload(image)
    answer = cloud.owner.patch(image, ('replace', '/disk_format', 'raw'))
    assert answer.status_int == 403 and 'queued' in answer.text
    assert cloud.owner.patch(image, ('replace', '/disk_format', 'iso')).status_int == 200


def test_an_administrator_publishes_and_gives_away(cloud):
    image = cloud.owner.create()
    answer = cloud.admin.patch(image, ('replace', '/visibility', 'public'), ('replace', '/owner', 'beta'))
    assert answer.json['owner'] == 'beta'
    # Naming the present value asks for nothing.
    assert cloud.stranger.patch(image, ('replace', '/visibility', 'public')).status_int == 200
    assert cloud.owner.patch(image, ('add', '/a', 'b')).status_int == 403


def test_an_empty_patch_changes_nothing(cloud):
    image = cloud.owner.create()
    assert cloud.owner.patch(image).json == image
