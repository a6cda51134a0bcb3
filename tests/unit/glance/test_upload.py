"""Uploads and downloads, and every way in which they end badly: nothing stays in the store, the image is free again."""
import errno
import hashlib
import io

import pytest
from sqlalchemy import select

from essex import db
from essex.exception import ServiceUnavailable
from glance.db import images, uploads
from glance.db.models import Upload
from glance.exception import DeletedDuringUpload
from glance.image import intake
from glance.image import upload as upload_module
from glance.store import filesystem

DATA = b'some data ' * 300000


class Source:
    """A request body that ends in an error, or calls something on its way."""

    def __init__(self, *steps):
        self.steps = list(steps)

    def readinto(self, view):
        step = self.steps.pop(0) if self.steps else b''
        if isinstance(step, Exception):
            raise step
        data = step() if callable(step) else step
        view[:len(data)] = data
        return len(data)


def put(caller, image, data=DATA, **headers):
    return caller('PUT', f'/v2/images/{image["id"]}/file', data=data, headers=headers)


def state(cloud, image):
    return cloud.admin('GET', f'/v2/images/{image["id"]}').json['status']


@pytest.fixture
def nothing_left(cloud, stored):
    """Says that an upload left nothing behind and can be tried again."""
    def check(image):
        assert stored() == []
        assert state(cloud, image) == 'queued'
        with db.reader() as session:
            assert session.execute(select(Upload.id)).all() == []
        assert cloud.owner.upload(image, DATA)['status'] == 'active'
    return check


def test_an_upload_makes_it_active(cloud, stored):
    image = cloud.owner.create()
    assert put(cloud.owner, image).status_int == 204
    image = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert image['status'] == 'active' and image['size'] == len(DATA) == image['virtual_size']
    assert image['checksum'] == hashlib.md5(DATA).hexdigest()
    assert image['os_hash_algo'] == 'sha512' and image['os_hash_value'] == hashlib.sha512(DATA).hexdigest()
    assert stored() == [image['id']]
    answer = cloud.owner('GET', image['file'])
    assert answer.body == DATA and answer.headers['Content-MD5'] == image['checksum']
    assert answer.content_type == 'application/octet-stream' and answer.content_length == len(DATA)


def test_another_hash(cloud, conf):
    conf.set('hashing_algorithm', 'sha256')
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    assert image['os_hash_algo'] == 'sha256' and image['os_hash_value'] == hashlib.sha256(DATA).hexdigest()


def test_no_bytes_are_an_image_too(cloud):
    image = cloud.owner.upload(cloud.owner.create(), b'')
    assert image['size'] == 0 and image['status'] == 'active'
    assert cloud.owner('GET', image['file']).body == b''


@pytest.mark.parametrize('asked,status,expected', [
    ('bytes=0-9', 206, DATA[:10]), ('bytes=5-', 206, DATA[5:]), ('bytes=-7', 206, DATA[-7:]),
    ('bytes=2999990-9999999', 206, DATA[2999990:]), ('bytes=3000000-', 416, None), ('bytes=9-5', 416, None),
    ('bytes=-9999999', 206, DATA), ('bytes=0-1,5-6', 400, None),
    ('lines=1', 416, None)])
def test_ranges(cloud, asked, status, expected):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    answer = cloud.owner('GET', image['file'], headers={'Range': asked})
    assert answer.status_int == status
    if expected is not None:
        assert answer.body == expected and answer.content_length == len(expected)
        assert answer.headers['Content-Range'].endswith(f'/{len(DATA)}') and 'Content-MD5' not in answer.headers
    elif status == 416:
        assert answer.headers['Content-Range'] == f'bytes */{len(DATA)}'


def test_head_of_the_data_has_no_body(cloud):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    answer = cloud.owner('HEAD', image['file'])
    assert answer.body == b'' and answer.content_length == len(DATA)


def test_no_data_yet_is_204(cloud):
    image = cloud.owner.create()
    assert cloud.owner('GET', image['file']).status_int == 204


