"""The filesystem store."""
import errno
import os
import pathlib
import subprocess
import sys
import textwrap
import uuid

import pytest

from essex import config
from essex.exception import ConfigError
from glance.exception import DataNotFound, DuplicateData, InvalidImage, StoreFull, StoreNotFound, StoreUnavailable
from glance.store import filesystem
from glance.store.filesystem import FilesystemStore
from glance.store.loader import Stores
from tests.contract.image_store import StoreContract, ids

_DIE = '''
import os, signal, sys
from essex import config
from glance.store.loader import Stores
config.CONF([], project='x', default_config_files=[])
config.CONF.set_override('state_path', sys.argv[1])
def chunks():
    yield b'x' * 100000
    yield b'x' * 100000
    os.kill(os.getpid(), signal.SIGKILL)
Stores().default.add(sys.argv[2], sys.argv[3], chunks())
'''


@pytest.fixture
def store(conf):
    made = Stores().default
    made.check()
    return made


class TestFilesystemStore(StoreContract):
    """The contract."""

    def contents(self, store):
        return sum(path.is_file() for path in pathlib.Path(store.datadir).rglob('*'))

    def die_halfway(self, store, image_id, upload_id):
        done = subprocess.run([sys.executable, '-c', textwrap.dedent(_DIE), os.path.dirname(store.datadir), image_id,
                               upload_id], check=False)
        assert done.returncode == -9


def test_a_file_is_named_after_its_image(store, tmp_path):
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([b'x']))
    assert url == f'file://{tmp_path}/images/{image_id}'
    assert (tmp_path / 'images' / image_id).stat().st_mode & 0o777 == 0o640


def test_its_mode_is_configured(store, conf, tmp_path):
    conf.set('filesystem_store_file_perm', 0o600, 'glance_store')
    image_id, upload_id = ids()
    store.add(image_id, upload_id, iter([b'x']))
    assert (tmp_path / 'images' / image_id).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_nothing(store, monkeypatch, number):
    def full(descriptor, data):
        raise OSError(number, 'full')
    monkeypatch.setattr(filesystem.os, 'write', full)
    with pytest.raises(StoreFull, match='no room'):
        store.add(*ids(), iter([b'x', b'y', b'z']))
    assert list(store.leftovers()) == []


def test_a_disk_that_fails_says_so(store, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, 'Input/output error')
    monkeypatch.setattr(filesystem.os, 'fsync', fail)
    with pytest.raises(StoreUnavailable, match='Input/output error'):
        store.add(*ids(), iter([b'x']))
    assert list(store.leftovers()) == [] and list(pathlib.Path(store.datadir).glob('[0-9a-f]*')) == []


def test_too_big_is_refused_before_the_first_byte(store):
    with pytest.raises(StoreFull):
        store.add(*ids(), iter(()), 2 ** 60)


def test_room_is_left_for_others(store, conf):
    conf.set('filesystem_store_reserve', 2 ** 60, 'glance_store')
    with pytest.raises(StoreFull):
        store.add(*ids(), iter([b'x']))


@pytest.mark.parametrize('url', ['file:///etc/passwd', 'file://{dir}/../x', 'file://{dir}/%2e%2e/secret', 'http://{dir}/a',
                                 'file://{dir}/.partial/a', 'file://{dir}/sub/a', '', 'file:'])
def test_only_files_of_the_directory_are_touched(store, tmp_path, url):
    (tmp_path / 'secret').write_text('x')
    (tmp_path / 'images' / 'a').write_text('x')
    for call in (store.read, store.size, store.delete):
        with pytest.raises(DataNotFound):
            call(url.format(dir=store.datadir))


def test_a_link_out_of_the_directory_is_not_followed(store, tmp_path):
    (tmp_path / 'secret').write_text('x')
    os.symlink(tmp_path / 'secret', tmp_path / 'images' / 'link')
    with pytest.raises(DataNotFound):
        store.read(f'file://{store.datadir}/link')


@pytest.mark.parametrize('name', ['', '../x', 'a/b', '.hidden'])
def test_names_that_are_paths(store, name):
    with pytest.raises(ValueError):
        store.add(name, str(uuid.uuid4()), iter([b'x']))


def test_a_directory_that_cannot_be_made_stops_the_start(conf, tmp_path):
    (tmp_path / 'file').write_text('')
    conf.set('filesystem_store_datadir', str(tmp_path / 'file' / 'images'), 'glance_store')
    config.register(FilesystemStore.OPTS, 'glance_store')
    with pytest.raises(ConfigError, match='cannot be made'):
        Stores().check()


