"""Staging and imports: what each method needs and does, and the ways in which it ends."""
import gzip
import io
import json
import os
import uuid
import zipfile

import pytest

from essex import db
from glance.db import images, staging, uploads
from glance.db.models import Operation
from glance.db.visibility import EVERYONE
from glance.exception import StoreFull
from glance.image import fetch, upload
from glance.image.importing import convert, marks
from glance.store.filesystem import FilesystemStore
from glance.store.loader import STAGING
from tests.fixtures.web import WebServer
from tests.unit.glance.conftest import CAST, Caller

DATA = b'some data ' * 30000
NOBODYS = str(uuid.uuid4())


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    made.pages['/image'] = (200, {}, DATA)
    yield made
    made.stop()


@pytest.fixture
def local(conf, web):
    """Lets the web server be fetched from; returns it."""
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [web.port], fetch.GROUP)
    return web


def stage(caller, image, data=DATA, **headers):
    return caller('PUT', f'/v2/images/{image["id"]}/stage', data=data, headers=headers)


def start(caller, image, name, headers=None, method=None, **more):
    return caller('POST', f'/v2/images/{image["id"]}/import', {'method': {'name': name, **(method or {})}, **more},
                  headers)


def show(cloud, image):
    return cloud.admin('GET', f'/v2/images/{image["id"]}').json


def last_task(cloud, image):
    return cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks'][0]


@pytest.fixture
def staged(tmp_path):
    """() -> the files in the staging directory."""
    return lambda: sorted(path.name for path in (tmp_path / 'staging').rglob('*') if path.is_file())


@pytest.fixture
def ended(cloud, staged, stored):
    """Says that an import left nothing behind: the image is queued and not locked, the task says why."""
    def check(image, why):
        now = show(cloud, image)
        assert now['status'] == 'queued' and now['size'] is now['checksum'] is None and marks.LOCK not in now
        assert staged() == [] and stored() == [] and staging.get(image['id']) is None
        task = last_task(cloud, image)
        assert task['status'] == 'failure' and why in task['message'] and task['expires_at']
        assert cloud.owner.upload(image, DATA)['status'] == 'active'
    return check


def test_staged_data_is_imported(cloud, work, staged, stored):
    image = cloud.owner.create()
    assert stage(cloud.owner, image).status_int == 204
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'uploading' and len(staged()) == 1 and stored() == []
    assert marks.STAGE_HOST not in now
    assert cloud.owner('GET', image['file']).status_int == 204
    assert stage(cloud.owner, image).status_int == 409
    answer = start(cloud.owner, image, 'glance-direct')
    assert answer.status_int == 202 and answer.body == b''
    task = last_task(cloud, image)
    assert task['status'] == 'pending' and task['type'] == 'api_image_import' and task['image_id'] == image['id']
    assert task['input']['import_req']['method'] == {'name': 'glance-direct'} and task['user_id'] == 'alice'
    now = show(cloud, image)
    assert now['status'] == 'importing' and now[marks.LOCK] == task['id']
    assert start(cloud.owner, image, 'glance-direct').status_int == 409
    work()
    now = show(cloud, image)
    assert now['status'] == 'active' and now['size'] == len(DATA) and marks.LOCK not in now
    assert cloud.owner('GET', image['file']).body == DATA
    assert staged() == [] and stored() == [image['id']]
    task = last_task(cloud, image)
    assert task['status'] == 'success' and task['result'] == {'image_id': image['id']} and task['expires_at']
    assert staging.get(image['id']) is None


def test_what_is_fetched_from_the_web(cloud, work, local, staged):
    image = cloud.owner.create()
    assert start(cloud.owner, image, 'web-download', method={'uri': local.url('/image')}).status_int == 202
    assert show(cloud, image)['status'] == 'importing'
    work()
    assert show(cloud, image)['status'] == 'active' and cloud.owner('GET', image['file']).body == DATA
    assert staged() == []


