"""Callers without a token: refused, or let in to read what is everybody's."""
from glance.api.anonymous import Identified
from tests.unit.glance.conftest import Caller


def test_nobody_is_refused_unless_the_operator_lets_him_read(cloud, conf):
    caller = Caller(Identified(cloud.api), None)
    public = cloud.admin.upload(cloud.admin.create(visibility='public'))
    private = cloud.owner.create(visibility='private')
    answer = caller('GET', '/v2/images')
    assert answer.status_int == 401 and 'token' in answer.text and answer.content_type == 'text/html'
    conf.set('allow_anonymous_access', True)
    assert [image['id'] for image in caller('GET', '/v2/images').json['images']] == [public['id']]
    assert caller('GET', f'/v2/images/{public["id"]}').status_int == 200
    assert caller('GET', f'/v2/images/{private["id"]}').status_int == 404
    for method, path, body in (('POST', '/v2/images', {}), ('DELETE', f'/v2/images/{public["id"]}', None),
                               ('GET', public['file'], None), ('GET', '/v2/tasks', None),
                               ('PUT', f'/v2/images/{public["id"]}/tags/x', None)):
        assert caller(method, path, body).status_int == 403, path
