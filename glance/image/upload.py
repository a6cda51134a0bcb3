"""Uploads: data into a store, and the image's status with it.

An upload is noted in the database before it writes anything, so that whatever ends it - the client, the store,
a full disk, kill -9 - somebody can put things right: nothing in the store, the image back in the status it may be
tried again from. `unwind` does that, for one's own failures and for the dead.
"""
import datetime
import logging
import time
import uuid

from oslo_config import cfg

from essex import concurrency, config, db, trace
from essex.exception import EssexError
from glance.db import images, uploads
from glance.exception import (
    ChecksumMismatch,
    DataNotFound,
    DeletedDuringUpload,
    ImageNotFound,
    StoreUnavailable,
)
from glance.image import keystone_limits, limits, lives, rules, signature, status
from glance.image.intake import Intake, inspection_for
from glance.image.model import Location
from glance.image.shelf import Shelf
from glance.store.loader import STAGING

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('upload_dead_after', default=3600, min=120,
               help='Seconds without a sign of life after which any node may give up an upload of another node. A node '
                    'finds its own dead ones at once.'),
]
CONF = config.register(OPTS)

# Seconds between signs of life of an upload under way.
BEAT = 20

# The uploads of this process, so that a note without an upload is known for what it is.
_running = set()


class Upload:
    """One attempt to give an image its data.

    `failed_status` is what the image becomes when it fails: queued, or killed at the older face. Other ways of data
    are subclasses: they say how the image is entered (`_enter`), what becomes of it with the data (`_arrive`), and
    whether it has that already (`_has`).
    """

    def __init__(self, image, store, failed_status=status.QUEUED):
        self.image, self.store, self.failed_status = image, store, failed_status
        self.id = str(uuid.uuid4())
        self._beaten = time.monotonic()
        self._unsure = False

    def run(self, source, size=None, expected_md5=None):
        """Take `source` to its end; returns the facts. Raises what went wrong, everything undone."""
        _running.add(self.id)
        try:
            self._check_limits(size or 0)
            self._begin(size)
            try:
                return self._transfer(source, size, expected_md5)
            except BaseException as error:
                self._undo(error)
                raise
        finally:
            _running.discard(self.id)

    def _check_limits(self, size):
        """Keep to what the identity service lets the project have; asked before anything is held."""
        keystone_limits.check(self.image.owner, 'image_count_uploading')
        keystone_limits.check(self.image.owner, 'image_size_total', size)

    @db.retry
    def _begin(self, size):
        with db.writer():
            limits.check_storage(self.image.owner, size or 0)
            if not self._enter():
                self._refuse_begin()
            uploads.begin(id=self.id, image_id=self.image.id, host=CONF.host, life=lives.mine(),
                          store=self.store.name, failed_status=self.failed_status)

    def _enter(self):
        """Bring the image into the status it has meanwhile; returns whether it could be. In a writer."""
        rules.check_complete(self.image)
        if not images.change_status(self.image.id, (status.QUEUED,), status=status.SAVING, updated_at=db.utcnow()):
            return False
        self.image.status = status.SAVING
        return True

    def _refuse_begin(self):
        """Say why the image takes no data now."""
        now = images.status_of(self.image.id)
        if now is None:
            raise ImageNotFound(image_id=self.image.id)
        self.image.status = now
        status.check_upload(self.image)

    def _transfer(self, source, size, expected_md5):
        verifier = self._verifier()
        intake = Intake(source, self._inspection(), size, limits.room_of(self.image.owner),
                        self._beat, [verifier.digest] if verifier else ())
        with trace.span(f'store {self.store.name}: add', kind='store', image_id=self.image.id) as details:
            url = self.store.add(self.image.id, self.id, iter(intake), size)
            details['bytes'] = intake.size
        facts = intake.facts()
        try:
            if expected_md5 and expected_md5.lower() != facts.checksum:
                raise ChecksumMismatch(actual=facts.checksum, expected=expected_md5[:64])
            if verifier:
                verifier.check()
            self._finish(url, facts)
        except EssexError as error:
            if error.code < 500:
                self._withdraw(url)
            else:
                self._unsure = True
            raise
        except BaseException:
            # Whether the commit happened is unknown: the data and the note stay for `recover`, which can look.
            self._unsure = True
            raise
        return facts

    def _inspection(self):
        """What looks into the data as it passes."""
        return inspection_for(self.image)

    def _verifier(self):
        """What checks the signature of the data, if it has one."""
        return signature.verifier_of(self.image)

    def _withdraw(self, url):
        if self._has(url):
            return   # given up by another node and uploaded again since: that is not our data any more
        try:
            self.store.delete(url)
        except DataNotFound:
            LOG.info('%s was gone from store %s already', url, self.store.name)

    def _beat(self):
        now = time.monotonic()
        if now - self._beaten > BEAT:
            self._beaten = now
            if not uploads.still_alive(self.id):
                raise DeletedDuringUpload(image_id=self.image.id)

    @db.retry
    def _finish(self, url, facts):
        with db.writer():
            # Without the note somebody has given this upload up; then the image is no longer ours to change.
            ours = uploads.end(self.id)
            if not ours and self._has(url):
                return   # the first try was committed, only the answer got lost
            limits.check_storage(self.image.owner, facts.size)
            if not ours or not self._arrive(url, facts):
                raise DeletedDuringUpload(image_id=self.image.id)

    def _has(self, url):
        """Whether the image knows already that its data is at `url`."""
        return images.has_location(self.image.id, url)

    def _arrive(self, url, facts):
        """Tell the image of its data; returns whether it still waits for it. In a writer."""
        values = {'status': status.ACTIVE, **columns_of(facts), 'updated_at': db.utcnow()}
        if not images.change_status(self.image.id, (status.SAVING,), **values):
            return False
        images.add_location(self.image.id, Location(url, self.store.name, self.store.metadata(url)))
        for name, value in values.items():
            setattr(self.image, name, value)
        self.image.locations = [Location(url, self.store.name)]
        return True

    def _undo(self, error):
        if isinstance(error, EssexError) and error.code < 500:
            LOG.info('Upload to image %s refused: %s', self.image.id, error)
        else:
            LOG.warning('Upload to image %s ended by %s: %s', self.image.id, type(error).__name__, error)
        if self._unsure:
            return
        try:
            release(self.id, self.image.id, self.failed_status)
        except Exception:
            # The note stays: the next round of `recover` finds it without an upload and finishes this.
            LOG.exception('Image %s stays in saving until the database is back', self.image.id)


