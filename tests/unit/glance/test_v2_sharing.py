"""Members, tags and actions at version 2."""
import pytest


@pytest.fixture
def image(cloud):
    return cloud.owner.upload(cloud.owner.create())


def share(cloud, image, project='beta'):
    return cloud.owner('POST', f'/v2/images/{image["id"]}/members', {'member': project})


def test_a_project_accepts_an_image(cloud, image):
    member = share(cloud, image).json
    assert member['status'] == 'pending' and member['member_id'] == 'beta' and member['image_id'] == image['id']
    assert member['schema'] == '/v2/schemas/member'
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}').status_int == 200
    assert cloud.stranger('GET', '/v2/images').json['images'] == []
    assert len(cloud.stranger('GET', '/v2/images?member_status=pending').json['images']) == 1
    assert len(cloud.stranger('GET', '/v2/images?visibility=shared&member_status=all').json['images']) == 1
    path = f'/v2/images/{image["id"]}/members/beta'
    assert cloud.stranger('PUT', path, {'status': 'accepted'}).json['status'] == 'accepted'
    assert len(cloud.stranger('GET', '/v2/images').json['images']) == 1
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}/file').body == b'data'
    assert cloud.stranger('PUT', path, {'status': 'rejected'}).status_int == 200
    assert cloud.stranger('GET', '/v2/images').json['images'] == []


def test_only_the_member_itself_answers(cloud, image):
    share(cloud, image)
    path = f'/v2/images/{image["id"]}/members/beta'
    assert cloud.owner('PUT', path, {'status': 'accepted'}).status_int == 403
    assert cloud.admin('PUT', path, {'status': 'accepted'}).status_int == 200
    assert cloud.stranger('PUT', path, {'status': 'maybe'}).status_int == 400
    assert cloud.stranger('PUT', path, {'status': 5}).status_int == 400
    assert cloud.stranger('PUT', path, {}).status_int == 400
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/members/gamma', {'status': 'accepted'}).status_int == 404


def test_a_member_knows_of_itself_alone(cloud, image):
    share(cloud, image)
    share(cloud, image, 'gamma')
    path = f'/v2/images/{image["id"]}/members'
    assert [each['member_id'] for each in cloud.owner('GET', path).json['members']] == ['beta', 'gamma']
    assert [each['member_id'] for each in cloud.stranger('GET', path).json['members']] == ['beta']
    assert cloud.stranger('GET', path + '/gamma').status_int == 404
    assert cloud.stranger('GET', path + '/beta').status_int == 200
    assert cloud.stranger('POST', path, {'member': 'delta'}).status_int == 403
    assert cloud.stranger('DELETE', path + '/beta').status_int == 403


def test_sharing_needs_the_visibility(cloud, image):
    cloud.owner.patch(image, ('replace', '/visibility', 'private'))
    answer = share(cloud, image)
    assert answer.status_int == 403 and 'private' in answer.text


def test_members_of_an_image_turned_private_lose_it_and_get_it_back(cloud, image):
    share(cloud, image)
    cloud.owner.patch(image, ('replace', '/visibility', 'private'))
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}').status_int == 404
    cloud.owner.patch(image, ('replace', '/visibility', 'shared'))
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}').status_int == 200


def test_bad_members(cloud, image, conf):
    path = f'/v2/images/{image["id"]}/members'
    for body in ({}, {'member': 5}, {'member': ''}, {'member': 'x' * 256}, {'member': 'a\0'}, []):
        assert cloud.owner('POST', path, body).status_int == 400, body
    assert share(cloud, image).status_int == 200
    assert share(cloud, image).status_int == 409
    conf.set('image_member_quota', 1)
    answer = share(cloud, image, 'gamma')
    assert answer.status_int == 413 and '1 members' in answer.text


def test_unsharing(cloud, image):
    share(cloud, image)
    path = f'/v2/images/{image["id"]}/members/beta'
    assert cloud.owner('DELETE', path).status_int == 204
    assert cloud.owner('DELETE', path).status_int == 404
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}').status_int == 404


def test_tags(cloud, image):
    path = f'/v2/images/{image["id"]}/tags'
    assert cloud.owner('PUT', path + '/caf%C3%A9').status_int == 204
    assert cloud.owner('PUT', path + '/caf%C3%A9').status_int == 204
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['tags'] == ['café']
    assert cloud.owner('PUT', path + '/' + 'x' * 256).status_int == 400
    assert cloud.owner('DELETE', path + '/nope').status_int == 404
    assert cloud.owner('DELETE', path + '/caf%C3%A9').status_int == 204
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['tags'] == []


def test_deactivation(cloud, image):
    path = f'/v2/images/{image["id"]}'
    assert cloud.owner('POST', path + '/actions/deactivate').status_int == 204
    assert cloud.owner('POST', path + '/actions/deactivate').status_int == 204
    assert cloud.owner('GET', path).json['status'] == 'deactivated'
    assert cloud.owner('GET', path + '/file').status_int == 403
    assert cloud.admin('GET', path + '/file').body == b'data'
    assert cloud.owner('POST', path + '/actions/reactivate').status_int == 204
    assert cloud.owner('GET', path + '/file').body == b'data'


def test_only_an_active_image_is_deactivated(cloud):
    image = cloud.owner.create()
    for action in ('deactivate', 'reactivate'):
        assert cloud.owner('POST', f'/v2/images/{image["id"]}/actions/{action}').status_int == 403
    assert cloud.owner('POST', f'/v2/images/{image["id"]}/actions/explode').status_int == 404


def test_a_deactivated_image_is_deleted(cloud, image, stored):
    cloud.owner('POST', f'/v2/images/{image["id"]}/actions/deactivate')
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
    assert stored() == []
