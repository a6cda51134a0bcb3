"""Images that stay where they are on the web: read from there each time, never written."""
from glance.exception import DataNotFound, FetchFailed, FetchRefused, StoreReadOnly, StoreUnavailable, UploadBroken
from glance.image import fetch
from glance.store.base import Store, without_secret

READ = 256 * 1024
_GONE = (404, 410)


class HttpStore(Store):
    """Whatever [import_filtering_opts] lets be fetched."""

    schemes = ('http', 'https')
    read_only = True

    def add(self, image_id, upload_id, chunks, size=None):
        """Refused. Raises StoreReadOnly."""
        raise StoreReadOnly(store=self.name)

    def read(self, url, offset=0, length=None):
        """See Store.read."""
        return _Chunks(self._open(url, offset), length, self.name)

    def size(self, url):
        """See Store.size; None where the server does not tell."""
        with self._open(url) as source:
            return source.size

    def _open(self, url, offset=0):
        try:
            return fetch.open_url(url, offset)
        except FetchRefused as error:
            raise StoreUnavailable(store=self.name, problem=str(error).rstrip('.')) from error
        except FetchFailed as error:
            if error.kwargs.get('status') in _GONE:
                raise DataNotFound(store=self.name, url=without_secret(url)) from error
            raise StoreUnavailable(store=self.name, problem=str(error).rstrip('.')) from error

    def delete(self, url):
        """Refused. Raises StoreReadOnly."""
        raise StoreReadOnly(store=self.name)

    def abandon(self, image_id, upload_id):
        """See Store.abandon: nothing was ever written."""

    def describe(self):
        """See Store.describe."""
        return {'type': 'http', 'properties': {}}


class _Chunks:
    """A download's bytes, piece by piece."""

    def __init__(self, source, length, store):
        self._source, self._left, self._store = source, length, store

    def __iter__(self):
        return self

    def __next__(self):
        wanted = READ if self._left is None else min(READ, self._left)
        chunk = memoryview(bytearray(wanted))
        try:
            count = self._source.readinto(chunk) if wanted else 0
        except UploadBroken as error:
            raise StoreUnavailable(store=self._store, problem=str(error).rstrip('.')) from error
        if not count:
            self.close()
            raise StopIteration
        if self._left is not None:
            self._left -= count
        return chunk[:count]

    def close(self):
        """Let go of the connection."""
        self._source.close()