@pytest.mark.parametrize('path,why', [('/missing', '404'), ('/far', 'public Internet'), ('/short', 'before the end')])
def test_a_fetch_that_fails(cloud, work, local, ended, path, why):
    local.pages['/far'] = (302, {'Location': f'http://10.9.8.7:{local.port}/'}, b'')
    local.pages['/short'] = (200, {'Content-Length': '100'}, lambda handler: handler.wfile.write(b'x' * 10))
    image = cloud.owner.create()
    assert start(cloud.owner, image, 'web-download', method={'uri': local.url(path)}).status_int == 202
    work()
    ended(image, why)


def test_what_may_not_be_fetched_is_refused_at_once(cloud, conf):
    image = cloud.owner.create()
    for uri in ('file:///etc/passwd', 'ftp://example.org/', 'http://example.org:22/', 'nonsense', 7, None):
        assert start(cloud.owner, image, 'web-download', method={'uri': uri}).status_int == 400
    assert start(cloud.owner, image, 'web-download').status_int == 400
    assert show(cloud, image)['status'] == 'queued'


def test_too_large(cloud, conf, work, local, ended):
    conf.set('image_size_cap', len(DATA) - 1)
    image = cloud.owner.create()
    assert stage(cloud.owner, image).status_int == 413
    assert show(cloud, image)['status'] == 'queued'
    start(cloud.owner, image, 'web-download', method={'uri': local.url('/image')})
    work()
    conf.set('image_size_cap', len(DATA))
    ended(image, 'larger than')


def test_bodies_that_make_no_sense(cloud, conf):
    image = cloud.owner.create()
    path = f'/v2/images/{image["id"]}/import'
    for body in ({}, [], {'method': 'web-download'}, {'method': {}}, {'method': {'name': 7}},
                 {'method': {'name': 'teleport'}}, {'method': {'name': 'glance-download'}},
                 {'method': {'name': 'glance-direct'}, 'all_stores': 'yes'},
                 {'method': {'name': 'glance-direct'}, 'all_stores_must_succeed': 1},
                 {'method': {'name': 'glance-direct'}, 'stores': 'fast'},
                 {'method': {'name': 'glance-direct'}, 'stores': []}):
        assert cloud.owner('POST', path, body).status_int == 400, body
    assert cloud.owner('POST', path, b'{').status_int == 400
    conf.set('enabled_import_methods', ['web-download'])
    assert stage(cloud.owner, image).status_int == 404
    assert start(cloud.owner, image, 'glance-direct').status_int == 400
    assert cloud.owner('GET', '/v2/info/import').json['import-methods']['value'] == ['web-download']


def test_the_image_must_be_as_the_method_needs_it(cloud, local):
    image, uri = cloud.owner.create(), {'uri': local.url('/image')}
    assert start(cloud.owner, image, 'glance-direct').status_int == 409
    assert start(cloud.owner, image, 'copy-image').status_int == 403
    assert start(cloud.admin, image, 'copy-image').status_int == 409
    bare = cloud.owner.create(disk_format=None)
    assert start(cloud.owner, bare, 'web-download', method=uri).status_int == 409
    assert start(cloud.stranger, image, 'web-download', method=uri).status_int == 404
    assert start(cloud.reader, image, 'web-download', method=uri).status_int == 403
    assert stage(cloud.reader, image).status_int == 403
    cloud.owner.upload(image)
    assert start(cloud.owner, image, 'web-download', method=uri).status_int == 409
    assert stage(cloud.owner, image).status_int == 409


def test_a_staging_that_fails(cloud, staged):
    image = cloud.owner.create()
    assert stage(cloud.owner, image, **{'Content-Type': 'text/plain'}).status_int == 415
    assert stage(cloud.owner, image, **{'Content-Length': '9999999'}).status_int == 400
    assert show(cloud, image)['status'] == 'queued' and staged() == []
    assert stage(cloud.owner, image, b'').status_int == 204


