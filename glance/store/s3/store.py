"""The S3 store: where an image's object is, and errors in a store's words.

Before anything is written a note is, an empty object `.partial/<image>.<upload>`: whatever happens, somebody can find
what was left. It also names the parts under way.

    s3+https://<host>/<bucket>/<image>                     new images: the configured account
    s3+https://<key>:<secret>@<host>/<bucket>/<image>      an account in the address (images of the original)
"""
import contextlib
import logging
import re
import urllib.parse

from essex.exception import ConfigError
from glance.exception import DataNotFound, DuplicateData, SizeMismatch, StoreFull, StoreUnavailable
from glance.store.base import Store, without_secret
from glance.store.s3.bucket import Bucket, SomethingWrong, client, library, read
from glance.store.s3.options import MEGABYTE, OPTS
from glance.store.s3.upload import UPLOAD, Upload

LOG = logging.getLogger(__name__)

READ = 1024 * 1024
_NOTES, _NOTE = '.partial/', re.compile(r'\.partial/([^./]+)\.([^./]+)')
_PARTS = 's3-upload'
_SCHEMES = {'s3': 'https', 's3+https': 'https', 's3+http': 'http'}


class S3Store(Store):
    """Objects named after the images' ids, in one bucket."""

    schemes = tuple(_SCHEMES)
    OPTS = OPTS

    def check(self):
        """See that the configuration makes sense. Whether the service is there shows when it is needed."""
        library()
        for name in ('host', 'access_key', 'secret_key', 'bucket'):
            if not getattr(self.options, f's3_store_{name}'):
                raise ConfigError(f'Store {self.name}: s3_store_{name} is not set.')
        if self.options.s3_store_large_object_chunk_size > self.options.s3_store_large_object_size:
            raise ConfigError(f'Store {self.name}: s3_store_large_object_chunk_size is more than '
                              's3_store_large_object_size.')

    @property
    def _host(self):
        host = self.options.s3_store_host.rstrip('/')
        return host if host.startswith(('http://', 'https://')) else f'https://{host}'

    @property
    def bucket(self):
        """The configured Bucket."""
        options = self.options
        return Bucket(client(self._host, options.s3_store_access_key, options.s3_store_secret_key, options),
                      options.s3_store_bucket)

    def add(self, image_id, upload_id, chunks, size=None):
        """See Store.add."""
        options, bucket, note = self.options, self.bucket, _note(image_id, upload_id)
        with self._explaining():
            self._put_note(bucket, note)
            if bucket.head(image_id) is not None:
                bucket.delete(note)
                raise DuplicateData(store=self.name, image_id=image_id)
            attempt = Upload(bucket, image_id, upload_id, options.s3_store_large_object_chunk_size * MEGABYTE,
                             options.s3_store_thread_pools)
            whole = size is not None and size < options.s3_store_large_object_size * MEGABYTE
            try:
                sent = attempt.run(chunks, whole, lambda parts: bucket.put(note, b'', {_PARTS: parts}))
                if size is not None and sent != size:
                    raise SizeMismatch(announced=size, received=sent)
            except BaseException:
                self._undo(image_id, upload_id)
                raise
        self._forget(bucket, note)
        scheme, _, rest = self._host.partition('://')
        return f's3+{scheme}://{rest}/{urllib.parse.quote(bucket.name)}/{image_id}'

    def _put_note(self, bucket, note):
        try:
            bucket.put(note, b'')
        except SomethingWrong as error:
            if error.status != 404:
                raise
            if not self.options.s3_store_create_bucket_on_put:
                raise StoreUnavailable(store=self.name, problem=f'the bucket {bucket.name} does not exist, and '
                                       's3_store_create_bucket_on_put is not set') from error
            bucket.make(self.options.s3_store_region_name)
            bucket.put(note, b'')

    def _undo(self, image_id, upload_id):
        try:
            self._remove(self.bucket, image_id, upload_id)
        except SomethingWrong as error:
            LOG.warning('What is left of an upload to image %s stays until store %s is back: %s', image_id, self.name,
                        error)

    @staticmethod
    def _forget(bucket, note):
        """Remove the note of an upload that is whole; one that stays does no harm."""
        try:
            bucket.delete(note)
        except SomethingWrong as error:
            LOG.warning('The note %s stays for now: %s', note, error)

    @staticmethod
    def _remove(bucket, image_id, upload_id, whole=True):
        """Remove what one upload left; the finished object only with `whole`."""
        note = _note(image_id, upload_id)
        noted = bucket.head(note)
        if noted and noted[1].get(_PARTS):
            bucket.abort(image_id, noted[1][_PARTS])
        found = bucket.head(image_id) if whole else None
        if found and found[1].get(UPLOAD) == upload_id:
            bucket.delete(image_id)
        bucket.delete(note)

    def read(self, url, offset=0, length=None):
        """See Store.read."""
        with self._explaining(url):
            bucket, name = self._find(url)
            if length == 0:
                if bucket.head(name) is None:
                    raise SomethingWrong('it is not there', 404)
                return _Chunks(None, self._explaining)
            return _Chunks(bucket.get(name, offset, length), self._explaining)

    def size(self, url):
        """See Store.size."""
        return self._head(url)[0]

    def _head(self, url):
        with self._explaining(url):
            bucket, name = self._find(url)
            found = bucket.head(name)
            if found is None:
                raise DataNotFound(store=self.name, url=without_secret(url))
            return found

    def delete(self, url):
        """See Store.delete."""
        self._head(url)   # S3 does not tell whether there was anything to delete
        with self._explaining(url):
            bucket, name = self._find(url)
            bucket.delete(name)

    def abandon(self, image_id, upload_id):
        """See Store.abandon. What other attempts at the image left goes as well."""
        with self._explaining():
            bucket = self.bucket
            if not bucket.exists():
                return
            known = {each for _, each in self._notes(bucket, f'{_NOTES}{_plain(image_id)}.')} | {upload_id}
            for each in known:
                self._remove(bucket, image_id, each, whole=False)
            bucket.delete(_plain(image_id))

    def leftovers(self):
        """See Store.leftovers."""
        with self._explaining():
            bucket = self.bucket
            if bucket.exists():
                yield from self._notes(bucket, _NOTES)

    @staticmethod
    def _notes(bucket, prefix):
        for name in bucket.names(prefix):
            match = _NOTE.fullmatch(name)
            if match:
                yield match[1], match[2]

    def discard_leftover(self, image_id, upload_id, whole=False):
        """See Store.discard_leftover."""
        with self._explaining():
            self._remove(self.bucket, image_id, upload_id, whole)

    def describe(self):
        """See Store.describe."""
        options = self.options
        return {'type': 's3', 'properties': {
            's3_store_large_object_size': options.s3_store_large_object_size,
            's3_store_large_object_chunk_size': options.s3_store_large_object_chunk_size,
            's3_store_thread_pools': options.s3_store_thread_pools}}

    def _find(self, url):
        """(Bucket, name) of an address. Raises DataNotFound."""
        parts = urllib.parse.urlsplit(url)
        path = [urllib.parse.unquote(each) for each in parts.path.strip('/').split('/')]
        secret, _, place = parts.netloc.rpartition('@')
        scheme = _SCHEMES.get(parts.scheme)
        if scheme is None or not place or len(path) != 2 or not all(path):
            raise DataNotFound(store=self.name, url=without_secret(url))
        bucket, name = path
        if secret:
            key, _, secret = (urllib.parse.unquote(each) for each in secret.partition(':'))
            return Bucket(client(f'{scheme}://{place}', key, secret, self.options), bucket), name
        # Our account is for our service and our bucket, whatever an address says.
        if f'{scheme}://{place}' != self._host or bucket != self.options.s3_store_bucket:
            raise DataNotFound(store=self.name, url=without_secret(url))
        return self.bucket, name

    @contextlib.contextmanager
    def _explaining(self, url=None):
        """Turn S3's errors into the store's."""
        try:
            yield
        except SomethingWrong as error:
            if url is not None and error.status == 404:
                raise DataNotFound(store=self.name, url=without_secret(url)) from error
            if error.status == 507 or error.code in ('QuotaExceeded', 'EntityTooLarge', 'XMinioStorageFull'):
                raise StoreFull(store=self.name) from error
            raise StoreUnavailable(store=self.name, problem=error) from error


class _Chunks:
    """An object's bytes, piece by piece."""

    def __init__(self, stream, explaining):
        self._stream, self._explaining = stream, explaining

    def __iter__(self):
        return self

    def __next__(self):
        with self._explaining():
            chunk = read(self._stream, READ) if self._stream is not None else b''
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def close(self):
        """Let go of the connection."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _note(image_id, upload_id):
    return f'{_NOTES}{_plain(image_id)}.{_plain(upload_id)}'


def _plain(name):
    """`name`, which becomes part of an object's: ids come from outside."""
    if not name or '/' in name or '.' in name:
        raise ValueError(f'{name!r} cannot name an object')
    return name
