"""Images: made, seen, changed, deleted. Whoever calls has asked the policy; here are the rules nobody can turn off.

Every read goes through `get` or `find`, so an image that a caller may not see does not exist for it.
"""
import logging
import re
import uuid

from sqlalchemy.exc import IntegrityError

from essex import config, db
from glance import notifications
from glance.db import images, location_key, members, staging, tasks
from glance.db.journal import JOURNAL
from glance.exception import (
    DuplicateImage,
    ForbiddenTransition,
    FormatsFixed,
    ImageDeactivated,
    ImageNotActive,
    ImageNotFound,
    InvalidImage,
    NotRestorable,
    ProtectedImage,
    ReservedField,
)
from glance.image import copies, keystone_limits, limits, places, protection, rules, status
from glance.image.importing import hashing
from glance.image.model import OWN
from glance.image.shelf import Shelf
from glance.image.staged import Stage
from glance.image.upload import Upload

LOG = logging.getLogger(__name__)
CONF = config.CONF

_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
# Once there is data, these describe it.
_DESCRIBE_DATA = ('disk_format', 'container_format')


class ImageManager:
    """The rules of images over the database and the stores."""

    def __init__(self, stores):
        location_key.check()
        protection.check()
        self.stores = stores
        # Tells whoever runs operations, ring(queue, operation id). Without one, the next look finds them.
        self.ring = lambda queue, operation_id: None

    def get(self, context, image_id, deleted=False):
        """The image. Raises ImageNotFound when there is none that `context` may see."""
        image = images.get(image_id, context, deleted) if is_id(image_id) else None
        if image is None:
            raise ImageNotFound(image_id=image_id[:80])
        protection.hide(context, image)
        return image

    def find(self, context, query):
        """The images that answer an ImageQuery. By properties that it may not read, `context` finds none."""
        if not all(protection.allows(context, 'read', name) for name in query.properties):
            return []
        found = images.find(query, context)
        for image in found:
            protection.hide(context, image)
        return found

    def create(self, context, image):
        """Add an Image record; returns it with id and times. Raises InvalidImage, QuotaExceeded, DuplicateImage."""
        if not is_id(image.id or str(uuid.uuid4())):
            raise InvalidImage(f'{image.id[:60]!r} is no image ID: give a UUID, or none.')
        image.id = image.id or str(uuid.uuid4())
        image.created_at = image.updated_at = db.utcnow()
        image.tags = sorted(set(image.tags))
        _check_own({}, image.properties)
        protection.enforce(context, {}, image.properties, {})
        rules.check(image)
        limits.check_details(None, image)
        keystone_limits.check(image.owner, 'image_count_total')
        if images.exists_id(image.id):
            raise DuplicateImage(image_id=image.id)
        try:
            images.create(image)
        except IntegrityError as error:
            raise DuplicateImage(image_id=image.id) from error
        notifications.image('create', image)
        return image

    @db.retry
    def update(self, context, image_id, change):
        """Let `change(image)` alter the image's record and keep the result; returns it.

        The row is held meanwhile, so two changes at once both count. `change` may raise; it must not wait for
        anything.
        """
        with db.writer():
            before = images.get(image_id, context, for_update=True) if is_id(image_id) else None
            if before is None:
                raise ImageNotFound(image_id=image_id[:80])
            after = before.copy()
            hidden = protection.hide(context, after)
            seen = dict(after.properties)
            change(after)
            _check_own(before.properties, after.properties)
            protection.enforce(context, seen, after.properties, hidden)
            after.properties.update(hidden)
            after.tags = sorted(set(after.tags))
            self._check_change(before, after)
            if after != before:
                after.updated_at = db.utcnow()
                images.save(before, after)
        notifications.image('update', after)
        protection.hide(context, after)
        return after

    @staticmethod
    def _check_change(before, after):
        for name in _DESCRIBE_DATA:
            if getattr(before, name) != getattr(after, name) and before.status != status.QUEUED:
                raise FormatsFixed(name=name, status=before.status)
        rules.check(after)
        limits.check_details(before, after)

    def delete(self, context, image, delayed=False):
        """Delete the image in whatever state it is. Its data goes first from sight, then from the stores.

        A crash in between leaves it pending_delete, which `finish_deletes` ends. With `delayed`, the data
        stays until that is called with a later time.
        """
        if image.protected:
            raise ProtectedImage(image_id=image.id)
        now = db.utcnow()
        if not self._begin_delete(image, now):
            raise ImageNotFound(image_id=image.id)
        image.status, image.deleted, image.deleted_at, image.updated_at = status.PENDING_DELETE, True, now, now
        if not delayed:
            self._finish_delete(image.id)
            image.status = status.DELETED
        notifications.image('delete', image)

    @db.retry
    def _begin_delete(self, image, now):
        with db.writer():
            members.remove(image.id)
            images.forget_tags(image.id)
            JOURNAL.cancel(image.id)
            return images.change_status(image.id, status.before(status.PENDING_DELETE), status=status.PENDING_DELETE,
                                        deleted=True, deleted_at=now, updated_at=now, protected=False)

    def finish_deletes(self, deleted_before):
        """Remove the data of images deleted before a time that is still there; returns how many. Idempotent."""
        return sum(self._finish_delete(image_id) for image_id in images.pending_delete(deleted_before))

    def _finish_delete(self, image_id):
        """Remove the data of one deleted image; returns whether it is done."""
        try:
            self._discard_staged(image_id)
            # From here on nobody restores it. Its places are read now: an upload may have ended meanwhile.
            done = images.begin_scrub(image_id) and copies.finish_removals(self.stores, image_id)
            if done:
                images.finish_delete(image_id, status=status.DELETED, updated_at=db.utcnow())
        except Exception:
            # The image is gone for its users; a store that is away gets another chance in the next round.
            LOG.exception('The data of deleted image %s could not be removed', image_id)
            return False
        return done

    def restore(self, image_id):
        """Bring back a deleted image whose data was not removed yet. Raises ImageNotFound, NotRestorable."""
        if not is_id(image_id) or not images.exists_id(image_id):
            raise ImageNotFound(image_id=image_id[:80])
        if not images.restore(image_id, status=status.ACTIVE, deleted=False, deleted_at=None, updated_at=db.utcnow()):
            raise NotRestorable(image_id=image_id)

    def _discard_staged(self, image_id):
        staged = staging.get(image_id)
        if staged is not None:
            staging.forget(image_id)
            if staged.host == CONF.host:
                Shelf(self.stores).discard(staged.name)
            # Another node finds that nobody knows its file.

    def upload(self, context, image, source, size=None, store=None, expected_md5=None,
               failed_status=status.QUEUED):
        """Give a queued image its data from `source.readinto(view)`; returns what was found out about it."""
        attempt = Upload(image, self.stores.for_upload(store), failed_status)
        notifications.image('prepare', image)
        try:
            facts = attempt.run(source, size, expected_md5)
        except Exception as error:
            notifications.upload_failed(image, error)
            raise
        notifications.image('upload', image)
        notifications.image('activate', image)
        return facts

    def stage(self, context, image, source, size=None):
        """Take the data of a queued image for an import to come; the image is `uploading` then."""
        return Stage(image, self.stores).run(source, size)

    def look_at(self, context, value):
        """The places.Place that a request names; asks its store. Raises InvalidImage."""
        return places.look(self.stores, context, value)

    def add_place(self, context, image, place):
        """Give a queued image a place of its data; returns the Task that makes its hash."""
        return hashing.begin(self, context, image.id, place)

    def usage(self, context):
        """{limit: {'limit', 'usage'}} of the caller's project; empty without limits of the identity service."""
        return keystone_limits.usage(context.project_id)

    def tasks_of(self, image):
        """The tasks of an image, newest first."""
        return tasks.of_image(image.id)

    def kill(self, image):
        """Give up a queued image whose data will never come (the older face does not let one try again)."""
        images.change_status(image.id, (status.QUEUED,), status=status.KILLED, updated_at=db.utcnow())

    def data(self, context, image, offset=0, length=None, prefer=(), cache=None):
        """An iterator over the image's data, from the stores of `prefer` if they can give it, or through a `cache`.

        Raises ImageNotActive, ImageDeactivated, DataNotFound, StoreUnavailable.
        """
        if image.status == status.DEACTIVATED and not context.is_admin:
            raise ImageDeactivated(image_id=image.id)
        if image.status not in (status.ACTIVE, status.DEACTIVATED) or not image.locations:
            raise ImageNotActive(image_id=image.id, status=image.status)
        def read():
            return copies.Reading(self.stores, image, offset, length, prefer)
        return cache.read(image, offset, length, read) if cache is not None else read()

    def remove_copy(self, context, image, store):
        """Remove the image's data from one of several stores. Raises as copies.remove does."""
        copies.remove(self.stores, image, store)

    def finish_removals(self):
        """End what `remove_copy` began and could not end; returns how many. Idempotent."""
        return copies.finish_all_removals(self.stores)

    @db.retry
    def set_status(self, context, image, wanted):
        """Deactivate or reactivate. Raises InvalidTransition; asking for the present state is no error."""
        if image.status == wanted:
            return
        if image.status not in (status.ACTIVE, status.DEACTIVATED):
            raise ForbiddenTransition(image_id=image.id, now=image.status, wanted=wanted)
        with db.writer():
            if not images.change_status(image.id, (status.ACTIVE, status.DEACTIVATED), status=wanted,
                                        updated_at=db.utcnow()):
                raise ImageNotFound(image_id=image.id)


def _check_own(before, after):
    """Raise ReservedField when a request changes what the service itself notes at an image."""
    for name in {*before, *after}:
        if name.startswith(OWN) and before.get(name) != after.get(name):
            raise ReservedField(name=name[:80], why='reserved')


def is_id(text):
    """Whether `text` has the form of an image's id."""
    return bool(_ID.fullmatch(text))
