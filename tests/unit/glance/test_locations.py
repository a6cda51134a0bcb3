"""Places of data: shown, changed by a patch, told by other services."""
import hashlib

import pytest

from glance.exception import StoreUnavailable
from glance.image import fetch
from glance.image.model import Location
from glance.store.loader import Stores
from tests.fixtures.web import WebServer
from tests.unit.glance.conftest import CAST, Caller

DATA = b'some data ' * 3000
HASH = hashlib.sha512(DATA).hexdigest()


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    for path in ('/image', '/same', '/image?again'):
        made.pages[path] = (200, {}, DATA)
    made.pages['/other'] = (200, {}, b'other')
    yield made
    made.stop()


@pytest.fixture
def url(conf, web, rules):
    """url(path) of the web server, which this service reads images from."""
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [web.port], fetch.GROUP)
    conf.set('stores', ['file', 'http'], 'glance_store')
    rules.stores = Stores()
    return web.url


@pytest.fixture
def shown(conf, url):
    conf.set('show_multiple_locations', True)
    return url


def at(url, path='/image', **more):
    return {'url': url(path), 'metadata': {'speed': 'slow'}, **more}


def said(value=HASH, algorithm='sha512', **more):
    return {'validation_data': {'os_hash_algo': algorithm, 'os_hash_value': value, **more}}


def test_nothing_is_shown_or_changed_unless_the_operator_says_so(cloud, url):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    assert 'locations' not in image and 'direct_url' not in image
    for step in (('add', '/locations/-', at(url)), ('replace', '/locations', []), ('remove', '/locations/0')):
        assert cloud.admin.patch(image, step).status_int == 403
    assert cloud.owner('POST', '/v2/images', {'locations': [at(url)]}).status_int == 403


def test_accounts_in_old_addresses_are_not_shown_to_owners(cloud, conf, make):
    conf.set('show_multiple_locations', True)
    conf.set('show_image_direct_url', True)
    old = Location('swift+https://glance:user:secret@identity.test/v2.0/glance/x', 'swift')
    image = make(locations=[old], status='active')
    shown = cloud.owner('GET', f'/v2/images/{image.id}').json
    assert shown['direct_url'] == shown['locations'][0]['url'] == 'swift+https://identity.test/v2.0/glance/x'
    assert cloud.admin('GET', f'/v2/images/{image.id}').json['direct_url'] == old.url
    assert 'secret' not in cloud.owner('GET', '/v2/images').text


def test_the_direct_url(cloud, conf):
    conf.set('show_image_direct_url', True)
    image = cloud.owner.create()
    assert 'direct_url' not in image
    image = cloud.owner.upload(image, DATA)
    assert image['direct_url'].startswith('file:///') and 'locations' not in image
    public = cloud.admin.upload(cloud.admin.create(visibility='public'), DATA)
    # A server is made of a public image by its user: by its address where the stores of both allow.
    assert cloud.owner('GET', f'/v2/images/{public["id"]}').json['direct_url'] == public['direct_url']
    assert cloud.stranger('GET', f'/v2/images/{image["id"]}').status_int == 404
    assert cloud.unscoped('GET', f'/v2/images/{public["id"]}').status_int == 403


def test_the_address_of_deactivated_data_is_hidden(cloud, conf):
    conf.set('show_image_direct_url', True)
    conf.set('show_multiple_locations', True)
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    cloud.owner('POST', f'/v2/images/{image["id"]}/actions/deactivate')
    shown = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert shown['status'] == 'deactivated' and 'direct_url' not in shown and 'locations' not in shown
    assert 'direct_url' in cloud.admin('GET', f'/v2/images/{image["id"]}').json


def test_a_first_place_makes_it_active(cloud, shown):
    image = cloud.owner.create()
    assert image['locations'] == []
    answer = cloud.owner.patch(image, ('add', '/locations/-', at(shown)))
    assert answer.status_int == 200, answer.text
    assert answer.json['status'] == 'active' and answer.json['size'] == len(DATA)
    assert answer.json['locations'] == [at(shown)]
    assert cloud.owner('GET', image['file']).body == DATA
    assert cloud.owner('GET', image['file'], headers={'Range': 'bytes=5-8'}).body == DATA[5:9]
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204


