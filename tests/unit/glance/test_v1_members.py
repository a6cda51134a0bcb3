"""Sharing at version 1."""
import pytest


@pytest.fixture
def image(cloud):
    return cloud.owner.upload(cloud.owner.create(visibility='private'))


def members(cloud, image, who='owner'):
    return getattr(cloud, who)('GET', f'/v1/images/{image["id"]}/members').json['members']


def test_sharing_one_by_one(cloud, image):
    path = f'/v1/images/{image["id"]}/members/beta'
    assert cloud.stranger('GET', f'/v1/images/{image["id"]}').status_int == 404
    assert cloud.owner('PUT', path).status_int == 204
    assert members(cloud, image) == [{'member_id': 'beta', 'can_share': False}]
    # Nobody has to accept anything at this face.
    assert [each['id'] for each in cloud.stranger('GET', '/v1/images').json['images']] == [image['id']]
    assert cloud.stranger('GET', f'/v1/images/{image["id"]}').body == b'data'
    assert cloud.owner('PUT', path, {'member': {'can_share': True}}).status_int == 204
    assert cloud.owner('PUT', path).status_int == 204
    assert members(cloud, image) == [{'member_id': 'beta', 'can_share': True}]
    assert cloud.owner('DELETE', path).status_int == 204
    assert cloud.owner('DELETE', path).status_int == 204
    assert members(cloud, image) == []


def test_a_member_that_may_share_on(cloud, image):
    path = f'/v1/images/{image["id"]}/members'
    cloud.owner('PUT', path + '/beta')
    assert cloud.stranger('PUT', path + '/gamma').status_int == 404
    cloud.owner('PUT', path + '/beta', {'member': {'can_share': True}})
    assert cloud.stranger('PUT', path + '/gamma').status_int == 204
    assert [each['member_id'] for each in members(cloud, image)] == ['beta', 'gamma']


def test_replacing_the_set_keeps_answers(cloud, image):
    path = f'/v1/images/{image["id"]}/members'
    cloud.owner('PUT', path, {'memberships': [{'member_id': 'beta', 'can_share': True}, {'member_id': 'gamma'}]})
    assert cloud.stranger('PUT', f'/v2/images/{image["id"]}/members/beta', {'status': 'accepted'}).status_int == 200
    assert cloud.owner('PUT', path, {'memberships': [{'member_id': 'beta'}, {'member_id': 'delta'}]}).status_int == 204
    assert members(cloud, image) == [{'member_id': 'beta', 'can_share': True},
                                     {'member_id': 'delta', 'can_share': False}]
    assert cloud.owner('GET', f'/v2/images/{image["id"]}/members/beta').json['status'] == 'accepted'


def test_shared_images(cloud, image):
    cloud.owner('PUT', f'/v1/images/{image["id"]}/members/beta')
    expected = [{'image_id': image['id'], 'can_share': False}]
    for who in ('admin', 'owner', 'member', 'stranger'):
        assert getattr(cloud, who)('GET', '/v1/shared-images/beta').json['shared_images'] == expected
    assert cloud.stranger('GET', '/v1/shared-images/alpha').json['shared_images'] == []
    assert cloud.unscoped('GET', '/v1/shared-images/beta').status_int == 403
    assert cloud.nobody('GET', '/v1/shared-images/beta').status_int == 401


@pytest.mark.parametrize('body', [[], {}, {'memberships': 'x'}, {'memberships': [5]}, {'memberships': [{}]},
                                  {'memberships': [{'member_id': 5}]}, {'memberships': [{'member_id': 'x' * 256}]},
                                  {'memberships': [{'member_id': 'a', 'can_share': 'yes'}]}])
def test_malformed_sets(cloud, image, body):
    assert cloud.owner('PUT', f'/v1/images/{image["id"]}/members', body).status_int == 400


@pytest.mark.parametrize('body', [[], {}, {'member': 5}, {'member': {'can_share': 'yes'}}])
def test_malformed_members(cloud, image, body):
    assert cloud.owner('PUT', f'/v1/images/{image["id"]}/members/a', body).status_int == 400


@pytest.mark.parametrize('who,status', [('admin', 204), ('owner', 204), ('member', 204), ('reader', 404),
                                        ('stranger', 404),
                                        ('unscoped', 401), ('nobody', 401)])
def test_who_may_share(cloud, image, who, status):
    caller = getattr(cloud, who)
    path = f'/v1/images/{image["id"]}/members'
    assert caller('PUT', path + '/gamma').status_int == status
    assert caller('DELETE', path + '/gamma').status_int == status
    assert caller('PUT', path, {'memberships': []}).status_int == status


def test_a_public_image_is_not_shared(cloud, make):
    image = make(visibility='public', owner='beta')
    assert cloud.owner('PUT', f'/v1/images/{image.id}/members/gamma').status_int == 404
    assert cloud.stranger('PUT', f'/v1/images/{image.id}/members/gamma').status_int == 403


def test_a_member_does_not_take_back_what_the_owner_shares_with_all(cloud, image):
    path = f'/v1/images/{image["id"]}/members'
    assert cloud.owner('PUT', f'{path}/beta', {'member': {'can_share': True}}).status_int == 204
    assert cloud.stranger('PUT', f'{path}/gamma').status_int == 204
    cloud.owner.patch(image, ('replace', '/visibility', 'community'))
    assert cloud.stranger('PUT', f'{path}/delta').status_int == 404
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['visibility'] == 'community'


def test_the_quota(cloud, image, conf):
    conf.set('image_member_quota', 1)
    path = f'/v1/images/{image["id"]}/members'
    assert cloud.owner('PUT', path + '/beta').status_int == 204
    assert cloud.owner('PUT', path + '/gamma').status_int == 413
    assert cloud.owner('PUT', path + '/beta').status_int == 204
    assert cloud.owner('PUT', path, {'memberships': [{'member_id': 'a'}, {'member_id': 'b'}]}).status_int == 413


def test_other_methods(cloud, image):
    assert cloud.owner('POST', f'/v1/images/{image["id"]}/members', {}).status_int == 405
    assert cloud.owner('GET', f'/v1/images/{image["id"]}/members/beta').status_int == 405