def test_staged_data_is_looked_into_by_its_import(cloud, work, staged, stored):
    image = cloud.owner.create(disk_format='qcow2')
    bad = b'QFI\xfb' + (3).to_bytes(4, 'big') + (200).to_bytes(8, 'big') + (11).to_bytes(4, 'big') + bytes(200)
    assert stage(cloud.owner, image, bad).status_int == 204
    start(cloud.owner, image, 'glance-direct')
    work()
    assert staged() == stored() == [] and show(cloud, image)['status'] == 'queued'
    assert 'backing file' in last_task(cloud, image)['message']


def test_deleted_while_it_waits(cloud, work, staged, stored):
    image, other = cloud.owner.create(), cloud.owner.create()
    stage(cloud.owner, image)
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
    assert staged() == []
    stage(cloud.owner, other)
    start(cloud.owner, other, 'glance-direct')
    assert cloud.owner('DELETE', f'/v2/images/{other["id"]}').status_int == 204
    work()
    assert staged() == [] and stored() == []
    assert images.pending_delete(db.utcnow()) == []


def test_a_staging_that_died(cloud, rules, conf, staged, tmp_path):
    """As kill -9 leaves it: the note, the status, half a file. The file system store is not touched."""
    image = cloud.owner.create()
    images.change_status(image['id'], ('queued',), status='uploading')
    uploads.begin(id='dead', image_id=image['id'], host=conf.host, life='gone', store=STAGING, failed_status='queued')
    (rules.stores.staging and tmp_path / 'staging' / '.partial' / 'dead.dead').write_bytes(b'half')
    assert upload.recover(rules.stores) == 1 and staged() == []
    assert stage(cloud.owner, image).status_int == 204


def test_files_nobody_knows_are_swept(cloud, rules, staged, tmp_path):
    image = cloud.owner.create()
    stage(cloud.owner, image)
    kept = staged()
    (tmp_path / 'staging' / 'stray').write_text('x')
    (tmp_path / 'staging' / '.partial' / 'a.b').write_text('x')
    assert upload.recover(rules.stores) == 2 and staged() == kept


def test_what_another_node_has_staged_is_asked_for_there(cloud, conf, web):
    owner = Caller(cloud.api, {**CAST['owner'], 'auth_token': 'token'})
    image = owner.create()
    here = conf.host
    conf.set('host', 'other')
    stage(owner, image)
    conf.set('host', here)
    assert start(owner, image, 'glance-direct').status_int == 409
    path = f'/v2/images/{image["id"]}/import'
    web.pages[path] = (202, {}, b'')
    staging.change(image['id'], staging.get(image['id']).name, address=web.url(''))
    assert start(owner, image, 'glance-direct').status_int == 202 and web.seen[-1] == path
    web.pages[path] = (409, {'Content-Type': 'text/plain'}, b'not now')
    answer = start(owner, image, 'glance-direct')
    assert answer.status_int == 409 and answer.text == 'not now'
    assert start(owner, image, 'glance-direct', {'X-Essex-Passed-On': '1'}).status_int == 502
    staging.change(image['id'], staging.get(image['id']).name, address='http://127.0.0.1:1')
    assert start(owner, image, 'glance-direct').status_int == 502


# -- several stores

def test_into_one_of_several(cloud, several, work, local, stored):
    image = cloud.owner.create()
    uri = {'uri': local.url('/image')}
    assert start(cloud.owner, image, 'web-download', method=uri, stores=['nowhere']).status_int == 409
    assert start(cloud.owner, image, 'web-download', method=uri, stores=['slow'], all_stores=True).status_int == 400
    assert start(cloud.owner, image, 'web-download', {'X-Image-Meta-Store': 'slow'}, method=uri,
                 stores=['slow']).status_int == 400
    assert start(cloud.owner, image, 'web-download', {'X-Image-Meta-Store': 'slow'}, method=uri).status_int == 202
    now = show(cloud, image)
    assert now[marks.WAITING] == 'slow' and now[marks.FAILED] == ''
    work()
    now = show(cloud, image)
    assert now['stores'] == 'slow' and now[marks.WAITING] == '' and now['status'] == 'active'
    assert stored() == [f'slow/{image["id"]}']


