"""Every call of version 2, tried as each of the cast."""
import pytest

PATCH = {'Content-Type': 'application/openstack-images-v2.1-json-patch'}
CHANGES = [{'op': 'add', 'path': '/a', 'value': 'b'}]
# Calls on one image: method, path, body, headers, and what owner or member of the project get.
CALLS = {
    'show': ('GET', '', None, None, 200),
    'change': ('PATCH', '', CHANGES, PATCH, 200),
    'download': ('GET', '/file', None, None, 200),
    'tag': ('PUT', '/tags/a', None, None, 204),
    'untag': ('DELETE', '/tags/t', None, None, 204),
    'members': ('GET', '/members', None, None, 200),
    'share': ('POST', '/members', {'member': 'gamma'}, None, 200),
    'membership': ('GET', '/members/delta', None, None, 200),
    'unshare': ('DELETE', '/members/delta', None, None, 204),
    'deactivate': ('POST', '/actions/deactivate', None, None, 204),
    'reactivate': ('POST', '/actions/reactivate', None, None, 204),
    'tasks': ('GET', '/tasks', None, None, 200),
    'delete': ('DELETE', '', None, None, 204),
}
READS = {'show', 'members', 'membership', 'tasks'}


@pytest.fixture
def image(cloud):
    made = cloud.owner.upload(cloud.owner.create(tags=['t']))
    assert cloud.owner('POST', f'/v2/images/{made["id"]}/members', {'member': 'delta'}).status_int == 200
    return made


def call(caller, image, name):
    method, path, body, headers, _ = CALLS[name]
    return caller(method, f'/v2/images/{image["id"]}{path}', body, headers).status_int


def call_all(caller, image):
    """{name: status} of all calls one after another: for those whose calls change nothing."""
    return {name: call(caller, image, name) for name in CALLS}


@pytest.mark.parametrize('name', CALLS)
@pytest.mark.parametrize('who', ['admin', 'owner', 'member'])
def test_those_who_may(cloud, image, who, name):
    assert call(getattr(cloud, who), image, name) == CALLS[name][4]


def test_a_reader_only_looks(cloud, image):
    assert call_all(cloud.reader, image) == {name: 200 if name in READS else 403 for name in CALLS}


@pytest.mark.parametrize('visibility', ['shared', 'private'])
@pytest.mark.parametrize('who', ['stranger', 'unscoped'])
def test_for_a_stranger_it_does_not_exist(cloud, image, who, visibility):
    cloud.owner.patch(image, ('replace', '/visibility', visibility))
    assert call_all(getattr(cloud, who), image) == dict.fromkeys(CALLS, 404)


def test_nobody_gets_401(cloud, image):
    assert call_all(cloud.nobody, image) == dict.fromkeys(CALLS, 401)


@pytest.mark.parametrize('visibility', ['public', 'community'])
def test_a_stranger_reads_what_is_for_all_and_changes_nothing(cloud, image, visibility):
    cloud.admin.patch(image, ('replace', '/visibility', visibility))
    expected = {'show': 200, 'download': 200, 'members': 200, 'tasks': 200, 'membership': 404, 'unshare': 404}
    assert call_all(cloud.stranger, image) == dict.fromkeys(CALLS, 403) | expected
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['tags'] == ['t']


@pytest.mark.parametrize('who,status', [('admin', 204), ('owner', 204), ('member', 204), ('reader', 403),
                                        ('stranger', 404), ('unscoped', 404), ('nobody', 401)])
def test_uploads(cloud, who, status):
    image = cloud.owner.create()
    answer = getattr(cloud, who)('PUT', f'/v2/images/{image["id"]}/file', data=b'x')
    assert answer.status_int == status


@pytest.mark.parametrize('who,status', [('admin', 201), ('owner', 201), ('member', 201), ('reader', 403),
                                        ('stranger', 201), ('unscoped', 403), ('nobody', 401)])
def test_creation(cloud, who, status):
    assert getattr(cloud, who)('POST', '/v2/images', {'name': 'x'}).status_int == status


def test_an_image_of_nobody_is_changed_by_administrators_alone(cloud, make):
    image = {'id': make(owner=None, visibility='private').id}
    for who, status in (('owner', 200), ('unscoped', 403)):
        assert getattr(cloud, who)('GET', f'/v2/images/{image["id"]}').status_int == status
        assert getattr(cloud, who).patch(image, ('add', '/a', 'b')).status_int == 403
    assert cloud.admin.patch(image, ('add', '/a', 'b')).status_int == 200


@pytest.mark.parametrize('roles', [(), ('auditor',)])
def test_any_token_is_not_enough_to_read(cloud, image, roles):
    """Neither the project's own images nor public ones, nor definitions."""
    public = cloud.admin.upload(cloud.admin.create(visibility='public'))
    somebody = type(cloud.owner)(cloud.api, {'user_id': 'eve', 'project_id': 'alpha', 'roles': roles})
    for one in (image, public):
        for path in ('', '/file', '/members'):
            assert somebody('GET', f'/v2/images/{one["id"]}{path}').status_int == 403
        assert somebody('HEAD', f'/v1/images/{one["id"]}').status_int == 403
    for path in ('/v2/images', '/v1/images/detail', '/v2/metadefs/namespaces', '/v2/metadefs/resource_types'):
        assert somebody('GET', path).status_int == 403, path


def test_everything_else_needs_somebody(cloud):
    for path in ('/v2/images', '/v2/schemas/image', '/v2/info/import', '/v2/info/stores'):
        assert cloud.nobody('GET', path).status_int == 401
