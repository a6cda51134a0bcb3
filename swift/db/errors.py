"""What can go wrong with a database."""
from swift.exceptions import SwiftError


class DatabaseMissing(SwiftError):
    """There is no database file: 404."""


class DatabaseCorrupt(DatabaseMissing):
    """The file was no database any more and has been put into quarantine; replication brings a good one: 404."""


class DatabaseExists(SwiftError):
    """Somebody else has created it just now."""
