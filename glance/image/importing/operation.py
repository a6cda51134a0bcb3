"""The import of an image as an operation: its steps, and what each does and undoes."""
import contextlib
import datetime
import logging
import time

from oslo_config import cfg

from essex import config, db
from essex.exception import EssexError
from essex.operation import Cancelled, Definition, Executor, Step
from glance import notifications
from glance.db import images, staging, tasks
from glance.db.visibility import EVERYONE
from glance.exception import DataNotFound, DeletedDuringUpload, StoresFailed
from glance.image import copies, fetch, limits, sources, status, upload
from glance.image.importing import marks, remote, transform
from glance.image.importing.copy import Copy, FileSource
from glance.image.shelf import Shelf

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('task_time_to_live', default=48, min=1, help='Hours that a task is shown after it has ended.'),
]
CONF = config.register(OPTS, 'task')

# Data of any size, from anywhere: what takes too long is found by silence, not by the whole.
_DAY = 24 * 3600
# Seconds between two looks whether the import is still wanted.
_BEAT = 5


def at_node(data):
    """The queue of the node that has, or gets, the staged data."""
    return f'import.{data["host"]}'


IMPORT = Definition('import', [Step('fetch', at=at_node, undo=True, timeout=_DAY),
                               Step('prepare', at=at_node, timeout=_DAY),
                               Step('store', at=at_node, undo=True, timeout=_DAY),
                               Step('clean', at=at_node)])