def test_data_missing_from_the_store_is_said(cloud, tmp_path):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    (tmp_path / 'images' / image['id']).unlink()
    answer = cloud.owner('GET', image['file'])
    assert answer.status_int == 404 and str(tmp_path) not in answer.text


def test_a_second_upload_is_409(cloud, stored):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    answer = put(cloud.owner, image, b'other')
    assert answer.status_int == 409 and 'active' in answer.text
    assert cloud.owner('GET', image['file']).body == DATA


@pytest.mark.parametrize('kind', ['application/json', 'text/plain', ''])
def test_other_content_types_are_415(cloud, nothing_left, kind):
    image = cloud.owner.create()
    assert put(cloud.owner, image, **{'Content-Type': kind}).status_int == 415
    nothing_left(image)


def test_formats_must_be_known_before_the_data(cloud, stored):
    image = cloud.owner.create(disk_format=None, container_format=None)
    answer = put(cloud.owner, image)
    assert answer.status_int == 400 and 'disk_format' in answer.text
    assert state(cloud, image) == 'queued' and stored() == []


@pytest.mark.parametrize('headers,status', [
    ({'Content-Length': '-5'}, 400), ({'Content-Length': 'x'}, 400), ({'Content-Length': '9999999'}, 400),
    ({'X-Image-Meta-Store': 'other'}, 400), ({'Content-Length': str(2 ** 50)}, 413)])
def test_bad_headers(cloud, nothing_left, headers, status):
    image = cloud.owner.create()
    assert put(cloud.owner, image, **headers).status_int == status
    nothing_left(image)


@pytest.mark.parametrize('size,status', [('5', 400), ('x', 400), ('', 400), (str(len(DATA)), 204)])
def test_chunked_data_with_an_announced_size(cloud, size, status):
    image = cloud.owner.create()
    answer = put(cloud.owner, image, **{'Transfer-Encoding': 'chunked', 'X-Openstack-Image-Size': size})
    assert answer.status_int == status, answer.text
    assert state(cloud, image) == ('active' if status == 204 else 'queued')


def test_an_announced_size_must_be_that_of_the_body(cloud):
    image = cloud.owner.create()
    assert put(cloud.owner, image, **{'X-Openstack-Image-Size': '5'}).status_int == 400
    assert state(cloud, image) == 'queued'
    assert put(cloud.owner, image, **{'X-Openstack-Image-Size': str(len(DATA))}).status_int == 204


def test_the_size_cap(cloud, conf, nothing_left):
    image = cloud.owner.create()
    conf.set('image_size_cap', len(DATA) - 1)
    assert put(cloud.owner, image).status_int == 413
    answer = put(cloud.owner, image, **{'Transfer-Encoding': 'chunked'})
    assert answer.status_int == 413 and str(len(DATA) - 1) in answer.text
    conf.set('image_size_cap', len(DATA))
    nothing_left(image)


def test_the_storage_quota_of_a_project(cloud, conf, stored):
    conf.set('user_storage_quota', '4 MB')
    first, second = cloud.owner.create(), cloud.owner.create()
    cloud.owner.upload(first, DATA)
    assert put(cloud.owner, second).status_int == 413
    assert put(cloud.owner, second, **{'Transfer-Encoding': 'chunked'}).status_int == 413
    assert state(cloud, second) == 'queued' and stored() == [first['id']]
    assert put(cloud.stranger, cloud.stranger.create()).status_int == 204
    cloud.owner('DELETE', f'/v2/images/{first["id"]}')
    assert put(cloud.owner, second).status_int == 204


@pytest.mark.parametrize('error', [ConnectionResetError('reset'), ValueError('bad chunk'), BrokenPipeError(),
                                   TimeoutError()])
def test_a_client_that_goes_away(cloud, rules, nothing_left, error):
    image = cloud.owner.create()
    record = rules.get(cloud.context('owner'), image['id'])
    with pytest.raises(Exception, match='ended early') as caught:
        rules.upload(cloud.context('owner'), record, Source(b'x' * 100, error))
    assert caught.value.code == 400
    nothing_left(image)