def columns_of(facts):
    """What is kept of the data with its image."""
    return {'size': facts.size, 'virtual_size': facts.virtual_size, 'checksum': facts.checksum,
            'os_hash_algo': facts.os_hash_algo, 'os_hash_value': facts.os_hash_value}


# The states an image has only while one upload runs, which ends with it.
_MEANWHILE = (status.SAVING, status.UPLOADING)


@db.retry
def release(upload_id, image_id, failed_status):
    """Give the image back after an upload that left nothing in the store."""
    with db.writer():
        if uploads.end(upload_id):
            images.change_status(image_id, _MEANWHILE, status=failed_status, updated_at=db.utcnow())


def recover(stores):
    """Undo the uploads whose process is gone; returns how many. Safe to run at any time, by any number of processes."""
    silent_since = db.utcnow() - datetime.timedelta(seconds=CONF.upload_dead_after)
    done = 0
    for note in uploads.of_host(CONF.host, silent_since):
        if note['host'] == CONF.host and not _abandoned_here(note):
            continue
        claim = str(uuid.uuid4())
        _running.add(claim)
        try:
            done += _unwind(stores, note, claim)
        except StoreUnavailable as error:
            LOG.warning('%s Image %s stays in saving for now.', error, note['image_id'])
        finally:
            _running.discard(claim)
    return done + _sweep(stores) + Shelf(stores).sweep()


def _unwind(stores, note, claim):
    """Undo one dead upload under the new id `claim`, unless another process is doing so; returns how many (0, 1)."""
    # From here on not even the one thought dead can finish it.
    if not uploads.claim(note['id'], claim, CONF.host, lives.mine()):
        return 0
    LOG.warning('Upload to image %s died with its process: the image becomes %s', note['image_id'],
                note['failed_status'])
    # Data first, status last: until then nobody else can begin to upload to this image.
    _holder(stores, note['store']).abandon(note['image_id'], note['id'])
    release(claim, note['image_id'], note['failed_status'])
    return 1


def _holder(stores, name):
    """What took the data of an upload: a store, or this node's staging directory."""
    return Shelf(stores) if name == STAGING else stores.get(name)


def recover_image(stores, image_id):
    """Undo the upload to one image that died here, if there is one."""
    for note in uploads.of_image(image_id):
        if note['host'] == CONF.host and _abandoned_here(note):
            _unwind(stores, note, str(uuid.uuid4()))


def _abandoned_here(note):
    if note['life'] == lives.mine():
        return note['id'] not in _running
    return lives.is_dead(note['life'])


def _sweep(stores):
    """Remove half-written data that no upload knows; returns how many."""
    done = 0
    for store in stores:
        try:
            done += _sweep_store(store)
        except StoreUnavailable as error:
            LOG.warning('%s Its half-written data stays for now.', error)
        concurrency.sleep(0)
    return done


def _sweep_store(store):
    found = list(store.leftovers())
    known = uploads.known([upload_id for _, upload_id in found]) if found else ()
    unknown = [each for each in found if each[1] not in known]
    # Asked after the notes: an upload without one has committed its location by now, or never will.
    whole = images.with_data([image_id for image_id, _ in unknown]) if unknown else ()
    for image_id, upload_id in unknown:
        LOG.log(logging.INFO if image_id in whole else logging.WARNING,
                'Removing what an upload to image %s left in store %s', image_id, store.name)
        store.discard_leftover(image_id, upload_id, whole=image_id not in whole)
    return len(unknown)
