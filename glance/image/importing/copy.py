"""One store's share of an import."""
from essex import concurrency, db
from glance.db import images
from glance.exception import ChecksumMismatch
from glance.image import keystone_limits, rules, status
from glance.image.model import Location
from glance.image.upload import Upload, columns_of


class Copy(Upload):
    """Data into a further store of an image that is being imported, or is active already.

    The image stays in its status; which one it gets in the end is the import's affair.
    """

    def __init__(self, image, store, beat):
        super().__init__(image, store, failed_status=image.status)
        self._also = beat

    def _beat(self):
        super()._beat()
        self._also()

    def _check_limits(self, size):
        keystone_limits.check(self.image.owner, 'image_size_total', size)

    def _enter(self):
        rules.check_complete(self.image)
        return images.change_status(self.image.id, (status.IMPORTING, status.ACTIVE), updated_at=db.utcnow())

    def _arrive(self, url, facts):
        known = self.image.os_hash_value if self.image.os_hash_algo == facts.os_hash_algo else None
        if known is not None and known != facts.os_hash_value:
            # A copy that is not one: the data changed between two stores, or on its way.
            raise ChecksumMismatch(actual=facts.checksum, expected=self.image.checksum)
        values = {'updated_at': db.utcnow()}
        if self.image.size is None:
            values.update(columns_of(facts))
        if not images.change_status(self.image.id, (status.IMPORTING, status.ACTIVE), **values):
            return False
        images.add_location(self.image.id, Location(url, self.store.name, self.store.metadata(url)))
        for name, value in values.items():
            setattr(self.image, name, value)
        return True


class FileSource:
    """A file as the source of an upload, read off the event loop."""

    def __init__(self, file):
        self._file = file

    def readinto(self, view):
        """Fill `view`; returns the count, 0 at the end."""
        return concurrency.in_thread(self._file.readinto, view)

