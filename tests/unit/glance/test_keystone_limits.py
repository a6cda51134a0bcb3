"""Limits of the identity service: kept to, shown, and what when they are not registered."""
import pytest

from glance.image import keystone_limits

MIB = 1024 * 1024


@pytest.fixture
def limits(conf, monkeypatch):
    """{name: limit of project alpha}; others have what is registered."""
    own, asked = {}, []

    def answer(path, name, **filters):
        asked.append(path)
        if name == 'services':
            return [{'id': 'glance'}]
        if name == 'registered_limits':
            return [{'resource_name': each, 'default_limit': 5, 'region_id': None} for each in keystone_limits.NAMES]
        assert filters == {'service_id': 'glance', 'project_id': filters['project_id']}
        return [{'resource_name': each, 'resource_limit': limit, 'region_id': None} for each, limit in own.items()
                if filters['project_id'] == 'alpha']
    monkeypatch.setattr(keystone_limits, '_get', answer)
    monkeypatch.setattr(keystone_limits, '_SECONDS', -1)
    conf.set('use_keystone_limits', True)
    keystone_limits.forget()
    yield own
    keystone_limits.forget()


def test_nothing_is_asked_unless_it_is_wanted(cloud):
    assert cloud.owner('GET', '/v2/info/usage').json == {'usage': {}}


def test_what_is_used(cloud, limits):
    limits['image_size_total'] = 7
    cloud.owner.upload(cloud.owner.create(), bytes(2 * MIB))
    cloud.owner('PUT', f'/v2/images/{cloud.owner.create()["id"]}/stage', data=bytes(MIB))
    assert cloud.owner('GET', '/v2/info/usage').json == {'usage': {
        'image_size_total': {'limit': 7, 'usage': 2}, 'image_stage_total': {'limit': 5, 'usage': 1},
        'image_count_total': {'limit': 5, 'usage': 2}, 'image_count_uploading': {'limit': 5, 'usage': 1}}}
    assert cloud.stranger('GET', '/v2/info/usage').json['usage']['image_count_total'] == {'limit': 5, 'usage': 0}


def test_how_many_images(cloud, limits):
    limits['image_count_total'] = 1
    image = cloud.owner.create()
    answer = cloud.owner('POST', '/v2/images', {})
    assert answer.status_int == 413 and 'image_count_total' in answer.text
    assert cloud.stranger('POST', '/v2/images', {}).status_int == 201
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    assert cloud.owner('POST', '/v2/images', {}).status_int == 201


def test_how_many_bytes(cloud, limits):
    limits.update(image_size_total=1, image_stage_total=1)
    image, other = cloud.owner.create(), cloud.owner.create()
    path = f'/v2/images/{image["id"]}'
    assert cloud.owner('PUT', f'{path}/file', data=bytes(2 * MIB)).status_int == 413
    assert cloud.owner('PUT', f'{path}/stage', data=bytes(2 * MIB)).status_int == 413
    assert cloud.owner('GET', path).json['status'] == 'queued'
    assert cloud.owner('PUT', f'{path}/stage', data=bytes(MIB)).status_int == 204
    body = {'method': {'name': 'web-download', 'uri': 'http://example.org/'}}
    assert cloud.owner('POST', f'/v2/images/{other["id"]}/import', body).status_int == 413


def test_how_many_at_once(cloud, limits):
    limits['image_count_uploading'] = 1
    image, other = cloud.owner.create(), cloud.owner.create()
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/stage', data=b'x').status_int == 204
    assert cloud.owner('PUT', f'/v2/images/{other["id"]}/file', data=b'x').status_int == 413
    assert cloud.owner('PUT', f'/v2/images/{other["id"]}/stage', data=b'x').status_int == 413


def test_no_limit_at_all(cloud, limits):
    limits.update(dict.fromkeys(keystone_limits.NAMES, -1))
    assert cloud.owner.upload(cloud.owner.create(), b'data')['status'] == 'active'
