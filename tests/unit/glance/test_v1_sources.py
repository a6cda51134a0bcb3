"""Version 1: images whose data is elsewhere (x-image-meta-location) or comes from there (x-glance-api-copy-from)."""
import hashlib

import pytest

from glance.exception import DataNotFound, StoreReadOnly, StoreUnavailable
from glance.image import fetch
from glance.store.loader import Stores
from tests.fixtures.web import WebServer
from tests.unit.glance.test_v1_images import META, meta

DATA = bytes(range(256)) * 300


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    made.pages['/data'] = (200, {}, DATA)
    made.pages['/open'] = (200, {}, lambda handler: handler.wfile.write(DATA))
    made.pages['/part'] = (206, {'Content-Range': f'bytes 1000-{len(DATA) - 1}/{len(DATA)}'}, DATA[1000:])
    made.pages['/behind'] = (416, {}, b'nothing there')
    made.pages['/broken'] = (200, {'Content-Length': '100000'}, lambda handler: handler.wfile.write(b'x'))
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def local(conf):
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [], fetch.GROUP)


@pytest.fixture
def store(conf):
    return Stores().get('http')


def post(caller, **headers):
    return caller('POST', '/v1/images', headers={**META, **headers})


def test_the_store_reads_and_does_nothing_else(store, web):
    assert b''.join(store.read(web.url('/data'))) == DATA and store.size(web.url('/data')) == len(DATA)
    assert b''.join(store.read(web.url('/data'), 1000, 500)) == DATA[1000:1500]
    assert b''.join(store.read(web.url('/part'), 1000)) == DATA[1000:]
    assert b''.join(store.read(web.url('/open'))) == DATA and store.size(web.url('/open')) is None
    assert b''.join(store.read(web.url('/behind'), len(DATA))) == b''
    assert b''.join(store.read(web.url('/data'), 0, 0)) == b''
    with pytest.raises(DataNotFound):
        store.read(web.url('/missing'))
    with pytest.raises(StoreUnavailable):
        b''.join(store.read(web.url('/broken')))
    for call in (lambda: store.delete(web.url('/data')), lambda: store.add('i', 'u', iter(()))):
        with pytest.raises(StoreReadOnly):
            call()
    assert list(store.leftovers()) == [] and store.describe()['type'] == 'http' and store.read_only


def test_an_image_points_at_its_data(cloud, web, stored):
    answer = post(cloud.owner, **{'x-image-meta-location': web.url('/data')})
    image = answer.json['image']
    assert answer.status_int == 201 and image['status'] == 'active' and image['size'] == len(DATA), answer.text
    assert 'location' not in image and image['checksum'] is None and 'ETag' not in answer.headers
    read = cloud.owner('GET', f'/v1/images/{image["id"]}')
    assert read.body == DATA and 'location' not in meta(read)
    part = cloud.owner('GET', f'/v2/images/{image["id"]}/file', headers={'Range': 'bytes=10-19'})
    assert part.status_int == 206 and part.body == DATA[10:20]
    assert cloud.owner('DELETE', f'/v1/images/{image["id"]}').status_int == 200
    assert web.seen and stored() == []


def test_a_given_size_is_not_asked_for_and_bounds_what_is_sent(cloud, web):
    web.seen.clear()
    image = post(cloud.owner, **{'x-image-meta-location': web.url('/data'), 'x-image-meta-size': '100'}).json['image']
    assert web.seen == [] and image['size'] == 100
    assert cloud.owner('GET', f'/v1/images/{image["id"]}').body == DATA[:100]


def test_a_queued_image_is_given_a_location(cloud, web):
    image = post(cloud.owner).json['image']
    url = f'/v1/images/{image["id"]}'
    answer = cloud.owner('PUT', url, headers={'x-image-meta-location': web.url('/data'), 'x-image-meta-name': 'new'})
    assert answer.status_int == 200 and answer.json['image']['status'] == 'active', answer.text
    assert answer.json['image']['name'] == 'new' and answer.json['image']['size'] == len(DATA)
    for header in ('x-image-meta-location', 'x-glance-api-copy-from'):
        again = cloud.owner('PUT', url, headers={header: web.url('/data')})
        assert again.status_int == 400 and 'queued' in again.text
    assert cloud.stranger('PUT', url, headers={'x-image-meta-location': web.url('/data')}).status_int == 404


def test_data_is_copied(cloud, web, stored):
    answer = post(cloud.owner, **{'x-glance-api-copy-from': web.url('/open')})
    image = answer.json['image']
    assert answer.status_int == 201 and image['status'] == 'active' and image['size'] == len(DATA), answer.text
    assert image['checksum'] == hashlib.md5(DATA).hexdigest() and stored() == [image['id']]
    queued = post(cloud.owner).json['image']
    answer = cloud.owner('PUT', f'/v1/images/{queued["id"]}', headers={'x-glance-api-copy-from': web.url('/data')})
    assert answer.status_int == 200 and answer.json['image']['status'] == 'active'
    assert cloud.owner('GET', f'/v1/images/{queued["id"]}').body == DATA


@pytest.mark.parametrize('path,code,state', [('/missing', 404, 'queued'), ('/broken', 400, 'killed')])
def test_data_that_cannot_be_copied(cloud, web, stored, path, code, state):
    image_id = '0' * 8 + '-0000-0000-0000-' + '0' * 12
    answer = post(cloud.owner, **{'x-glance-api-copy-from': web.url(path), 'x-image-meta-id': image_id})
    assert answer.status_int == code and stored() == []
    assert cloud.owner('HEAD', f'/v1/images/{image_id}').headers['x-image-meta-status'] == state


@pytest.mark.parametrize('url,code', [
    ('file:///etc/passwd', 400), ('rbd://pool/image', 400), ('http://10.0.0.1/x', 400), ('/etc/passwd', 400),
    ('http://', 400), ('swift+http://a:b:c@host/container/x', 403), ('s3://key:secret@host/bucket/x', 403)])
@pytest.mark.parametrize('header', ['x-image-meta-location', 'x-glance-api-copy-from'])
def test_what_is_not_opened(cloud, header, url, code):
    before = len(cloud.admin('GET', '/v2/images').json['images'])
    answer = post(cloud.owner, **{header: url})
    assert answer.status_int == code, answer.text
    # An address's own network is looked at when it is opened: then a record of the image is there already.
    assert len(cloud.admin('GET', '/v2/images').json['images']) <= before + 1


def test_an_administrator_names_stores_that_are_here(cloud):
    answer = post(cloud.admin, **{'x-image-meta-location': 'swift+http://a:b:c@host/container/x'})
    assert answer.status_int == 400 and 'No store' in answer.text


def test_a_location_needs_formats(cloud, web):
    answer = cloud.owner('POST', '/v1/images', headers={'x-image-meta-location': web.url('/data')})
    assert answer.status_int == 400 and 'disk_format' in answer.text


def test_a_body_comes_before_a_location(cloud, web):
    headers = {**META, 'x-image-meta-location': web.url('/data')}
    answer = cloud.owner('POST', '/v1/images', data=b'body', headers=headers)
    assert answer.json['image']['size'] == 4


def test_data_that_went_away(cloud, web):
    web.pages['/gone'] = (200, {}, b'x')
    image = post(cloud.owner, **{'x-image-meta-location': web.url('/gone')}).json['image']
    web.pages['/gone'] = (410, {}, b'')
    assert cloud.owner('GET', f'/v1/images/{image["id"]}').status_int == 404
