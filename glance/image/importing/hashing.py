"""The hash of data that an image was only told the place of: read in the background, as an operation."""
import hashlib
import logging
import time

from essex import concurrency, config, db
from essex.exception import EssexError
from essex.operation import Cancelled, Definition, Executor, Step
from glance.db import images, tasks
from glance.db.journal import JOURNAL
from glance.db.visibility import EVERYONE
from glance.exception import ChecksumMismatch
from glance.image import places, status
from glance.image.importing.operation import at_node, expiry
from glance.image.intake import Hashes
from glance.store.base import without_secret

LOG = logging.getLogger(__name__)
CONF = config.CONF

HASH = Definition('location_import', [Step('hash', at=at_node, timeout=24 * 3600)])
_BEAT = 5
# Pieces that wait in memory for the slower hash.
_BEHIND = 3


def begin(manager, context, image_id, place):
    """Add a place to a queued image; its task tells how the hash goes. Returns the Task."""
    data = {'host': CONF.host, 'url': place.url, 'store': place.store, 'size': place.size, 'meta': place.meta,
            'validation': place.validation, 'task': None}
    task = tasks.Task(tasks.new_id(), 'location_import', owner=context.project_id, image_id=image_id,
                      request_id=context.request_id, user_id=context.user_id,
                      input={'image_id': image_id, 'loc_url': without_secret(place.url),
                             'validation_data': place.validation or {}})
    data['task'] = task.id

    def change(image):
        places.check_status(image, (status.QUEUED,))
        places.check_length(place)
        if not CONF.do_secure_hash or place.validation is None:
            # Nothing to wait for: it may be used now, its hash comes later.
            places.insert(image, place)
            if CONF.do_secure_hash:
                image.os_hash_algo = CONF.hashing_algorithm
    with db.writer():
        manager.update(context, image_id, change)
        if CONF.do_secure_hash:
            operation = JOURNAL.add(HASH, image_id, context, data)
            task.operation_id = operation.id
        else:
            task.status, task.expires_at = 'success', expiry()
        tasks.add(task)
    if CONF.do_secure_hash:
        manager.ring(at_node(data), task.operation_id)
    return task


class HashExecutor(Executor):
    """Executor of HASH."""

    def __init__(self, stores):
        self.stores = stores

    def hash(self, run):
        """Read the data and keep its hash. What a user said it was must be so."""
        for attempt in range(CONF.http_retries + 1):
            try:
                size, md5, value = self._read(run)
                break
            except Cancelled:
                raise
            except EssexError as error:
                if attempt == CONF.http_retries:
                    raise
                LOG.info('Reading the data of image %s for its hash: %s Trying again.', run.resource_id, error)
                concurrency.sleep(min(30, 2 ** attempt))
        said, algorithm = run.data['validation'] or {}, self._algorithm(run)
        if said and (said['os_hash_value'] != value or said.get('checksum', md5) != md5):
            raise ChecksumMismatch(f'The data at the location has the {algorithm} {value}, the request '
                                   f'says {said["os_hash_value"]}.')
        run.data['facts'] = {'size': size, 'checksum': md5, 'os_hash_algo': algorithm, 'os_hash_value': value}

    @staticmethod
    def _algorithm(run):
        """The one that the user's hash was made with, or the configured one."""
        return (run.data['validation'] or {}).get('os_hash_algo') or CONF.hashing_algorithm

    def _read(self, run):
        digests = hashlib.md5(usedforsecurity=False), hashlib.new(self._algorithm(run))
        hashes, size, last = Hashes(*digests), 0, time.monotonic()
        chunks = self.stores.get(run.data['store']).read(run.data['url'])
        try:
            for chunk in chunks:
                size += len(chunk)
                hashes.feed(chunk)
                hashes.catch_up(_BEHIND)
                if time.monotonic() - last > _BEAT:
                    last = time.monotonic()
                    run.check_cancelled()
        finally:
            hashes.catch_up()
            chunks.close()
        return size, *(digest.hexdigest() for digest in digests)

    def starting(self, run, step):
        tasks.change(run.data['task'], status='processing')

    def finished(self, run):
        before = images.get(run.resource_id, EVERYONE, for_update=True)
        if before is not None:
            after = before.copy()
            if before.status == status.QUEUED:
                data = run.data
                places.insert(after, places.Place(data['url'], data['store'], data['size'], data['meta']))
            if any(each.url == run.data['url'] for each in after.locations):
                for name, value in run.data['facts'].items():
                    setattr(after, name, value)
                after.updated_at = db.utcnow()
                images.save(before, after)
        tasks.change(run.data['task'], status='success', expires_at=expiry(), result={'image_id': run.resource_id})

    def failed(self, run, error):
        before = images.get(run.resource_id, EVERYONE, for_update=True)
        if before is not None and before.os_hash_value is None:
            after = before.copy()
            after.os_hash_algo = None
            images.save(before, after)
        tasks.change(run.data['task'], status='failure', expires_at=expiry(), message=str(error))

    def cancelled(self, run):
        tasks.change(run.data['task'], status='failure', expires_at=expiry(), message='The image was deleted.')
