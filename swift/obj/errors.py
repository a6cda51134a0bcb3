"""What can be found instead of an object. `timestamp` is there where the finding has one."""
from swift.exceptions import SwiftError


class DiskFileError(SwiftError):
    """Root of this module."""


class NotExist(DiskFileError):
    """There is no object, nor a trace of one."""


class Deleted(NotExist):
    """There is a tombstone, of `timestamp`."""

    def __init__(self, timestamp):
        self.timestamp = timestamp
        super().__init__(f'deleted at {timestamp}')


class Expired(NotExist):
    """The object's X-Delete-At has passed. `metadata` is the object's, `timestamp` the one of its data."""

    def __init__(self, metadata, timestamp):
        self.metadata, self.timestamp = metadata, timestamp
        super().__init__(f'expired at {metadata.get("X-Delete-At")}')


class Quarantined(NotExist):
    """What is there was found to be broken, and has been moved away."""


class MetadataError(DiskFileError):
    """A file's metadata is missing, does not match its checksum or is no metadata."""
