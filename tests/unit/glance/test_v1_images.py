"""Version 1: metadata in headers, data in the body."""
import hashlib
import uuid

import pytest
import webob

DATA = b'image data'
META = {'x-image-meta-name': 'one', 'x-image-meta-disk_format': 'raw', 'x-image-meta-container-format': 'bare'}


def post(caller, data=None, **headers):
    return caller('POST', '/v1/images', data=data, headers={**META, **headers})


def meta(answer):
    """The metadata in an answer's headers."""
    return {name.lower()[len('x-image-meta-'):]: value for name, value in answer.headers.items()
            if name.lower().startswith('x-image-meta-')}


def test_it_creates_with_data(cloud, stored):
    answer = post(cloud.owner, DATA, **{'x-image-meta-property-Some-Key': 'värde'.encode().decode('latin-1')})
    assert answer.status_int == 201, answer.text
    image = answer.json['image']
    assert answer.headers['Location'] == f'http://images.test:9292/v1/images/{image["id"]}'
    assert answer.headers['ETag'] == hashlib.md5(DATA).hexdigest() == image['checksum']
    assert image['status'] == 'active' and image['size'] == len(DATA) and image['owner'] == 'alpha'
    assert image['is_public'] is False and image['properties'] == {'some_key': 'värde'} and 'location' not in image
    assert stored() == [image['id']]


def test_it_creates_without_data_and_uploads_later(cloud):
    image = post(cloud.owner).json['image']
    assert image['status'] == 'queued' and image['size'] == 0 and image['checksum'] is None
    answer = cloud.owner('PUT', f'/v1/images/{image["id"]}', data=DATA, headers={'x-image-meta-property-a': 'b'})
    assert answer.status_int == 200 and answer.json['image']['status'] == 'active'
    assert answer.json['image']['properties'] == {'a': 'b'}
    assert cloud.owner('PUT', f'/v1/images/{image["id"]}', data=DATA).status_int == 409


def test_what_the_service_notes_is_not_set_by_headers(cloud):
    mark = {'x-image-meta-property-os-glance-import-task': 'x'}
    assert post(cloud.owner, **mark).status_int == 403
    image = post(cloud.owner).json['image']
    assert cloud.owner('PUT', f'/v1/images/{image["id"]}', headers=mark).status_int == 403
    assert 'os_glance_import_task' not in cloud.owner('GET', f'/v2/images/{image["id"]}').json


def test_head_and_get_describe_it_in_headers(cloud):
    image = post(cloud.owner, DATA, **{'x-image-meta-property-a': 'b', 'x-image-meta-min_ram': '5'}).json['image']
    head = cloud.owner('HEAD', f'/v1/images/{image["id"]}')
    described = meta(head)
    assert head.status_int == 200 and head.body == b''
    assert described['id'] == image['id'] and described['name'] == 'one' and described['size'] == '10'
    assert described['is_public'] == 'False' and described['protected'] == 'False' and described['min_ram'] == '5'
    assert described['status'] == 'active' and described['property-a'] == 'b' and described['owner'] == 'alpha'
    assert described['deleted'] == 'False' and 'location' not in described and 'T' in described['created_at']
    assert not described['created_at'].endswith('Z')
    assert head.headers['ETag'] == image['checksum'] and head.headers['Location'].endswith(image['id'])
    read = cloud.owner('GET', f'/v1/images/{image["id"]}')
    assert read.body == DATA and meta(read) == described and read.content_type == 'application/octet-stream'
    assert read.headers['ETag'] == image['checksum'] and read.content_length == len(DATA)


def test_values_from_elsewhere_make_no_headers_of_their_own(cloud):
    image = cloud.owner.create(a='b\r\nX-Evil: 1', name='naïve\n')
    cloud.owner.patch(image, ('add', '/bad name: x', 'y'))
    answer = cloud.owner('HEAD', f'/v1/images/{image["id"]}')
    assert 'X-Evil' not in answer.headers and meta(answer)['property-a'] == 'b  X-Evil: 1'
    assert meta(answer)['name'].encode('latin-1').decode() == 'naïve '
    assert not any('bad name' in name for name in answer.headers)


def test_an_image_without_data_is_not_found_for_reading(cloud):
    image = post(cloud.owner).json['image']
    assert cloud.owner('GET', f'/v1/images/{image["id"]}').status_int == 404


