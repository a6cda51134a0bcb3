"""What a store is asked to do. Stores know no database, no request and no image, only ids, bytes and URLs."""
import abc
import urllib.parse

# For so many more chunks that are taken, a chunk that add() took keeps its bytes; then its memory is used again.
HOLD = 8


class Store(abc.ABC):
    """Base of all stores.

    `name` is the store's id in this service's configuration, `options` its configuration section. A store's
    URLs are its own business; others only keep them.
    """

    # URL schemes this kind of store understands.
    schemes = ()
    # Options of the store's configuration section.
    OPTS = ()
    # A read-only store refuses add() and delete(); it is never asked for them.
    read_only = False
    # Of several stores: which one is read first (the heaviest), and what an operator says about it.
    weight, description = 0, None

    def __init__(self, name, options):
        self.name, self.options = name, options

    def check(self):   # noqa: B027 - a store may need nothing
        """Make sure that the store can be used, when a daemon starts. Raises ConfigError with a sentence."""

    def keeps(self, url):
        """Whether data at `url` is, or would be, this store's. Asks nobody."""
        return url.split(':', 1)[0] in self.schemes

    @abc.abstractmethod
    def add(self, image_id, upload_id, chunks, size=None):
        """Store what the iterator `chunks` yields (bytes-like objects); returns the URL.

        All or nothing: when it returns, the data is whole and safe from a crash; when it raises (its own
        error, or one of `chunks`), nothing is left. Raises StoreFull, StoreUnavailable or DuplicateData (the
        image has data here). `size` is the number of bytes if known. `upload_id` is unique to this attempt:
        whatever is kept under way must be found again by `abandon` and `leftovers`.
        """

    @abc.abstractmethod
    def read(self, url, offset=0, length=None):
        """An iterator over the bytes at `url` from `offset`, `length` of them or to the end, and its close().

        Raises DataNotFound before the first chunk.
        """

    @abc.abstractmethod
    def size(self, url):
        """The number of bytes at `url`. Raises DataNotFound."""

    @abc.abstractmethod
    def delete(self, url):
        """Remove the data. Raises DataNotFound when there is none."""

    @abc.abstractmethod
    def abandon(self, image_id, upload_id):
        """Remove whatever a dead `add` left, half or whole. The image must have no other data. Idempotent."""

    def leftovers(self):
        """(image_id, upload_id) of each half-written datum there is, of living and dead uploads."""
        return ()

    def discard_leftover(self, image_id, upload_id, whole=False):   # noqa: B027 - without leftovers there is none
        """Remove one that `leftovers` named. Idempotent.

        The image's whole data is left alone; with `whole`, which says that the image is known to have none, what
        this upload has finished goes as well.
        """

    def metadata(self, url):   # noqa: B027 - most stores have none
        """What users of direct addresses may know of the place at `url`, a dict or None."""

    def describe(self):
        """Facts for administrators: {'type': ..., 'properties': {...}}."""
        return {'type': self.schemes[0], 'properties': {}}

    def capacity(self):
        """(bytes in all, bytes free) of what the data is kept on; None where the store does not know."""
        return


def without_secret(url):
    """An address for people and logs: the account that some old ones have in them is left out."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition('@')[2]).geturl()