def test_a_full_store(cloud, monkeypatch, nothing_left):
    image = cloud.owner.create()
    with monkeypatch.context() as patch:
        def full(descriptor, data):
            raise OSError(errno.ENOSPC, 'full')
        patch.setattr(filesystem.os, 'write', full)
        answer = put(cloud.owner, image)
    assert answer.status_int == 413 and 'no room' in answer.text
    nothing_left(image)


def test_anything_unforeseen(cloud, monkeypatch, nothing_left):
    image = cloud.owner.create()
    with monkeypatch.context() as patch:
        patch.setattr(filesystem.os, 'fchmod', lambda *args: 1 / 0)
        answer = put(cloud.owner, image)
    assert answer.status_int == 500 and 'ZeroDivision' not in answer.text
    nothing_left(image)


def test_two_uploads_at_once(cloud, rules):
    image = cloud.owner.create()
    context = cloud.context('owner')
    seen = []

    def intrude():
        seen.append((state(cloud, image), put(cloud.owner, image).status_int))
        return b'the rest'
    rules.upload(context, rules.get(context, image['id']), Source(b'x' * 10, intrude))
    assert seen == [('saving', 409)]
    assert cloud.owner('GET', image['file']).body == b'x' * 10 + b'the rest'


def test_deleted_while_uploading(cloud, rules, stored):
    image = cloud.owner.create()
    context = cloud.context('owner')

    def delete():
        assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
        return b'the rest'
    with pytest.raises(DeletedDuringUpload) as caught:
        rules.upload(context, rules.get(context, image['id']), Source(b'x' * 10, delete))
    assert caught.value.code == 410
    assert stored() == [] and cloud.owner('GET', f'/v2/images/{image["id"]}').status_int == 404
    rules.finish_deletes(db.utcnow())
    assert images.pending_delete(db.utcnow()) == []


def test_changed_while_uploading(cloud, rules):
    image = cloud.owner.create()
    context = cloud.context('owner')

    def rename():
        assert cloud.owner.patch(image, ('replace', '/name', 'new')).status_int == 200
        return b'the rest'
    rules.upload(context, rules.get(context, image['id']), Source(rename))
    after = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert after['name'] == 'new' and after['status'] == 'active'


def test_a_database_that_dies_before_the_end(cloud, rules, stored, monkeypatch):
    image = cloud.owner.create()
    context = cloud.context('owner')
    with monkeypatch.context() as patch:
        def away(*args, **kwargs):
            raise ServiceUnavailable('the database is away')
        patch.setattr(images, 'add_location', away)
        with pytest.raises(ServiceUnavailable):
            rules.upload(context, rules.get(context, image['id']), Source(b'data'))
    # Whether it was committed is unknown, so nothing was touched; the next round finds out.
    assert state(cloud, image) == 'saving' and stored() == [image['id']]
    assert upload_module.recover(rules.stores) == 1
    assert state(cloud, image) == 'queued' and stored() == []


def test_a_commit_whose_answer_got_lost(cloud, rules, monkeypatch):
    image = cloud.owner.create()
    context = cloud.context('owner')
    finish = upload_module.Upload._finish

    def twice(self, url, facts):
        finish(self, url, facts)
        finish(self, url, facts)
    monkeypatch.setattr(upload_module.Upload, '_finish', twice)
    rules.upload(context, rules.get(context, image['id']), Source(b'data'))
    assert cloud.owner('GET', image['file']).body == b'data'


def test_an_upload_shows_signs_of_life(cloud, rules, monkeypatch):
    beats = []
    monkeypatch.setattr(upload_module, 'BEAT', -1)
    monkeypatch.setattr(intake, 'CHUNK', len(DATA) // 3 + 1)
    monkeypatch.setattr(uploads, 'still_alive', lambda upload_id: beats.append(upload_id) or True)
    image = cloud.owner.create()
    rules.upload(cloud.context('owner'), rules.get(cloud.context('owner'), image['id']), io.BytesIO(DATA))
    assert len(beats) == 3


def test_an_upload_costs_few_statements(cloud, rules):
    image = cloud.owner.create()
    with db.count_statements() as counter:
        put(cloud.owner, image)
    assert counter.total <= 12, counter.statements