def test_into_all_and_copied_later(cloud, several, work, stored):
    image = cloud.owner.create()
    stage(cloud.owner, image)
    assert start(cloud.owner, image, 'glance-direct', stores=['fast', 'slow', 'fast']).status_int == 202
    work()
    assert show(cloud, image)['stores'] == 'fast,slow'
    assert start(cloud.admin, image, 'copy-image', stores=['slow']).status_int == 400
    assert start(cloud.admin, image, 'copy-image').status_int == 400
    assert start(cloud.admin, image, 'copy-image', all_stores=True).status_int == 202
    assert show(cloud, image)['status'] == 'active' and show(cloud, image)[marks.WAITING] == 'attic'
    assert start(cloud.admin, image, 'copy-image', stores=['attic']).status_int == 409
    work()
    now = show(cloud, image)
    assert now['stores'] == 'fast,slow,attic' and now[marks.WAITING] == now[marks.FAILED] == ''
    assert sorted(stored()) == sorted(f'{name}/{image["id"]}' for name in ('fast', 'slow', 'attic'))
    assert start(cloud.admin, image, 'copy-image', all_stores=True).status_int == 400


@pytest.fixture
def full(monkeypatch):
    """full(name): that store has no room."""
    broken = set()
    add = FilesystemStore.add

    def refuse(self, *args, **options):
        if self.name in broken:
            raise StoreFull(store=self.name)
        return add(self, *args, **options)
    monkeypatch.setattr(FilesystemStore, 'add', refuse)
    return broken


def test_all_must_succeed(cloud, several, work, full, stored, staged):
    full.add('slow')
    image = cloud.owner.create()
    stage(cloud.owner, image)
    start(cloud.owner, image, 'glance-direct', all_stores=True)
    work()
    now = show(cloud, image)
    assert now['status'] == 'queued' and now[marks.FAILED] == 'fast,slow,attic' and now[marks.WAITING] == ''
    assert 'no room' in last_task(cloud, image)['message'] and now['size'] is None
    assert stored() == [] and staged() == []


def test_or_as_many_as_can(cloud, several, work, full, stored, staged):
    full.update(['slow', 'fast'])
    image = cloud.owner.create()
    stage(cloud.owner, image)
    start(cloud.owner, image, 'glance-direct', all_stores=True, all_stores_must_succeed=False)
    work()
    now = show(cloud, image)
    assert now['status'] == 'active' and now[marks.FAILED] == 'fast,slow' and now['stores'] == 'attic'
    assert last_task(cloud, image)['status'] == 'success' and staged() == []
    other = cloud.owner.create()
    full.add('attic')
    stage(cloud.owner, other)
    start(cloud.owner, other, 'glance-direct', all_stores=True, all_stores_must_succeed=False)
    work()
    assert show(cloud, other)['status'] == 'queued' and staged() == []


def test_a_copy_that_fails_leaves_the_image_as_it_was(cloud, several, work, full, stored):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    full.add('attic')
    start(cloud.admin, image, 'copy-image', stores=['slow', 'attic'])
    work()
    now = show(cloud, image)
    assert now['status'] == 'active' and now['stores'] == 'fast' and now['checksum'] == image['checksum']
    assert now[marks.FAILED] == 'slow,attic' and stored() == [f'fast/{image["id"]}']
    assert cloud.owner('GET', image['file']).body == DATA


def test_a_copy_of_data_that_changed_is_none(cloud, several, work, stored, tmp_path):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    path = tmp_path / 'images' / 'fast' / image['id']
    path.chmod(0o600)
    path.write_bytes(b'X' * len(DATA))
    start(cloud.admin, image, 'copy-image', stores=['slow'])
    work()
    assert show(cloud, image)['stores'] == 'fast' and stored() == [f'fast/{image["id"]}']


# -- locks

