"""Protected properties: by roles and by policies, at every face; files that make no sense."""
import pytest

from essex.exception import ConfigError
from glance.image import protection

RULES = '''
[^x_billing_.*]
create = admin
read = admin,Billing
update = admin
delete = !
[^x_note$]
create = @
read = @
update = member
delete = admin
[^open.*]
create = @
read = @
update = @
delete = @
'''


@pytest.fixture
def protect(conf, tmp_path):
    def write(text=RULES, kind='roles'):
        path = tmp_path / 'protection.conf'
        path.write_text(text)
        conf.set('property_protection_rule_format', kind)
        conf.set('property_protection_file', str(path))
    write()
    return write


def test_nobody_finds_by_what_he_may_not_read(cloud, protect):
    image = cloud.admin('POST', '/v2/images', {'x_billing_code': '7', 'visibility': 'public', 'open': '1'}).json
    for path in ('/v2/images?x_billing_code=7', '/v1/images?property-x_billing_code=7'):
        assert [each['id'] for each in cloud.admin('GET', path).json['images']] == [image['id']]
        assert cloud.owner('GET', path).json['images'] == []
    assert len(cloud.owner('GET', '/v2/images?open=1').json['images']) == 1


def test_creating_and_reading(cloud, protect):
    for name in ('x_billing_code', 'named_by_no_rule'):
        answer = cloud.owner('POST', '/v2/images', {name: '1'})
        assert answer.status_int == 403 and name in answer.text
    image = cloud.owner.create(x_note='hello', open_one='1')
    assert image['x_note'] == 'hello'
    assert cloud.admin.patch(image, ('add', '/x_billing_code', '7')).json['x_billing_code'] == '7'
    assert 'x_billing_code' not in cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert 'x_billing_code' not in cloud.owner('GET', '/v2/images').json['images'][0]
    assert 'x_billing_code' in cloud.admin('GET', f'/v2/images/{image["id"]}').json
    assert 'x-image-meta-property-x_billing_code' not in cloud.owner('HEAD', f'/v1/images/{image["id"]}').headers


def test_changing(cloud, protect):
    image = cloud.owner.create(x_note='hello', open_one='1')
    cloud.admin.patch(image, ('add', '/x_billing_code', '7'))
    assert cloud.owner.patch(image, ('add', '/x_billing_code', '8')).status_int == 403
    assert cloud.owner.patch(image, ('replace', '/x_billing_code', '8')).status_int == 409
    assert cloud.owner.patch(image, ('remove', '/x_billing_code')).status_int == 409
    assert cloud.admin.patch(image, ('remove', '/x_billing_code')).status_int == 403
    answer = cloud.owner.patch(image, ('replace', '/x_note', 'new'), ('remove', '/open_one'))
    assert answer.status_int == 200 and answer.json['x_note'] == 'new' and 'x_billing_code' not in answer.json
    assert cloud.owner.patch(image, ('remove', '/x_note')).status_int == 403
    assert cloud.admin('GET', f'/v2/images/{image["id"]}').json['x_billing_code'] == '7'
    # The older face replaces all properties: the hidden ones stay.
    assert cloud.owner('PUT', f'/v1/images/{image["id"]}', headers={
        'x-image-meta-property-x_note': 'new', 'x-image-meta-name': 'x'}).status_int == 200
    assert cloud.admin('GET', f'/v2/images/{image["id"]}').json['x_billing_code'] == '7'


def test_by_policies_and_changed_files(cloud, protect):
    protect('[.*]\ncreate = context_is_admin\nread = get_image\nupdate = !\ndelete = @\n', 'policies')
    assert cloud.owner('POST', '/v2/images', {'any': '1'}).status_int == 403
    image = cloud.admin.create(any='1', visibility='public')
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['any'] == '1'
    assert cloud.admin.patch(image, ('replace', '/any', '2')).status_int == 403
    assert cloud.admin.patch(image, ('remove', '/any')).status_int == 200


@pytest.mark.parametrize('text', ['[(]\ncreate=@\nread=@\nupdate=@\ndelete=@', '[a]\ncreate=@', 'nonsense',
                                  '[a]\ncreate=@,!\nread=@\nupdate=@\ndelete=@'])
def test_files_that_make_no_sense(protect, text):
    protect(text)
    with pytest.raises(ConfigError):
        protection.check()


def test_a_file_that_is_missing(conf, tmp_path):
    conf.set('property_protection_file', str(tmp_path / 'missing'))
    with pytest.raises(ConfigError, match='No such file'):
        protection.check()