class ImportExecutor(Executor):
    """Executor of IMPORT. `run.data` is what request.begin made; `file` is the staged file's first name."""

    def __init__(self, stores):
        self.stores, self.shelf = stores, Shelf(stores)

    # -- fetch: have the data in a file of this node

    def fetch(self, run):
        """Have what comes from elsewhere in the staging directory."""
        if run.data['method'] not in ('web-download', 'glance-download'):
            return
        image = self._image(run)
        limit = limits.room_of(image.owner)
        with self._source(run.data) as source:
            size = self.shelf.write(run.data['file'], source, limit, self._beat(run), source.size)
        if not staging.change(image.id, run.data['file'], size=size):
            raise DeletedDuringUpload(image_id=image.id)

    @staticmethod
    def _source(data):
        return fetch.open_url(data['uri']) if data['method'] == 'web-download' else remote.Remote(data)

    def undo_fetch(self, run):
        self._discard(run)

    def _discard(self, run):
        """Have nothing staged for this import any more."""
        if 'file' not in run.data:
            return
        for name in transform.names_of(run.data['file']):
            self.shelf.discard(name)
        staging.forget(run.resource_id)

    # -- prepare: make of it what is stored

    def prepare(self, run):
        """Have the plugins' work done to the staged data and to the image."""
        if 'file' in run.data:
            transform.prepare(self._image(run), run.data, self.shelf, self._beat(run))

    # -- store

    def store(self, run):
        """Have the data in every store, or as many as can take it."""
        failed, error = [], None
        for name in run.data['stores']:
            run.check_cancelled()
            # The last life of this process may have died in the middle of one.
            upload.recover_image(self.stores, run.resource_id)
            image = self._image(run)
            if name not in {place.store for place in image.locations}:
                try:
                    self._copy(run, image, name)
                except (Cancelled, DeletedDuringUpload):
                    raise
                except EssexError as problem:
                    LOG.warning('Import of image %s into store %s: %s', image.id, name, problem)
                    failed, error = [*failed, name], problem
                    if run.data['must_succeed']:
                        raise
            self._tell(run, name, failed)
        if len(failed) == len(run.data['stores']):
            raise StoresFailed(stores=', '.join(failed), problem=error) if len(failed) > 1 else error

    def _copy(self, run, image, name):
        beat = self._beat(run)
        work = Copy(image, self.stores.get(name), beat)
        if run.data['method'] == 'copy-image':
            with contextlib.closing(sources.Chunks(copies.Reading(self.stores, image))) as source:
                work.run(source, image.size)
        else:
            staged = staging.get(image.id)
            if staged is None or staged.host != config.CONF.host:
                raise DataNotFound(store=self.shelf.name, url=f'image {image.id}')
            with self.shelf.open(staged.name) as source:
                work.run(FileSource(source), staged.size)

    @db.retry
    def _tell(self, run, name, failed):
        """Show how far the image is: one store less to wait for; the first may be enough to use it."""
        with db.writer():
            before = images.get(run.resource_id, EVERYONE, for_update=True)
            if before is None:
                raise Cancelled()
            after = before.copy()
            if marks.WAITING in before.properties:
                marks.put(after, marks.WAITING, [each for each in marks.stores(before, marks.WAITING) if each != name])
                marks.put(after, marks.FAILED, failed)
            if not run.data['must_succeed'] and before.locations and before.status == status.IMPORTING:
                after.status = status.ACTIVE
            images.save(before, after)

    def undo_store(self, run):
        """Have the data in none of the stores that this import filled."""
        upload.recover_image(self.stores, run.resource_id)
        image = images.get(run.resource_id, EVERYONE)
        if image is None:
            return   # its deletion removes the data
        if image.status == status.ACTIVE and run.data['method'] != 'copy-image':
            return   # in use already, with the stores that it got
        for place in image.locations:
            if place.store in run.data['stores']:
                try:
                    self.stores.get(place.store).delete(place.url)
                except DataNotFound:
                    LOG.info('Image %s had no data in store %s any more', image.id, place.store)
                images.remove_location(image.id, place.store)

    def clean(self, run):
        """Have nothing staged. What cannot be removed now is found by the sweep: the image is whole."""
        try:
            self._discard(run)
        except EssexError as error:
            LOG.warning('%s The data staged for image %s stays for now.', error, run.resource_id)

    # -- how it ends: in the transaction of the journal

    def starting(self, run, step):
        if step == 'fetch':
            tasks.change(run.data['task'], status='processing')

    def finished(self, run):
        self._release(run, lambda image: image.status == status.IMPORTING and setattr(image, 'status', status.ACTIVE))
        self._end(run, 'success', result={'image_id': run.resource_id})
        image = images.get(run.resource_id, EVERYONE)
        if image is not None and run.data['method'] != 'copy-image':
            notifications.image('upload', image)
            notifications.image('activate', image)

    def failed(self, run, error):
        self._release(run, lambda image: _give_back(image, run.data))
        self._end(run, 'failure', message=str(error))

    def cancelled(self, run):
        self._release(run, lambda image: _give_back(image, run.data))
        self._end(run, 'failure', message='The import was given up: its image was deleted, or another import came.')

    @staticmethod
    def _release(run, change):
        """Take the lock off the image and `change` it, if it is still there and still ours."""
        before = images.get(run.resource_id, EVERYONE, for_update=True)
        if before is None or before.properties.get(marks.LOCK) != run.data['task']:
            return
        after = before.copy()
        del after.properties[marks.LOCK]
        change(after)
        after.updated_at = db.utcnow()
        images.save(before, after)

    @staticmethod
    def _end(run, state, **values):
        run.data.pop('token', None)
        tasks.change(run.data['task'], status=state, expires_at=expiry(), **values)

    # -- tools

    @staticmethod
    def _image(run):
        image = images.get(run.resource_id, EVERYONE)
        if image is None:
            raise Cancelled()
        return image

    @staticmethod
    def _beat(run):
        """A function that raises Cancelled, when called, once the import is wanted no more."""
        last = time.monotonic()

        def beat():
            nonlocal last
            if time.monotonic() - last > _BEAT:
                last = time.monotonic()
                run.check_cancelled()
        return beat


def expiry():
    """When a task that ends now is forgotten."""
    return db.utcnow() + datetime.timedelta(hours=CONF.task.task_time_to_live)


def _give_back(image, data):
    """Make an image whose import failed what it was before; it says which stores could not be filled."""
    if marks.WAITING in image.properties:
        marks.put(image, marks.WAITING, [])
        marks.put(image, marks.FAILED, data['stores'])
    if image.status == status.IMPORTING:
        image.status = status.QUEUED
        image.size = image.virtual_size = image.checksum = image.os_hash_algo = image.os_hash_value = None
        # What it was made, or came from, is not what the next data is.
        for name, value in data.get('formats_before', {}).items():
            setattr(image, name, value)