@pytest.mark.parametrize('headers,status', [
    ({'x-image-meta-id': 'nope'}, 400), ({'x-image-meta-name': 'x' * 256}, 400),
    ({'x-image-meta-disk_format': 'floppy'}, 400),
    ({'x-image-meta-container-format': 'box'}, 400), ({'x-image-meta-disk_format': 'ami'}, 400),
    ({'x-image-meta-size': '-1'}, 400),
    ({'x-image-meta-size': 'x'}, 400), ({'x-image-meta-size': str(2 ** 50 + 1)}, 400),
    ({'x-image-meta-min_ram': 'x'}, 400),
    ({'x-image-meta-min_disk': '-1'}, 400), ({'x-image-meta-store': 'tape'}, 400),
    ({'x-image-meta-name': '\xff\xfe'}, 400),
    ({'x-image-meta-location': 'file:///etc/passwd'}, 400), ({'x-image-meta-location': 'ftp://a/x'}, 400),
    ({'x-glance-api-copy-from': 'ftp://a/x'}, 400), ({'x-image-meta-property-' + 'x' * 256: 'a'}, 400),
    ({'x-image-meta-property-id': 'a'}, 400), ({'x-image-meta-is_public': 'True'}, 403),
    ({'x-glance-registry-purge-props': 'x'}, 400)])
def test_bad_headers(cloud, stored, headers, status):
    answer = post(cloud.owner, DATA, **headers)
    assert answer.status_int == status, answer.text
    assert cloud.owner('GET', '/v1/images').json['images'] == [] and stored() == []


def test_an_id_of_the_client(cloud):
    wanted = str(uuid.uuid4())
    assert post(cloud.owner, **{'x-image-meta-id': wanted}).json['image']['id'] == wanted
    assert post(cloud.stranger, **{'x-image-meta-id': wanted}).status_int == 409


def killed(cloud):
    """The status of the only image there is, which no list shows."""
    assert cloud.owner('GET', '/v1/images/detail').json['images'] == []
    return cloud.owner('GET', '/v2/images').json['images'][0]['status']


def test_a_wrong_checksum_kills_it(cloud, stored):
    answer = post(cloud.owner, DATA, **{'x-image-meta-checksum': 'a' * 32})
    assert answer.status_int == 400 and hashlib.md5(DATA).hexdigest() in answer.text
    assert killed(cloud) == 'killed' and stored() == []


def test_a_right_checksum_is_fine(cloud):
    assert post(cloud.owner, DATA, **{'x-image-meta-checksum': hashlib.md5(DATA).hexdigest().upper()}).status_int == 201


def test_a_wrong_content_type_kills_it(cloud, stored):
    assert post(cloud.owner, DATA, **{'Content-Type': 'text/plain'}).status_int == 400
    assert killed(cloud) == 'killed' and stored() == []


def test_dangerous_data_kills_it(cloud, stored):
    answer = post(cloud.owner, b'QED\0' + b'\x01' * 100)
    assert answer.status_int == 415 and 'backing file' in answer.text
    assert killed(cloud) == 'killed' and stored() == []


def test_data_without_formats_is_refused(cloud):
    answer = cloud.owner('POST', '/v1/images', data=DATA, headers={'x-image-meta-name': 'x'})
    assert answer.status_int == 400


def test_update_replaces_properties_unless_told_otherwise(cloud):
    image = post(cloud.owner, **{'x-image-meta-property-a': '1', 'x-image-meta-property-b': '2'}).json['image']

    def put(**headers):
        answer = cloud.owner('PUT', f'/v1/images/{image["id"]}', headers=headers)
        assert answer.status_int == 200, answer.text
        return answer.json['image']
    kept = put(**{'x-image-meta-property-c': '3', 'x-glance-registry-purge-props': 'false', 'x-image-meta-name': 'new'})
    assert kept['properties'] == {'a': '1', 'b': '2', 'c': '3'} and kept['name'] == 'new'
    assert put(**{'x-image-meta-property-d': '4'})['properties'] == {'d': '4'}
    changed = put(**{'x-image-meta-protected': 'yes', 'x-image-meta-min_disk': '7', 'x-image-meta-owner': 'beta'})
    assert changed['protected'] is True and changed['min_disk'] == 7 and changed['owner'] == 'alpha'
    assert changed['properties'] == {}


def test_only_an_administrator_publishes_or_gives_away(cloud):
    image = post(cloud.owner, DATA).json['image']
    path = f'/v1/images/{image["id"]}'
    assert cloud.owner('PUT', path, headers={'x-image-meta-is_public': 'true'}).status_int == 403
    changed = cloud.admin('PUT', path, headers={'x-image-meta-is_public': 'on',
                                                'x-image-meta-owner': 'beta'}).json['image']
    assert changed['is_public'] is True and changed['owner'] == 'beta'
    assert cloud.owner('GET', path).body == DATA
    assert cloud.stranger('PUT', path, headers={'x-image-meta-is_public': 'False'}).json['image']['is_public'] is False
    assert cloud.owner('GET', path).status_int == 404