def test_replacing_and_removing(cloud, shown):
    image = cloud.owner.create()
    assert cloud.owner.patch(image, ('replace', '/locations', [at(shown)])).json['status'] == 'active'
    assert cloud.owner.patch(image, ('replace', '/locations', [at(shown)])).status_int == 200
    other = {**at(shown), 'metadata': {'speed': 'fast'}}
    assert cloud.owner.patch(image, ('replace', '/locations', [other])).json['locations'] == [other]
    assert cloud.owner.patch(image, ('replace', '/locations', [at(shown)])).json['locations'] == [at(shown)]
    assert cloud.owner.patch(image, ('replace', '/locations', [at(shown, '/other')])).status_int == 400
    assert cloud.owner.patch(image, ('replace', '/locations', [])).status_int == 403
    assert cloud.owner.patch(image, ('add', '/locations', [at(shown)])).status_int == 409
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown))).status_int == 400
    assert cloud.owner.patch(image, ('add', '/locations/0', at(shown, '/same'))).status_int == 200
    assert cloud.owner.patch(image, ('add', '/locations/7', at(shown, '/image?again'))).status_int == 400
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert [each['url'] for each in now['locations']] == [shown('/same'), shown('/image')]
    assert cloud.owner.patch(image, ('remove', '/locations/0')).status_int == 403
    assert cloud.admin.patch(image, ('remove', '/locations/2')).status_int == 400
    assert cloud.admin.patch(image, ('remove', '/locations/0')).status_int == 200
    assert cloud.admin.patch(image, ('remove', '/locations/0')).status_int == 403


def test_data_of_a_place_that_is_removed_goes_too(cloud, shown, stored):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown))).status_int == 200
    assert stored() == [image['id']]
    answer = cloud.admin.patch(image, ('remove', '/locations/0'))
    assert answer.status_int == 200 and [each['url'] for each in answer.json['locations']] == [shown('/image')]
    assert stored() == [] and cloud.owner('GET', image['file']).body == DATA


@pytest.mark.parametrize('value', [
    None, 'text', {}, {'url': 7, 'metadata': {}}, {'url': 'foo://x/y', 'metadata': {}}, [7],
    {'url': 'file:///etc/passwd', 'metadata': {}}, {'url': 'http://127.0.0.1/', 'metadata': {}},
    {'url': 'http://example.org:25/', 'metadata': {}}])
def test_places_that_are_none(cloud, shown, value):
    image = cloud.admin.create()
    assert cloud.admin.patch(image, ('add', '/locations/-', value)).status_int == 400
    assert cloud.admin.patch(image, ('replace', '/locations', value)).status_int == 400
    for path in ('/locations/x', '/locations/0/url', '/locations/-1'):
        assert cloud.admin.patch(image, ('add', path, at(shown))).status_int == 400
    assert cloud.admin.patch(image, ('remove', '/locations/-')).status_int == 400
    assert cloud.admin('GET', f'/v2/images/{image["id"]}').json['status'] == 'queued'


def test_what_is_not_there_and_who_may_not(cloud, shown):
    image = cloud.owner.create()
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown, '/missing'))).status_int == 400
    assert cloud.reader.patch(image, ('add', '/locations/-', at(shown))).status_int == 403
    assert cloud.stranger.patch(image, ('add', '/locations/-', at(shown))).status_int == 404


def test_data_that_is_said_to_have_a_hash(cloud, shown):
    image = cloud.owner.create()
    for bad in (said('abc'), said(algorithm='md5'), said(algorithm='shake_128'), said(algorithm=['sha512']),
                said(algorithm=None), {'validation_data': 7}, said(checksum='x'), said(more='x')):
        assert cloud.owner.patch(image, ('add', '/locations/-', at(shown, **bad))).status_int == 400
    now = cloud.owner.patch(image, ('add', '/locations/-', at(shown, **said(checksum='0' * 32)))).json
    assert now['os_hash_value'] == HASH and now['os_hash_algo'] == 'sha512' and now['checksum'] == '0' * 32
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown, '/same', **said()))).status_int == 200
    other = at(shown, '/image?again', **said('0' * 128))
    assert cloud.owner.patch(image, ('add', '/locations/-', other)).status_int == 409
    # Another kind of hash is another hash, whatever its length.
    for value in (hashlib.sha256(DATA).hexdigest(), HASH):
        other = at(shown, '/image?again', **said(value, 'sha256'))
        assert cloud.owner.patch(image, ('add', '/locations/-', other)).status_int == 409
    # Nothing said is nothing to compare.
    other = at(shown, '/image?again', validation_data={})
    assert cloud.owner.patch(image, ('add', '/locations/-', other)).status_int == 200


def test_the_quota_of_places(cloud, conf, shown):
    conf.set('image_location_quota', 1)
    image = cloud.owner.create()
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown))).status_int == 200
    assert cloud.owner.patch(image, ('add', '/locations/-', at(shown, '/same'))).status_int == 413