def test_the_lock_of_an_import_that_is_no_more(cloud, several, work):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    images.set_property(image['id'], marks.LOCK, 'long-gone')
    assert start(cloud.admin, image, 'copy-image', stores=['slow']).status_int == 202
    work()
    assert show(cloud, image)['stores'] == 'fast,slow'


def test_the_lock_of_a_dead_node_is_taken_away(cloud, several, work, conf):
    image = cloud.owner.upload(cloud.owner.create(), DATA)
    here = conf.host
    conf.set('host', 'other')
    assert start(cloud.admin, image, 'copy-image', stores=['slow']).status_int == 202
    conf.set('host', here)
    assert start(cloud.admin, image, 'copy-image', stores=['slow']).status_int == 409
    with db.writer() as session:
        session.execute(Operation.__table__.update().values(updated_at=db.utcnow().replace(year=2020)))
    assert start(cloud.admin, image, 'copy-image', stores=['slow']).status_int == 202
    work()
    assert show(cloud, image)['stores'] == 'fast,slow'
    states = {task['status'] for task in cloud.admin('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']}
    assert states == {'success', 'failure'}


# -- from another region

@pytest.fixture
def elsewhere(conf, web):
    """The image service of the region far, with an image; returns that image's document."""
    conf.set('enabled_import_methods', ['glance-download'])
    image = {'id': str(uuid.uuid4()), 'status': 'active', 'size': len(DATA), 'disk_format': 'raw',
             'container_format': 'bare', 'hw_disk_bus': 'scsi', 'hw_secret': 'x',
             'os_distro': 'essex', 'os_type': None, 'os_glance_import_task': 'x', 'other': 'x'}
    web.pages[f'/v2/images/{image["id"]}'] = (200, {'Content-Type': 'application/json'}, json.dumps(image).encode())
    web.pages[f'/v2/images/{image["id"]}/file'] = (200, {}, DATA)
    return image


def far(cloud, web):
    """The owner, with the region in its catalog."""
    endpoint = {'interface': 'public', 'region_id': 'far', 'url': web.url('/v2')}
    return Caller(cloud.api, {**cloud.owner.context, 'auth_token': 'a token', 'service_catalog': [
        {'type': 'image', 'endpoints': [endpoint]}]})


def test_an_image_of_another_region(cloud, conf, work, web, elsewhere, tmp_path):
    protected = tmp_path / 'protected'
    protected.write_text('[hw_secret]\ncreate = admin\nread = @\nupdate = admin\ndelete = admin\n'
                         '[.*]\ncreate = @\nread = @\nupdate = @\ndelete = @\n')
    conf.set('property_protection_file', str(protected))
    conf.set('extra_properties', ['hw_', 'os_'], 'glance_download_opts')
    image, caller = cloud.owner.create(disk_format='iso', container_format='ovf'), far(cloud, web)
    method = {'glance_region': 'far', 'glance_image_id': elsewhere['id']}
    for wrong in ({'glance_region': ''}, {'glance_region': None}, {'glance_image_id': 'x'}):
        assert start(caller, image, 'glance-download', method={**method, **wrong}).status_int == 400
    answer = start(caller, image, 'glance-download', method=method)
    assert answer.status_int == 202, answer.text
    work()
    now = show(cloud, image)
    assert now['status'] == 'active' and now['size'] == len(DATA) and marks.LOCK not in now
    assert now['hw_disk_bus'] == 'scsi' and now['os_distro'] == 'essex'
    assert (now['disk_format'], now['container_format']) == ('raw', 'bare')
    assert 'hw_secret' not in now and 'other' not in now and 'os_type' not in now


@pytest.mark.parametrize('wrong,why', [
    ({'glance_region': 'near'}, "in a region 'near'"), ({'glance_service_interface': 'none'}, 'is one of public'),
    ({'glance_image_id': NOBODYS}, f'Image {NOBODYS} of region far'), ({}, 'is deleted, not active')])
