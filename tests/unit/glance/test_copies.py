"""Several stores: which copy is read, what when one cannot be, removing one; addresses sealed in the database."""
import os
import pathlib

import pytest
from sqlalchemy import select

from essex import config, db
from essex.exception import ConfigError
from glance.db import images, location_key, locations
from glance.db.models import Location as Row
from glance.exception import DataNotFound, StoreUnavailable
from glance.image import copies
from glance.image.model import Image, Location
from glance.store.filesystem import FilesystemStore
from glance.store.loader import SECTION_OPTS, Stores

DATA = bytes(range(256)) * 20000


@pytest.fixture
def several(conf, tmp_path):
    """Stores called fast (the default), slow and heavy."""
    conf.set('enabled_backends', {'fast': 'file', 'slow': 'file', 'heavy': 'file'})
    conf.set('default_backend', 'fast', 'glance_store')
    for name in ('fast', 'slow', 'heavy'):
        config.register(FilesystemStore.OPTS, name)
        config.register(SECTION_OPTS, name)
        conf.set('filesystem_store_datadir', str(tmp_path / name), name)
    conf.set('weight', 10, 'heavy')
    conf.set('store_description', 'Spinning', 'slow')


@pytest.fixture
def cloud(several, cloud):
    return cloud


@pytest.fixture
def image(cloud, make):
    return make(data=DATA)


def copy(cloud, image, store):
    """Put a copy of the data into one more store."""
    url = cloud.rules.stores.get(store).add(image.id, 'copy', iter([DATA]))
    images.add_location(image.id, Location(url, store))
    return cloud.rules.get(cloud.context('admin'), image.id)


def path(image, store):
    place = next(place for place in image.locations if place.store == store)
    return pathlib.Path(place.url.removeprefix('file://'))


def read(cloud, image, *span, **more):
    """The data, in pieces or from the file: either way it is the same."""
    read = b''.join(cloud.rules.data(cloud.context('admin'), image, *span, **more))
    assert sent(cloud.rules.data(cloud.context('admin'), image, *span, **more)) == read
    return read


def sent(reading):
    pieces = []

    def send(file, count):
        pieces.append(os.read(file.fileno(), min(count, 1000000)))
        return len(pieces[-1])
    while reading.send_next(send):
        pass
    reading.close()
    return b''.join(pieces)


def test_an_upload_names_its_store(cloud):
    image = cloud.owner.create()
    headers = {'X-Image-Meta-Store': 'slow'}
    assert cloud.owner('PUT', image['file'], data=b'x', headers={'X-Image-Meta-Store': 'none'}).status_int == 400
    assert cloud.owner('PUT', image['file'], data=b'x', headers=headers).status_int == 204
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['stores'] == 'slow'
    made = cloud.owner('POST', '/v1/images', data=b'x', headers={
        'x-image-meta-name': 'x', 'x-image-meta-disk_format': 'raw', 'x-image-meta-container_format': 'bare',
        'x-image-meta-store': 'heavy'})
    assert cloud.owner('GET', f'/v2/images/{made.json["image"]["id"]}').json['stores'] == 'heavy'


def test_stores_tell_of_themselves(cloud):
    found = {store['id']: store for store in cloud.owner('GET', '/v2/info/stores').json['stores']}
    assert found['slow'] == {'id': 'slow', 'description': 'Spinning'} and found['fast']['default'] == 'true'
    assert cloud.owner('GET', '/v2/info/stores/detail').status_int == 403
    found = {store['id']: store for store in cloud.admin('GET', '/v2/info/stores/detail').json['stores']}
    assert found['heavy']['weight'] == 10 and found['heavy']['type'] == 'file'


def test_the_heaviest_is_read_first_and_the_preferred_before_it(cloud, image):
    for store in ('slow', 'heavy'):
        image = copy(cloud, image, store)
        path(image, store).write_bytes(store.encode().ljust(len(DATA)))
    assert read(cloud, image).startswith(b'heavy')
    assert read(cloud, image, prefer=('slow',)).startswith(b'slow')
    assert read(cloud, image, prefer=('gone', 'fast')) == DATA