def test_delete(cloud, stored):
    image = post(cloud.owner, DATA, **{'x-image-meta-protected': 'True'}).json['image']
    path = f'/v1/images/{image["id"]}'
    assert cloud.owner('DELETE', path).status_int == 403
    cloud.owner('PUT', path, headers={'x-image-meta-protected': 'False'})
    assert cloud.owner('DELETE', path).status_int == 200
    assert cloud.owner('DELETE', path).status_int == 404 and stored() == []


@pytest.mark.parametrize('method,data', [('HEAD', None), ('GET', None), ('PUT', None), ('PUT', DATA), ('DELETE', None)])
def test_each_of_the_cast_on_a_private_image(cloud, method, data):
    def call(who):
        image = post(cloud.owner, None if method == 'PUT' else DATA).json['image']
        return getattr(cloud, who)(method, f'/v1/images/{image["id"]}', data=data).status_int
    for who in ('admin', 'owner', 'member'):
        assert call(who) == 200
    assert call('reader') == (200 if method == 'HEAD' else 403)
    assert call('stranger') == call('unscoped') == 404
    assert call('nobody') == 401


@pytest.mark.parametrize('image_id', ['nope', '6f1c7a52-8a3e-4c0e-9a59-0d0f5a3b7c11', 'x' * 300, '%00'])
def test_unknown_ids_are_404(cloud, image_id):
    for method in ('HEAD', 'GET', 'PUT', 'DELETE'):
        assert cloud.owner(method, f'/v1/images/{image_id}').status_int == 404
    assert cloud.owner('GET', f'/v1/images/{image_id}/members').status_int == 404
    assert cloud.owner('PUT', f'/v1/images/{image_id}/members/a').status_int == 404


def listed(caller, query=''):
    answer = caller('GET', f'/v1/images/detail{query}')
    assert answer.status_int == 200, answer.text
    return [image['name'] for image in answer.json['images']]


def test_lists(cloud, make):
    make(name='public', visibility='public', owner='beta', data=b'1')
    make(name='private', visibility='private', properties={'a': 'b'}, data=b'22')
    make(name='other', visibility='private', owner='beta')
    make(name='dead', status='killed')
    assert listed(cloud.owner) == ['private', 'public']
    assert listed(cloud.owner, '?is_public=none') == ['private', 'public']
    assert listed(cloud.admin) == ['public']
    assert listed(cloud.admin, '?is_public=False') == ['other', 'private']
    assert listed(cloud.admin, '?is_public=None') == ['other', 'private', 'public']
    assert listed(cloud.owner, '?property-a=b') == ['private']
    assert listed(cloud.owner, '?size_min=2') == ['private'] and listed(cloud.owner, '?size_max=1') == ['public']
    assert listed(cloud.owner, '?name=public&status=active') == ['public']
    assert listed(cloud.owner, '?sort_key=name&sort_dir=desc') == ['public', 'private']
    assert listed(cloud.owner, '?limit=1') == ['private']
    brief = cloud.owner('GET', '/v1/images').json['images'][0]
    assert set(brief) == {'id', 'name', 'size', 'disk_format', 'container_format', 'checksum'}
    assert cloud.owner('GET', '/v1/').json['images'][0] == brief
    assert listed(cloud.owner, f'?marker={brief["id"]}') == ['public']


def test_changes_include_the_deleted(cloud):
    image = post(cloud.owner, DATA).json['image']
    cloud.owner('DELETE', f'/v1/images/{image["id"]}')
    assert listed(cloud.owner) == []
    changes = cloud.owner('GET', '/v1/images/detail?changes-since=2012-01-01T00:00:00').json['images']
    assert changes[0]['id'] == image['id'] and changes[0]['deleted'] is True and changes[0]['deleted_at']
    assert listed(cloud.owner, '?changes-since=2992-01-01T00:00:00') == []
    assert listed(cloud.admin, '?deleted=true&is_public=none') == ['one']
    assert listed(cloud.owner, '?deleted=true') == []


@pytest.mark.parametrize('query', ['limit=-1', 'limit=x', 'marker=nope',
                                   'marker=6f1c7a52-8a3e-4c0e-9a59-0d0f5a3b7c11', 'sort_key=x',
                                   'sort_dir=x',
                                   'size_min=x', 'protected=x', 'changes-since=x', 'is_public=x', 'min_ram=-1'])
def test_bad_queries_are_400(cloud, query):
    for who in (cloud.owner, cloud.admin):
        assert who('GET', f'/v1/images?{query}').status_int == 400


def test_underscores_that_a_server_keeps_apart(cloud):
    raw = (('X-Image-Meta-Name', 'n'), ('x-image-meta-disk_format', 'iso'), ('x-image-meta-property-a_b-c', 'd'))
    request = webob.Request.blank('/v1/images', method='POST', environ={
        'headers_raw': raw, 'essex.context': cloud.context('owner')})
    image = request.get_response(cloud.api).json['image']
    assert image['disk_format'] == 'iso' and image['properties'] == {'a_b_c': 'd'}