def test_what_another_region_does_not_have_is_known_later(cloud, work, web, elsewhere, ended, wrong, why):
    page = json.dumps({**elsewhere, 'status': 'deleted'}).encode()
    web.pages[f'/v2/images/{elsewhere["id"]}'] = (200, {'Content-Type': 'application/json'}, page)
    image = cloud.owner.create()
    method = {'glance_region': 'far', 'glance_image_id': elsewhere['id'], **wrong}
    assert start(far(cloud, web), image, 'glance-download', method=method).status_int == 202
    work()
    ended(image, why)


def test_formats_that_another_region_has_alone(cloud, conf, work, web, elsewhere, ended):
    conf.set('disk_formats', ['qcow2', 'iso'], 'image_format')
    image = cloud.owner.create(disk_format='iso')
    method = {'glance_region': 'far', 'glance_image_id': elsewhere['id']}
    assert start(far(cloud, web), image, 'glance-download', method=method).status_int == 202
    work()
    conf.set('disk_formats', ['raw', 'iso'], 'image_format')
    assert show(cloud, image)['disk_format'] == 'iso' and 'hw_disk_bus' not in show(cloud, image)
    assert cloud.owner.patch(image, ('replace', '/disk_format', 'raw')).status_int == 200
    ended(image, "'raw'")


# -- what is made of the data

@pytest.fixture
def plugins(conf):
    return lambda *names: conf.set('image_import_plugins', list(names), 'image_import_opts')


def zipped(*entries, how=zipfile.ZIP_DEFLATED, comment=b''):
    made = io.BytesIO()
    with zipfile.ZipFile(made, 'w', how) as archive:
        for name, data in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.comment = how, comment
            archive.writestr(entry, data)
    return made.getvalue()


# Its directory alone would take as much memory as it likes.
LARGE_DIRECTORY = zipped(*((f'{number}/', b'') for number in range(20)), ('a', DATA), comment=bytes(60000))


@pytest.mark.parametrize('data', [gzip.compress(DATA), b''.join(map(gzip.compress, [DATA[:9000]] + [b''] * 900))
                                  + gzip.compress(DATA[9000:]), gzip.compress(DATA[:5000]) + gzip.compress(DATA[5000:]),
                                  zipped(('disk.img', DATA)), zipped(('folder/', b''), ('folder/disk.img', DATA))])
def test_compressed_data(cloud, work, plugins, staged, data):
    plugins('image_decompression')
    image = cloud.owner.create(container_format='compressed')
    stage(cloud.owner, image, data)
    start(cloud.owner, image, 'glance-direct')
    work()
    now = show(cloud, image)
    assert now['status'] == 'active' and now['container_format'] == 'bare' and now['size'] == len(DATA)
    assert cloud.owner('GET', image['file']).body == DATA and staged() == []


@pytest.mark.parametrize('data,why', [
    (b'plain', 'neither gzip nor zip'), (gzip.compress(DATA)[:-20], 'ends early'), (b'\x1f\x8b\x08nonsense', ''),
    (zipped(('a', b'1'), ('b', b'2')), '2 files'), (zipped(), 'neither'), (b'..-lh5-....', 'LHA'),
    (gzip.compress(b'') * 20000, 'too many pieces'),
    (zipped(('a', DATA))[:200], ''), (LARGE_DIRECTORY, 'directory of the zip'),
    (zipped(('a', DATA), how=zipfile.ZIP_BZIP2), 'deflate'), (zipped(('a', DATA), how=zipfile.ZIP_LZMA), 'deflate')])
def test_compressed_data_that_is_not(cloud, work, plugins, ended, data, why):
    plugins('image_decompression')
    image = cloud.owner.create(container_format='compressed')
    stage(cloud.owner, image, data)
    start(cloud.owner, image, 'glance-direct')
    work()
    ended(image, why)


