"""Data that is elsewhere already: an image that points at it, or is copied from there (the older face's ways)."""
import dataclasses

from essex.exception import Forbidden
from glance.exception import DataNotFound, FetchFailed, InvalidImage, StoreUnavailable
from glance.image import fetch, rules, status
from glance.image.model import Location

# Files and block devices of this service's own are no business of its users.
_SCHEMES = ('http', 's3', 'swift')
_MISSING = (404, 410)


def check(context, url, trusted=False):
    """Raise InvalidImage, FetchRefused or Forbidden unless `url` may be pointed at or copied from.

    Administrators, and who else is `trusted`, may name what the stores read with an account.
    """
    scheme = url.partition(':')[0].lower()
    if not scheme.startswith((*_SCHEMES, 'rbd') if trusted else _SCHEMES):
        raise InvalidImage(f'External source are not supported: {scheme[:20]!r} addresses are not taken. '
                           'Give an http, https, swift or s3 address.')
    if scheme in ('http', 'https'):
        fetch.check(url)
    elif not (trusted or context.is_admin):
        # The store reads it with its own account, or connects to whatever host it names.
        raise Forbidden(f'Only an administrator may name {scheme[:20]} addresses: the service opens them with its own '
                        'account. Send the data itself, or name an http or https address.')


@dataclasses.dataclass
class Chunks:
    """What an upload takes as its source, of an iterator of chunks."""

    chunks: object
    size: int = None
    _rest: memoryview = dataclasses.field(default_factory=lambda: memoryview(b''))

    def readinto(self, view):
        """Fill `view` as far as the next chunk goes; returns the count, 0 at the end."""
        while not self._rest:
            chunk = next(self.chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(view), len(self._rest))
        view[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self):
        """Let go of the data."""
        self.chunks.close()


def open_source(stores, url):
    """What is at `url`, for an upload. Raises DataNotFound, FetchFailed, StoreUnavailable, InvalidImage."""
    if url.partition(':')[0].lower() in ('http', 'https'):
        try:
            return fetch.open_url(url)
        except FetchFailed as error:
            if error.kwargs.get('status') in _MISSING:
                raise DataNotFound(store='http', url='the address to copy from') from error
            raise
    store = stores.for_url(url)
    return Chunks(store.read(url), store.size(url))


def place(stores, image, url, size=None):
    """Let a record that is not kept yet point at `url`, whose size is asked for unless it is known.

    Raises InvalidImage when there is nothing, or no store here can read it.
    """
    rules.check_complete(image)
    store = stores.for_url(url)
    if not size:
        try:
            size = store.size(url)
        except (DataNotFound, StoreUnavailable) as error:
            raise InvalidImage(f'Invalid location: {error}') from error
    image.locations = [Location(url, store.name)]
    image.size, image.status = size, status.ACTIVE


def check_queued(image):
    """Raise InvalidImage unless the image still waits for its data."""
    if image.status != status.QUEUED:
        raise InvalidImage(f'Image {image.id} is {image.status}: it can only be given a location, or data to copy, '
                           'while it is queued.')