# -- the call for it

def tell(caller, image, url, path='/image', **more):
    return caller('POST', f'/v2/images/{image["id"]}/locations', {'url': url(path), **more})


def test_a_place_is_told_and_hashed_in_the_background(cloud, url, work):
    image = cloud.owner.create()
    answer = tell(cloud.owner, image, url, validation_data={})
    assert answer.status_int == 202 and answer.body == b''
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and now['os_hash_value'] is None and now['os_hash_algo'] == 'sha512'
    assert tell(cloud.owner, image, url).status_int == 409
    work()
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['os_hash_value'] == HASH and now['checksum'] == hashlib.md5(DATA).hexdigest()
    task, = cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']
    assert task['type'] == 'location_import' and task['status'] == 'success'
    assert cloud.owner('GET', f'/v2/images/{image["id"]}/locations').status_int == 403
    assert cloud.admin('GET', f'/v2/images/{image["id"]}/locations').json == [{'url': url('/image'), 'metadata': {}}]


def test_data_that_cannot_be_hashed_has_no_hash(cloud, conf, url, work, monkeypatch):
    conf.set('http_retries', 0)
    image = cloud.owner.create()
    tell(cloud.owner, image, url)
    monkeypatch.setattr('glance.store.http.HttpStore.read', _broken)
    work()
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and now['os_hash_algo'] is now['os_hash_value'] is None
    task, = cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']
    assert task['status'] == 'failure'


def _broken(*args):
    raise StoreUnavailable(store='http', problem='it is away')


def test_with_a_hash_it_waits_for_the_proof(cloud, url, work):
    image = cloud.owner.create()
    assert tell(cloud.owner, image, url, **said('0' * 128)).status_int == 202
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['status'] == 'queued'
    work()
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'queued' and now['os_hash_value'] is None
    task, = cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']
    assert task['status'] == 'failure' and HASH in task['message']
    assert tell(cloud.owner, image, url, **said()).status_int == 202
    work()
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and now['os_hash_value'] == HASH and now['size'] == len(DATA)


def test_the_hash_may_be_of_another_kind(cloud, url, work):
    image = cloud.owner.create()
    assert tell(cloud.owner, image, url, **said('0' * 64, 'sha256')).status_int == 202
    work()
    task, = cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']
    assert task['status'] == 'failure' and hashlib.sha256(DATA).hexdigest() in task['message']
    assert tell(cloud.owner, image, url, **said(hashlib.sha256(DATA).hexdigest(), 'sha256')).status_int == 202
    work()
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and now['os_hash_algo'] == 'sha256'
    assert now['os_hash_value'] == hashlib.sha256(DATA).hexdigest()


def test_without_a_hash_of_ones_own(cloud, conf, url, work):
    conf.set('do_secure_hash', False)
    image = cloud.owner.create()
    assert tell(cloud.owner, image, url, **said()).status_int == 202
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and now['os_hash_value'] == HASH


def test_other_services_name_what_the_stores_read(cloud, url):
    service = Caller(cloud.api, {**CAST['owner'], 'roles': ('service', 'member')})
    path = f'/v2/images/{cloud.owner.create()["id"]}/locations'
    for address in ('rbd://cluster/pool/image/snap', 's3://host/bucket/image'):
        answer = service('POST', path, {'url': address})
        assert answer.status_int == 400 and 'No store of this service' in answer.text
    assert service('POST', path, {'url': 'file:///etc/passwd'}).status_int == 400


def test_what_is_refused_there(cloud, url):
    image = cloud.owner.create()
    path = f'/v2/images/{image["id"]}/locations'
    assert cloud.owner('POST', path, {'url': 'swift://x/y/z'}).status_int == 403
    assert cloud.owner('POST', path, {'url': 'file:///etc/passwd'}).status_int == 403
    assert cloud.admin('POST', path, {'url': 'file:///etc/passwd'}).status_int == 400
    assert cloud.owner('POST', path, {'url': 'nonsense'}).status_int == 400
    assert cloud.owner('POST', path, {}).status_int == 400
    assert tell(cloud.owner, image, url, **said('zz')).status_int == 400
    assert tell(cloud.owner, image, url, '/missing').status_int == 400
    assert tell(cloud.reader, image, url).status_int == 403
    assert tell(cloud.stranger, image, url).status_int == 404
    assert tell(cloud.owner, cloud.owner.upload(cloud.owner.create()), url).status_int == 409