def test_another_copy_is_read_when_one_is_gone_or_short(cloud, image, conf):
    image = copy(cloud, image, 'heavy')
    path(image, 'heavy').write_bytes(DATA[:2500000])
    assert read(cloud, image) == DATA
    assert read(cloud, image, 2000000, 1000000) == DATA[2000000:3000000]
    path(image, 'heavy').unlink()
    assert read(cloud, image, 5) == DATA[5:]
    image.locations[0].store = 'configured-no-more'
    with pytest.raises(DataNotFound):
        read(cloud, image)


def test_what_no_copy_has_is_an_error_and_not_a_short_answer(cloud, image):
    path(image, 'fast').write_bytes(DATA[:10])
    for way in (list, sent):
        with pytest.raises(StoreUnavailable, match='ended after 10 bytes'):
            way(cloud.rules.data(cloud.context('admin'), image))


def test_a_copy_that_is_no_file_is_taken_in_pieces(cloud, image, monkeypatch):
    monkeypatch.setattr(FilesystemStore, 'read', lambda *args: iter([DATA]))
    reading = cloud.rules.data(cloud.context('admin'), image)
    assert reading.send_next(None) is None and next(reading) == DATA


def test_one_copy_is_removed_and_the_last_stays(cloud, image):
    image = copy(cloud, image, 'slow')
    base = '/v2/stores'
    assert cloud.owner('DELETE', f'{base}/slow/{image.id}').status_int == 403
    for store in ('heavy', 'other'):
        assert cloud.admin('DELETE', f'{base}/{store}/{image.id}').status_int == 404
    assert cloud.admin('DELETE', f'{base}/fast/{image.id}').status_int == 204
    assert not path(image, 'fast').exists()
    assert cloud.owner('GET', f'/v2/images/{image.id}').json['stores'] == 'slow'
    assert cloud.admin('DELETE', f'{base}/fast/{image.id}').status_int == 404
    last = cloud.admin('DELETE', f'{base}/slow/{image.id}')
    assert last.status_int == 403 and 'only copy' in last.text and path(image, 'slow').exists()
    assert cloud.admin('DELETE', f'{base}/slow/{"0" * 8}-0000-0000-0000-{"0" * 12}').status_int == 404
    queued = cloud.owner.create()
    assert cloud.admin('DELETE', f'{base}/slow/{queued["id"]}').status_int == 409


def test_a_copy_whose_store_is_away_is_removed_later(cloud, image, monkeypatch):
    image = copy(cloud, image, 'slow')

    def away(self, url):
        raise StoreUnavailable(store='slow', problem='away')
    with monkeypatch.context() as patch:
        patch.setattr(FilesystemStore, 'delete', away)
        assert cloud.admin('DELETE', f'/v2/stores/slow/{image.id}').status_int == 204
    assert path(image, 'slow').exists()
    assert cloud.owner('GET', f'/v2/images/{image.id}').json['stores'] == 'fast'
    cloud.rules.update(cloud.context('owner'), image.id, lambda record: record.locations.reverse())
    assert [each.store for each in locations.removals()] == ['slow']
    assert cloud.rules.finish_removals() == 1 and not path(image, 'slow').exists()
    assert cloud.rules.finish_removals() == 0


def test_a_kind_may_be_preferred(cloud, image, conf):
    conf.set('location_strategy', 'store_type')
    conf.set('store_type_preference', ['swift', 'file'], 'store_type_location_strategy')
    image.locations.insert(0, Location('http://nowhere.test/', 'fast'))
    assert read(cloud, image) == DATA