def test_an_unknown_kind_stops_the_start(conf):
    conf.set('default_store', 'tape', 'glance_store')
    with pytest.raises(ConfigError, match="'tape'.*file"):
        Stores()


def test_several_stores(conf, tmp_path):
    conf.set('enabled_backends', {'fast': 'file', 'slow': 'file'})
    conf.set('default_backend', 'slow', 'glance_store')
    for name in ('fast', 'slow'):
        config.register(FilesystemStore.OPTS, name)
        conf.set('filesystem_store_datadir', str(tmp_path / name), name)
    stores = Stores()
    stores.check()
    assert stores.names == ['slow', 'fast'] and stores.get().name == 'slow' and stores.several
    stores.get('fast').add(*ids(), iter([b'x']))
    assert len(list((tmp_path / 'fast').glob('*-*'))) == 1
    with pytest.raises(StoreNotFound, match='slow, fast'):
        stores.get('other')
    with pytest.raises(InvalidImage):
        stores.for_url('ftp://x')
    conf.set('default_backend', 'other', 'glance_store')
    with pytest.raises(ConfigError):
        Stores()


@pytest.fixture
def several_directories(conf, tmp_path):
    conf.set('filesystem_store_datadirs', [f'{tmp_path}/low', f'{tmp_path}/high:200', f'{tmp_path}/odd:x'],
             'glance_store')
    made = Stores().default
    made.check()
    return made


class TestSeveralDirectories(StoreContract):
    """The contract, where the preferred directory has room or not."""

    @pytest.fixture
    def store(self, several_directories):
        return several_directories

    def contents(self, store):
        return sum(path.is_file() for path in pathlib.Path(store.datadir).parent.rglob('*'))

    def die_halfway(self, store, image_id, upload_id):
        (pathlib.Path(store.datadir).parent / 'low' / '.partial' / f'{image_id}.{upload_id}').write_text('x')


def test_the_preferred_directory_with_room_takes_an_image(several_directories, tmp_path, monkeypatch):
    store = several_directories
    assert (tmp_path / 'odd:x').is_dir() and store.datadir == str(tmp_path / 'high')
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([b'x']))
    assert url == f'file://{tmp_path}/high/{image_id}'
    real = os.statvfs

    def full(path):
        found = real(path)
        return os.statvfs_result([*found[:3], 0, 0, *found[5:]]) if '/high/' in path else found
    monkeypatch.setattr(filesystem.os, 'statvfs', full)
    assert '/high/' not in store.add(*ids(), iter([b'x']))
    with pytest.raises(DuplicateData):
        store.add(image_id, ids()[1], iter([b'y']))


@pytest.mark.parametrize('values', [{'filesystem_store_datadirs': ['/a', '/a:1']}, {'filesystem_store_datadirs': ['']},
                                    {'filesystem_store_datadirs': ['/a'], 'filesystem_store_datadir': '/b'}])
def test_directories_that_make_no_sense(conf, values):
    for name, value in values.items():
        conf.set(name, value, 'glance_store')
    with pytest.raises(ConfigError):
        Stores()


def test_zeros_take_no_room(conf, tmp_path):
    conf.set('filesystem_thin_provisioning', True, 'glance_store')
    store = Stores().default
    store.check()
    data = b'a' + bytes(8 * 1024 * 1024) + b'b' * 100 + bytes(1024 * 1024)
    image_id, upload_id = ids()
    url = store.add(image_id, upload_id, iter([data[:5000000], data[5000000:]]))
    assert b''.join(store.read(url)) == data
    assert (tmp_path / 'images' / image_id).stat().st_blocks * 512 < 1024 * 1024


def test_what_users_of_the_directory_may_know(conf, tmp_path):
    path = tmp_path / 'mounts.json'
    path.write_text(f'[{{"id": "nfs", "mountpoint": "{tmp_path}", "share_location": "nfs://x"}}]')
    conf.set('filesystem_store_metadata_file', str(path), 'glance_store')
    store = Stores().default
    store.check()
    assert store.metadata(store.add(*ids(), iter([b'x'])))['share_location'] == 'nfs://x'
    for text in ('', '[]x', '{"id": "x"}', '3'):
        path.write_text(text)
        with pytest.raises(ConfigError, match='mountpoint'):
            store.check()
    path.write_text('[]')
    store.check()
    assert store.metadata('file:///elsewhere/x') is None