@pytest.mark.parametrize('bomb', [gzip.compress(bytes(3000000)), zipped(('a', bytes(3000000)))])
def test_bombs(cloud, conf, work, plugins, ended, bomb):
    plugins('image_decompression')
    conf.set('max_size', 1000000, 'image_decompression')
    image = cloud.owner.create(container_format='compressed')
    stage(cloud.owner, image, bomb)
    start(cloud.owner, image, 'glance-direct')
    work()
    ended(image, 'larger than 1000000')


def test_injected_metadata(cloud, conf, work, plugins):
    plugins('inject_image_metadata')
    conf.set('inject', {'checked': 'yes'}, 'inject_metadata_properties')
    for caller, expected in ((cloud.owner, 'yes'), (cloud.admin, None)):
        image = caller.create()
        stage(caller, image)
        start(caller, image, 'glance-direct')
        work()
        assert show(cloud, image).get('checked') == expected


def test_conversion(cloud, work, plugins, tmp_path, staged):
    plugins('image_conversion')
    source = tmp_path / 'source.qcow2'
    assert os.system(f'qemu-img create -q -f qcow2 {source} 3M') == 0
    image = cloud.owner.create(disk_format='qcow2')
    stage(cloud.owner, image, source.read_bytes())
    start(cloud.owner, image, 'glance-direct')
    work()
    now = show(cloud, image)
    assert now['status'] == 'active', last_task(cloud, image)
    assert now['disk_format'] == 'raw' and now['size'] == now['virtual_size'] == 3 * 1024 * 1024
    assert cloud.owner('GET', image['file']).body == bytes(3 * 1024 * 1024) and staged() == []


def test_an_iso_stays_one(cloud, work, plugins):
    plugins('image_conversion')
    data = bytes(32769) + b'CD001' + bytes(60000)
    image = cloud.owner.create(disk_format='iso')
    stage(cloud.owner, image, data)
    start(cloud.owner, image, 'glance-direct')
    work()
    assert show(cloud, image)['disk_format'] == 'iso' and cloud.owner('GET', image['file']).body == data


def test_what_cannot_be_stored_is_what_it_was(cloud, several, work, plugins, full, tmp_path):
    plugins('image_conversion')
    source = tmp_path / 'source.qcow2'
    assert os.system(f'qemu-img create -q -f qcow2 {source} 1M') == 0
    image = cloud.owner.create(disk_format='qcow2')
    stage(cloud.owner, image, source.read_bytes())
    full.add('slow')
    start(cloud.owner, image, 'glance-direct', stores=['slow'])
    work()
    now = show(cloud, image)
    assert now['status'] == 'queued' and now['disk_format'] == 'qcow2' and now['size'] is None


def test_what_qemu_makes_is_not_for_everybody(tmp_path):
    convert._run(['touch', str(tmp_path / 'made')])
    assert (tmp_path / 'made').stat().st_mode & 0o007 == 0


def test_conversion_of_what_is_no_image(cloud, work, plugins, conf, ended, tmp_path):
    plugins('image_conversion')
    # So that qemu-img is what finds out.
    conf.set('image_format_enforcement', False)
    image = cloud.owner.create(disk_format='qcow2')
    stage(cloud.owner, image, DATA)
    start(cloud.owner, image, 'glance-direct')
    work()
    ended(image, 'does not match')
    huge = tmp_path / 'huge.qcow2'
    assert os.system(f'qemu-img create -q -f qcow2 {huge} 900G') == 0
    conf.set('image_size_cap', 10 ** 9)
    image = cloud.owner.create(disk_format='qcow2')
    stage(cloud.owner, image, huge.read_bytes())
    start(cloud.owner, image, 'glance-direct')
    work()
    assert 'larger than' in last_task(cloud, image)['message'] and show(cloud, image)['status'] == 'queued'


def test_an_import_costs_few_statements(cloud, work):
    image = cloud.owner.create()
    stage(cloud.owner, image)
    with db.count_statements() as counter:
        start(cloud.owner, image, 'glance-direct')
    assert counter.total <= 24, counter.statements
    assert images.get(image['id'], EVERYONE).status == 'importing'