def test_one_store_has_no_copies(conf, rules, faces):
    from tests.unit.glance.conftest import Cloud
    cloud = Cloud(rules, faces)
    image = cloud.owner.upload(cloud.owner.create())
    assert cloud.admin('DELETE', f'/v2/stores/file/{image["id"]}').status_int == 409


@pytest.mark.parametrize('backends,default', [({'os_glance_mine': 'file'}, 'os_glance_mine'), ({'a': 'file'}, 'b')])
def test_wrong_stores_stop_the_start(conf, backends, default):
    conf.set('enabled_backends', backends)
    conf.set('default_backend', default, 'glance_store')
    with pytest.raises(ConfigError):
        Stores()


def test_staged_data_has_a_place_of_its_own(several, conf, tmp_path):
    conf.set('node_staging_uri', f'file://{tmp_path}/with%20blank')
    stores = Stores()
    stores.staging.add('image', 'upload', iter([b'x']))
    assert (tmp_path / 'with blank' / 'image').read_bytes() == b'x'
    assert stores.staging.name not in stores.names and stores.tasks.datadir == str(tmp_path / 'tasks')
    conf.set('node_staging_uri', 'ftp://x')
    with pytest.raises(ConfigError):
        Stores().staging.check()


@pytest.mark.parametrize('key', ['k' * 16, 'k' * 24, 'k' * 32])
def test_addresses_are_sealed(cloud, make, conf, key):
    before = make(data=b'before')
    conf.set('metadata_encryption_key', key)
    after = make(data=b'after')
    with db.reader() as session:
        kept = dict(session.execute(select(Row.image_id, Row.url)).all())
    assert kept[before.id].startswith('file:') and ':' not in kept[after.id] and os.sep not in kept[after.id]
    for image, data in ((before, b'before'), (after, b'after')):
        found = cloud.rules.get(cloud.context('owner'), image.id)
        assert read(cloud, found) == data and images.has_location(image.id, found.locations[0].url)
    conf.set('metadata_encryption_key', 'x' * len(key))
    with pytest.raises(ConfigError, match='another key'):
        cloud.rules.get(cloud.context('owner'), after.id)
    conf.set('metadata_encryption_key', 'short')
    with pytest.raises(ConfigError):
        location_key.check()
    conf.set('metadata_encryption_key', key)
    cloud.rules.delete(cloud.context('owner'), cloud.rules.get(cloud.context('owner'), after.id))


def test_an_upload_goes_to_what_can_be_written(cloud, make, monkeypatch):
    monkeypatch.setattr(cloud.rules.stores.get('slow'), 'read_only', True, raising=False)
    image = cloud.owner.create()
    answer = cloud.owner('PUT', image['file'], data=b'x', headers={'X-Image-Meta-Store': 'slow'})
    assert answer.status_int == 400 and 'only be read' in answer.text
    assert cloud.admin('GET', '/v2/info/stores').text.count('read-only') == 1


def test_what_came_while_there_was_one_store_is_read_from_the_one_that_keeps_it(cloud, image):
    url = image.locations[0].url
    with db.writer() as session:
        session.query(Row).update({'store': 'file'})
    strange = cloud.rules.create(cloud.context('admin'), Image(id=None))
    images.add_location(strange.id, Location('file:///elsewhere/x', 'file'))
    copies.adopt(cloud.rules.stores)
    found = cloud.rules.get(cloud.context('admin'), image.id)
    assert [(place.url, place.store) for place in found.locations] == [(url, 'fast')] and read(cloud, found) == DATA
    assert cloud.rules.get(cloud.context('admin'), strange.id).locations[0].store == 'file'


def test_places_name_their_store(cloud, conf, image):
    copy(cloud, image, 'slow')
    conf.set('show_multiple_locations', True)
    shown = cloud.admin('GET', f'/v2/images/{image.id}').json['locations']
    assert [each['metadata'] for each in shown] == [{'store': 'fast'}, {'store': 'slow'}]
    assert cloud.admin('GET', f'/v2/images/{image.id}/locations').json == shown
