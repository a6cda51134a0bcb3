"""One attempt to put an image's data into a container: whole under the image's id, or nothing at all.

Before anything is written a note is, an empty object `.partial/<image>.<upload>`: whatever happens, somebody can find
what was left. Segments carry the upload's id in their names, so two attempts at one image never touch each other's.
"""
import re
import time
import urllib.parse

from essex import concurrency
from essex.client.object import ObjectError
from glance.exception import DuplicateData, SizeMismatch, StoreUnavailable
from glance.store.swift.feed import Feed, Part

_NOTES = '.partial/'
_NOTE = re.compile(r'\.partial/([^./]+)\.([^./]+)')
_TYPE = {'Content-Type': 'application/octet-stream'}
# Of a whole datum: which upload made it, and of one in segments what it should come to.
UPLOAD, SIZE, SEGMENTS = 'X-Object-Meta-Upload-Id', 'X-Object-Meta-Image-Size', 'X-Object-Meta-Segments'
MANIFEST = 'X-Object-Manifest'
# Of a note: the storage URL of the account where the data is, when that is another one, and the trust of its owner.
WHERE, TRUST = 'X-Object-Meta-Where', 'X-Object-Meta-Trust'
# How long a manifest may take to show its last segment, in seconds.
_LISTED_IN = 20


class Place:
    """A container. `client` is its account's ObjectClient; `where` is the storage URL of an account not the store's,
    `trust` the Trust of that account's owner which the client works by."""

    def __init__(self, client, container, where=None, trust=None):
        self.client, self.container, self.where, self.trust = client, container, where, trust

    def end_trust(self):
        """Take the owner's trust back, if there is one."""
        if self.trust:
            self.trust.end()

    def head(self, name, **headers):
        """An object's headers, None when there is no such object."""
        try:
            return self.client.head(self.container, name, headers)
        except ObjectError as error:
            if error.status == 404:
                return None
            raise

    def delete(self, name):
        """Delete an object. Idempotent."""
        return self.client.delete(self.container, name)


class Upload:
    """Puts data into `place`; `segment` is the bytes of a segment."""

    def __init__(self, store, place, image_id, upload_id, segment):
        self._store, self._place, self._segment = store, place, segment
        self.image_id, self.upload_id = plain(image_id), plain(upload_id)
        self._prefix = f'{image_id}-{upload_id}-'
        # How many segments there may be, and whether the whole may be there without an answer that said so.
        self._segments, self._unsure = 0, False

    def run(self, chunks, size, segmented):
        """Store `chunks`; raises what went wrong: then `undo` is to be called."""
        self._refuse_duplicate()
        feed = Feed(chunks)
        try:
            if segmented:
                self._put_segments(feed, size)
            else:
                self._put_whole(feed, size)
        except BaseException as error:
            self._unsure = feed.ended and getattr(error, 'status', None) is None
            if feed.error is not None and feed.error is not error:
                raise feed.error from None
            if isinstance(error, ObjectError) and error.status == 412:
                raise self._duplicate() from error
            raise

    def undo(self):
        """Remove whatever there is of it. Raises ObjectError when the object storage is not there to do so."""
        if self._unsure and self._place.head(self.image_id) is None:
            # Unseen it may still arrive, behind an answer that was lost. What is deleted now stays deleted then.
            self._place.delete(self.image_id)
        remove(self._place, self.image_id, self.upload_id, self._segments)

    def _duplicate(self):
        return DuplicateData(store=self._store, image_id=self.image_id)

    def _refuse_duplicate(self):
        if self._place.head(self.image_id) is not None:
            raise self._duplicate()

    def _put_whole(self, feed, size):
        # Never over another's data, whatever went wrong before.
        self._put(self.image_id, feed, size, {'If-None-Match': '*', UPLOAD: self.upload_id})
        self._check_end(feed, size)

    def _put(self, name, feed, limit, headers=None, sized=True):
        part = Part(feed, limit)
        body = self._exactly(part, feed, limit) if sized else part
        stored = self._place.client.put(self._place.container, name, body, limit if sized else None,
                                        {**_TYPE, **(headers or {})})
        if stored != part.md5:
            raise StoreUnavailable(store=self._store, problem='what it stored is not what it was sent')

    @staticmethod
    def _exactly(part, feed, size):
        """Refuse to end early: the other side would wait for the rest."""
        before = feed.size
        yield from part
        if feed.size - before != size:
            raise SizeMismatch(announced=size, received=feed.size - before)

    @staticmethod
    def _check_end(feed, size):
        if feed.more():
            raise SizeMismatch(announced=size, received=f'more than {size}')

    def _put_segments(self, feed, size):
        left = size
        while feed.more() and left != 0:
            # An expired or revoked token shows here, where it can be replaced: not in the middle of the data.
            self._refuse_duplicate()
            limit = self._segment if left is None else min(self._segment, left)
            self._segments += 1
            self._put(f'{self._prefix}{self._segments:05}', feed, limit, sized=left is not None)
            left = left if left is None else left - limit
        if left:
            raise SizeMismatch(announced=size, received=feed.size)
        self._check_end(feed, size)
        self._put_manifest(feed.size)

    def _put_manifest(self, size):
        headers = {**_TYPE, 'If-None-Match': '*', MANIFEST: f'{quoted(self._place.container)}/{self._prefix}',
                   UPLOAD: self.upload_id, SIZE: str(size), SEGMENTS: str(self._segments)}
        self._place.client.put(self._place.container, self.image_id, headers=headers)
        # A manifest stands for the segments that the container lists, and that list may lag behind.
        end = time.monotonic() + _LISTED_IN
        while (now := self._place.client.head(self._place.container, self.image_id).get('Content-Length')) != str(size):
            if now is None:
                return   # more segments than it counts at a time
            if time.monotonic() > end:
                raise StoreUnavailable(store=self._store, problem=f'it lists {now} of {size} bytes that it has stored')
            concurrency.sleep(0.2)


def remove(place, image_id, upload_id, segments=0):
    """Remove what one upload left, whole or not; `segments` is how many there may be that are not listed yet."""
    found = place.head(image_id, **{'X-Newest': 'true'})
    if found is not None and found.get(UPLOAD) == upload_id:
        place.delete(image_id)
    remove_segments(place, f'{image_id}-{upload_id}-', segments)


def remove_segments(place, prefix, segments=0):
    """Delete the segments with a prefix, listed or not."""
    unlisted = {f'{prefix}{number:05}' for number in range(1, segments + 1)}
    for name in sorted(unlisted.union(place.client.names(place.container, prefix))):
        place.delete(name)


def note(image_id, upload_id):
    """The name of an upload's note."""
    return f'{_NOTES}{plain(image_id)}.{plain(upload_id)}'


def notes(place, image_id=None):
    """(image id, upload id) of each note there is, or each on an image."""
    for name in place.client.names(place.container, f'{_NOTES}{plain(image_id)}.' if image_id else _NOTES):
        match = _NOTE.fullmatch(name)
        if match:
            yield match[1], match[2]


def plain(name):
    """`name`, which becomes part of an object's: ids come from outside."""
    if not name or '/' in name or '.' in name:
        raise ValueError(f'{name!r} cannot name an object')
    return name


def quoted(name):
    """A container's name as a manifest has it."""
    return urllib.parse.quote(name, safe='')
