"""The Image API as other services use it: version 2, with data that streams."""
import contextlib
import hashlib
import os
import uuid

from keystoneauth1 import exceptions as keystone_exceptions

from essex import concurrency, exception
from essex.client import session

CHUNK = 1024 * 1024
_PATCH = 'application/openstack-images-v2.1-json-patch'
_ERRORS = {each.code: each for each in (
    exception.BadRequest, exception.Unauthorized, exception.Forbidden, exception.NotFound, exception.Conflict,
    exception.Gone, exception.TooLarge, exception.UnsupportedMediaType)}


class ImageClient:
    """Calls on behalf of one caller.

    Every method raises the essex.exception class of the status Glance answered with, with Glance's own words;
    ServiceUnavailable when it cannot be reached or fails.
    """

    def __init__(self, adapter):
        self._adapter = adapter

    @classmethod
    def of_user(cls, context, endpoint=None):
        """With the caller's token."""
        return cls(session.user_adapter(context, 'image', endpoint))

    @classmethod
    def of_service(cls, endpoint=None):
        """With the account of this service."""
        return cls(session.service_adapter('image', endpoint))

    def show(self, image_id):
        """The image's document (a dict as the API has it)."""
        return self._call('GET', f'/v2/images/{_plain(image_id)}').json()

    def list(self, limit=None, **filters):
        """Yield the documents of all images that match; fetches pages as they are needed."""
        response = self._call('GET', '/v2/images', params={**filters, 'limit': 1000})
        count = 0
        while True:
            page = response.json()
            for image in page['images']:
                if limit is not None and count >= limit:
                    return
                count += 1
                yield image
            if 'next' not in page:
                return
            response = self._call('GET', page['next'])

    def create(self, **fields):
        """Create a queued image; returns its document. Fields that are no image's own become properties."""
        return self._call('POST', '/v2/images', json=fields).json()

    def update(self, image_id, **fields):
        """Set fields and properties; returns the document."""
        return self.change(image_id, fields)

    def change(self, image_id, fields, removed=()):
        """Set fields and properties, and remove some; returns the document."""
        patch = [{'op': 'add', 'path': _pointer(name), 'value': value} for name, value in fields.items()]
        patch += [{'op': 'remove', 'path': _pointer(name)} for name in removed]
        return self._call('PATCH', f'/v2/images/{_plain(image_id)}', json=patch,
                          headers={'Content-Type': _PATCH}).json()

    def delete(self, image_id):
        """Delete an image."""
        self._call('DELETE', f'/v2/images/{_plain(image_id)}')

    def upload(self, image_id, source, size):
        """Give a queued image `size` bytes from `source.read(n)`."""
        self._call('PUT', f'/v2/images/{_plain(image_id)}/file', data=_Blocks(source, size),
                   headers={'Content-Type': 'application/octet-stream', 'Content-Length': str(size)})

    def upload_file(self, image_id, path):
        """Give a queued image the content of a file."""
        with open(path, 'rb') as source:
            self.upload(image_id, source, os.fstat(source.fileno()).st_size)

    def chunks(self, image_id):
        """Yield the image's data. Raises Conflict before anything is yielded when there is none."""
        response = self._call('GET', f'/v2/images/{_plain(image_id)}/file', stream=True)
        with contextlib.closing(response):
            if response.status_code == 204:
                raise exception.Conflict(f'Image {image_id} has no data: it is still queued or being uploaded.')
            try:
                yield from response.iter_content(CHUNK)
            except OSError as error:   # requests' errors are
                raise exception.ServiceUnavailable(f'The data of image {image_id} ended early: {error}.') from error

    def download(self, image_id, path, image=None, progress=None):
        """Write the image's data to `path`, which is whole or not there; returns the image's document.

        The data is checked against the size and hash that Glance knows: BadGateway when it is not the same.
        `progress(bytes so far)` is called for each chunk; what it raises ends the download.
        """
        image = image or self.show(image_id)
        partial = f'{path}.{uuid.uuid4().hex}.part'
        try:
            with open(partial, 'xb', buffering=0) as target:
                self._fetch(image, target, progress or (lambda received: None))
            os.rename(partial, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)
        return image

    def _fetch(self, image, target, progress):
        algorithm = image.get('os_hash_algo') or 'md5'
        expected = image.get('os_hash_value') or image.get('checksum')
        digest, size, jobs = hashlib.new(algorithm), 0, ()
        try:
            for chunk in self.chunks(image['id']):
                _wait(jobs)
                size += len(chunk)
                progress(size)
                # Written and hashed while the next chunk comes in.
                jobs = [concurrency.spawn(concurrency.in_thread, function, chunk)
                        for function in (target.write, digest.update)]
        finally:
            _wait(jobs)
        concurrency.in_thread(os.fsync, target.fileno())
        if size != image.get('size') or (expected and digest.hexdigest() != expected):
            raise exception.BadGateway(f'The data of image {image["id"]} is not what it should be: {size} bytes '
                                       f'with {algorithm} {digest.hexdigest()}, expected {image.get("size")} '
                                       f'with {expected}.')

    def _call(self, method, path, **kwargs):
        kwargs.setdefault('headers', {}).setdefault('Accept', 'application/json')
        try:
            response = self._adapter.request(path, method, raise_exc=False, **kwargs)
        except (keystone_exceptions.ClientException, LookupError) as error:
            # What the HTTP library adds is for the log alone.
            problem = str(error).partition(': HTTP')[0]
            raise exception.ServiceUnavailable(f'The image service cannot be reached: {problem}.') from error
        if response.status_code >= 300:
            raise _error(response)
        return response


class _Blocks:
    """A body of known length that is read in large blocks, however small ones the HTTP library asks for."""

    def __init__(self, source, size):
        self._source, self._size = source, size

    def __len__(self):
        return self._size

    def read(self, count=-1):
        return concurrency.in_thread(self._source.read, CHUNK)


def _wait(jobs):
    for job in jobs:
        job.wait()


def _pointer(name):
    return '/' + name.replace('~', '~0').replace('/', '~1')


def _plain(image_id):
    """`image_id`, which becomes part of a path: whoever calls may have it from a user."""
    try:
        uuid.UUID(image_id)
    except (ValueError, TypeError, AttributeError):
        raise exception.NotFound(f'No image found with ID {str(image_id)[:80]}.') from None
    return image_id


def _error(response):
    """The exception for an answer, with its text."""
    text = response.text[:2000]
    try:
        text = response.json()['message']
    except (ValueError, KeyError, TypeError):
        text = text.split('<br /><br />')[0].split('</h1>')[-1].strip()
    kind = _ERRORS.get(response.status_code, exception.ServiceUnavailable)
    return kind(text or f'The image service answered {response.status_code}.')
