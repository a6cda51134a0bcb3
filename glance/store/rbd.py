"""Images as block devices of a Ceph cluster: rbd://<fsid>/<pool>/<image>/snap.

Hypervisors clone the protected snapshot, so an image is whole once it has one. Needs the modules rados and rbd of the
host's python3-rados and python3-rbd, of the same release as the cluster.
"""
import contextlib
import importlib
import urllib.parse

from oslo_config import cfg

from essex import concurrency
from essex.exception import ConfigError
from glance.exception import DataNotFound, DuplicateData, StoreFull, StoreUnavailable
from glance.store.base import Store

MEGABYTE = 1024 * 1024
SNAPSHOT = 'snap'
# Of a device: which upload makes it.
_UPLOAD = 'upload-id'
# Data of unknown size: the device grows by so much at a time.
_GROW = 8


class RbdStore(Store):
    """One pool of one cluster."""

    schemes = ('rbd',)
    OPTS = (
        cfg.StrOpt('rbd_store_pool', default='images', help='Pool of the images.'),
        cfg.StrOpt('rbd_store_user', help='Ceph user, without the client. before it. That of the file when unset.'),
        cfg.StrOpt('rbd_store_ceph_conf', default='', help='Ceph\'s configuration file. The usual places when empty.'),
        cfg.IntOpt('rbd_store_chunk_size', default=8, min=1, help='Megabytes of an object; a power of two.'),
        cfg.IntOpt('rados_connect_timeout', default=0, min=0, help='Seconds to wait for the cluster; 0: for ever.'),
        cfg.BoolOpt('rbd_thin_provisioning', default=False, help='Leave runs of zeros out: they take no room.'),
    )

    def __init__(self, name, options):
        super().__init__(name, options)
        self._chunk = options.rbd_store_chunk_size * MEGABYTE

    def check(self):
        """See that Ceph's libraries are here and the options make sense. Raises ConfigError."""
        for module in ('rados', 'rbd'):
            try:
                importlib.import_module(module)
            except ImportError as error:
                raise ConfigError(f'Store {self.name}: the Python module {module} is not installed, without which no '
                                  f'Ceph cluster can be reached: install python3-rbd and python3-rados, or choose '
                                  f'another store.') from error
        if self._chunk & (self._chunk - 1):
            raise ConfigError(f'Store {self.name}: rbd_store_chunk_size must be a power of two.')

    # -- the store's methods; whatever they call of Ceph's runs in a thread, since it blocks

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add."""
        with self._pool() as (rbd, pool, fsid):
            self._create(rbd, pool, image_id, upload_id, size or 0)
            try:
                self._fill(rbd, pool, image_id, chunks, size or 0)
            except BaseException:
                concurrency.in_thread(self._remove, rbd, pool, image_id)
                raise
        quoted = (urllib.parse.quote(each, safe='') for each in (fsid, self.options.rbd_store_pool, image_id, SNAPSHOT))
        return 'rbd://' + '/'.join(quoted)

    def _create(self, rbd, pool, image_id, upload_id, size):
        order = self._chunk.bit_length() - 1

        def create():
            rbd.RBD().create(pool, image_id, size, order, old_format=False, features=rbd.RBD_FEATURE_LAYERING)
            with rbd.Image(pool, image_id) as image:
                image.metadata_set(_UPLOAD, upload_id)
        try:
            concurrency.in_thread(create)
        except rbd.ImageExists as error:
            raise DuplicateData(store=self.name, image_id=image_id) from error

    def _fill(self, rbd, pool, image_id, chunks, size):
        room, position = size, 0
        with _opened(rbd.Image, pool, image_id) as image:
            for chunk in chunks:
                data = bytes(chunk)
                if position + len(data) > room:
                    room = position + max(len(data), _GROW * self._chunk)
                    concurrency.in_thread(image.resize, room)
                if not self.options.rbd_thin_provisioning or data.count(0) < len(data):
                    concurrency.in_thread(image.write, data, position)
                position += len(data)
            if position != room:
                concurrency.in_thread(image.resize, position)
            concurrency.in_thread(_protect, image)

    def read(self, url, offset=0, length=None):
        """See Store.read."""
        name = self._name(url)
        context = contextlib.ExitStack()
        try:
            rbd, pool, _ = context.enter_context(self._pool())
            image = context.enter_context(_opened(rbd.Image, pool, name, snapshot=SNAPSHOT, read_only=True))
            end = concurrency.in_thread(image.size)
        except BaseException as error:
            context.close()
            if type(error).__name__ == 'ImageNotFound':
                raise DataNotFound(store=self.name, url=url) from error
            raise
        return _Chunks(image, context, offset, end if length is None else min(end, offset + length), self._chunk)

    def size(self, url):
        """See Store.size."""
        chunks = self.read(url)
        chunks.close()
        return chunks.end

    def delete(self, url):
        """See Store.delete. Raises StoreUnavailable while a guest's disk is a clone of the image."""
        name = self._name(url)
        with self._pool() as (rbd, pool, _):
            try:
                concurrency.in_thread(self._remove, rbd, pool, name, True)
            except rbd.ImageNotFound as error:
                raise DataNotFound(store=self.name, url=url) from error
            except rbd.ImageBusy as error:
                raise StoreUnavailable(store=self.name, problem=f'image {name} is in use: disks are clones of it') \
                    from error

    @staticmethod
    def _remove(rbd, pool, name, must_be_there=False):
        try:
            with rbd.Image(pool, name) as image:
                for snapshot in list(image.list_snaps()):
                    if image.is_protected_snap(snapshot['name']):
                        image.unprotect_snap(snapshot['name'])
                    image.remove_snap(snapshot['name'])
            rbd.RBD().remove(pool, name)
        except rbd.ImageNotFound:
            if must_be_there:
                raise

    def abandon(self, image_id, upload_id):
        """See Store.abandon."""
        with self._pool() as (rbd, pool, _):
            concurrency.in_thread(self._remove, rbd, pool, image_id)

    def leftovers(self):
        """See Store.leftovers: devices without a snapshot."""
        with self._pool() as (rbd, pool, _):
            return concurrency.in_thread(self._unfinished, rbd, pool)

    @staticmethod
    def _unfinished(rbd, pool):
        found = []
        for name in rbd.RBD().list(pool):
            with contextlib.suppress(rbd.ImageNotFound, KeyError), rbd.Image(pool, name, read_only=True) as image:
                if not list(image.list_snaps()):
                    found.append((name, image.metadata_get(_UPLOAD)))
        return found

    def discard_leftover(self, image_id, upload_id, whole=False):
        """See Store.discard_leftover."""
        with self._pool() as (rbd, pool, _):
            if whole or (image_id, upload_id) in concurrency.in_thread(self._unfinished, rbd, pool):
                concurrency.in_thread(self._remove, rbd, pool, image_id)

    def describe(self):
        """See Store.describe."""
        options = self.options
        return {'type': 'rbd', 'properties': {'chunk_size': options.rbd_store_chunk_size,
                                              'pool': options.rbd_store_pool,
                                              'thin_provisioning': options.rbd_thin_provisioning}}

    @contextlib.contextmanager
    def _pool(self):
        """(the module rbd, the open pool, the cluster's id)."""
        rados, rbd = importlib.import_module('rados'), importlib.import_module('rbd')
        options = self.options
        try:
            cluster = concurrency.in_thread(rados.Rados, conffile=options.rbd_store_ceph_conf,
                                            rados_id=options.rbd_store_user)
            try:
                concurrency.in_thread(cluster.connect, timeout=options.rados_connect_timeout)
                with _opened(cluster.open_ioctx, options.rbd_store_pool) as pool:
                    yield rbd, pool, concurrency.in_thread(cluster.get_fsid)
            finally:
                concurrency.in_thread(cluster.shutdown)
        except rbd.NoSpace as error:
            raise StoreFull(store=self.name) from error
        except rados.Error as error:
            raise StoreUnavailable(store=self.name, problem=f'the Ceph cluster says: {error}') from error

    def _name(self, url):
        """The device in an address, also in the original's short ones: rbd://image. Raises DataNotFound."""
        parts = urllib.parse.urlsplit(url)
        path = [urllib.parse.unquote(each) for each in (parts.netloc + parts.path).split('/')]
        if parts.scheme in self.schemes and all(path):
            if len(path) == 1:
                return path[0]
            if len(path) == 4 and path[1] == self.options.rbd_store_pool and path[3] == SNAPSHOT:
                return path[2]
        raise DataNotFound(store=self.name, url=url)


@contextlib.contextmanager
def _opened(function, *args, **kwargs):
    """What a call of Ceph's opens, to be closed: both wait for the cluster, so both are done in threads."""
    made = concurrency.in_thread(function, *args, **kwargs)
    try:
        yield made
    finally:
        concurrency.in_thread(made.close)


class _Chunks:
    """A device's bytes, piece by piece."""

    def __init__(self, image, context, offset, end, size):
        self._image, self._context, self._position, self.end, self._size = image, context, offset, end, size

    def __iter__(self):
        return self

    def __next__(self):
        wanted = min(self._size, self.end - self._position)
        if wanted <= 0:
            self.close()
            raise StopIteration
        data = concurrency.in_thread(self._image.read, self._position, wanted)
        self._position += len(data)
        return data

    def close(self):
        """Let go of the cluster."""
        self._context.close()


def _protect(image):
    image.create_snap(SNAPSHOT)
    image.protect_snap(SNAPSHOT)
