"""The registry's API."""
import uuid

import pytest

from glance.db import images


@pytest.fixture
def admin(cloud):
    return cloud.registry('admin')


@pytest.fixture
def owner(cloud):
    return cloud.registry('owner')


def created(caller, **fields):
    answer = caller('POST', '/images', {'image': fields})
    assert answer.status_int == 200, answer.text
    return answer.json['image']


def test_an_api_server_tells_of_an_image(admin, cloud, tmp_path):
    image = created(admin, name='x', disk_format='raw', container_format='bare', is_public=True, size='5',
                    checksum='a' * 32,
                    location=f'file://{tmp_path}/images/x', properties={'a': 'b'}, owner='alpha')
    assert image['status'] == 'active' and image['location'].endswith('/x')
    assert image['size'] == 5 and image['is_public']
    assert image['owner'] == 'alpha' and image['properties'] == {'a': 'b'}
    assert admin('GET', f'/images/{image["id"]}').json['image'] == image
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['size'] == 5


def test_status_follows_its_machine(admin):
    image = created(admin, name='x')
    path = f'/images/{image["id"]}'
    assert image['status'] == 'queued'
    assert admin('PUT', path, {'image': {'status': 'saving'}}).json['image']['status'] == 'saving'
    assert admin('PUT', path, {'image': {'status': 'deactivated'}}).status_int == 409
    assert admin('PUT', path, {'image': {'status': 'unheard'}}).status_int == 400
    assert admin('PUT', path, {'image': {'status': 'killed'}}).status_int == 200
    assert admin('GET', '/images/detail').json['images'] == []


def test_users_tell_nothing_about_data(owner):
    for fields in ({'location': 'file:///etc/passwd'}, {'status': 'active'}, {'checksum': 'a'}, {'size': 5}):
        assert owner('POST', '/images', {'image': fields}).status_int == 403
    assert owner('POST', '/images', {'image': {'is_public': True}}).status_int == 403
    image = created(owner, name='x', owner='alpha')
    assert image['owner'] == 'alpha' and 'location' not in image
    # Whose it is they are not asked.
    assert created(owner, owner='beta')['owner'] == 'alpha'
    answer = owner('PUT', f'/images/{image["id"]}', {'image': {'owner': 'beta', 'name': 'y'}})
    assert answer.json['image']['owner'] == 'alpha' and answer.json['image']['name'] == 'y'


def test_what_the_service_notes_is_kept(cloud, owner):
    image = created(owner, properties={'a': '1'})
    path, mark = f'/images/{image["id"]}', 'os_glance_failed_import'
    images.set_property(image['id'], mark, 'fast')
    for properties in ({mark: ''}, {'os_glance_import_task': 'x'}):
        assert owner('PUT', path, {'image': {'properties': properties}}).status_int == 403
        assert owner('POST', '/images', {'image': {'properties': properties}}).status_int == 403
    purge = {'X-Glance-Registry-Purge-Props': 'true'}
    assert owner('PUT', path, {'image': {'properties': {}}}, purge).json['image']['properties'] == {}
    assert cloud.owner('GET', f'/v2{path}').json[mark] == 'fast'


def test_purging_properties(owner):
    image = created(owner, properties={'a': '1', 'b': '2'})
    path = f'/images/{image["id"]}'
    assert owner('PUT', path, {'image': {'properties': {'c': '3'}}}).json['image']['properties'] == {'a': '1',
                                                                                                     'b': '2', 'c': '3'}
    answer = owner('PUT', path, {'image': {'properties': {'d': '4'}}}, {'X-Glance-Registry-Purge-Props': 'true'})
    assert answer.json['image']['properties'] == {'d': '4'}


@pytest.mark.parametrize('body', [{}, {'image': 5}, {'image': {'name': 5}}, {'image': {'name': 'x' * 256}},
                                  {'image': {'size': -1}},
                                  {'image': {'size': 'x'}}, {'image': {'is_public': 'x'}},
                                  {'image': {'properties': {'a': 5}}},
                                  {'image': {'id': 'nope'}}, {'image': {'disk_format': 'x'}},
                                  {'image': {'checksum': 'a' * 33}},
                                  {'image': {'location': 'ftp://x'}}, []])
def test_bad_bodies_are_400(admin, body):
    answer = admin('POST', '/images', body)
    assert answer.status_int == 400, answer.text


def test_lists_members_and_deletion(owner, admin, cloud):
    image = created(owner, name='x')
    assert owner('GET', '/').json['images'] == owner('GET', '/images').json['images']
    assert owner('PUT', f'/images/{image["id"]}/members/beta').status_int == 204
    assert cloud.registry('stranger')('GET', '/shared-images/beta').json['shared_images'][0]['image_id'] == image['id']
    assert owner('DELETE', f'/images/{image["id"]}').status_int == 200
    assert owner('GET', f'/images/{image["id"]}').status_int == 404
    assert admin('GET', f'/images/{uuid.uuid4()}').status_int == 404


def test_who_may_not_share_is_told_so(owner, cloud):
    image = created(owner, name='x')
    path = f'/images/{image["id"]}/members'
    assert cloud.registry('stranger')('PUT', path + '/gamma').status_int == 404
    owner('PUT', path + '/beta')
    for method, where, body in (('PUT', '/gamma', None), ('DELETE', '/beta', None), ('PUT', '', {'memberships': []})):
        assert cloud.registry('stranger')(method, path + where, body).status_int == 403
        # The API hides it, as it did in front of the registry.
        assert cloud.stranger(method, f'/v1{path}{where}', body).status_int == 404
        assert cloud.registry('unscoped')(method, path + where, body).status_int == 401


def test_strangers(owner, cloud):
    image = created(owner, name='x')
    stranger = cloud.registry('stranger')
    for method, body in (('GET', None), ('PUT', {'image': {}}), ('DELETE', None)):
        assert stranger(method, f'/images/{image["id"]}', body).status_int == 404
