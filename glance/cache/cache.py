"""The cache of image data on this node.

Nothing that goes wrong in it fails a download: then the data comes from its store, and the log says why.
"""
import logging
import os
import time

from glance.cache import index
from glance.cache.files import INCOMPLETE, INVALID, QUEUE, Files
from glance.cache.options import CONF
from glance.cache.tee import Tee
from glance.store.filesystem import FileChunks

LOG = logging.getLogger(__name__)


class ImageCache:
    """The directory [DEFAULT] image_cache_dir. Any number of processes may use it. Raises ConfigError."""

    def __init__(self):
        self.files = Files(CONF.image_cache_dir)
        self.files.check()
        self.index = index.load(self.files.directory)

    # -- reading through it

    def read(self, image, offset, length, open_data):
        """An iterator over the image's data: from the cache, else from `open_data()`, which is cached meanwhile.

        Parts of images are taken from the cache only, not put into it.
        """
        found = self._hit(image, offset, length)
        if found is not None:
            return found
        chunks = open_data()
        if offset or length is not None:
            return chunks
        return self._tee(image, chunks) or chunks

    def _hit(self, image, offset=0, length=None):
        try:
            path = self.files.path(image.id)
            source = open(path, 'rb', buffering=0)   # noqa: SIM115 - the iterator closes it
        except FileNotFoundError:
            return None
        except OSError:
            LOG.exception('The cache cannot be read')
            return None
        if image.size is not None and os.fstat(source.fileno()).st_size != image.size:
            LOG.error('The cached copy of image %s has another size than the image: it is given up', image.id)
            source.close()
            self.spoil(image.id)
            return None
        self._guarded('count a read', self.index.hit, image.id, time.time())
        return FileChunks(source, offset, length)

    def _tee(self, image, chunks):
        try:
            file = self.files.begin(image.id)
        except OSError:
            LOG.exception('Nothing can be put into the cache')
            return None
        return Tee(self, image, chunks, file) if file is not None else None

    def keep(self, image, size, checksum):
        """Let a copy that has come in whole be found."""
        now, path = time.time(), self.files.path(image.id, INCOMPLETE)
        self.index.add(index.Entry(image.id, size, checksum, now, now), path)
        os.rename(path, self.files.path(image.id))
        self.files.remove(image.id, QUEUE)

    def spoil(self, image_id, kind=''):
        """Put a copy that is not what it should be aside."""
        try:
            os.rename(self.files.path(image_id, kind), self.files.path(image_id, INVALID))
        except OSError as error:
            LOG.error('The cached copy of image %s cannot be put aside: %s', image_id, error)
        self._guarded('forget a copy', self.index.remove, image_id)

    def fetch(self, image, open_data):
        """Bring an image into the cache; returns whether it is there now. Raises what `open_data` does."""
        if self.has(image.id):
            self.files.remove(image.id, QUEUE)
            return True
        chunks = open_data()
        tee = self._tee(image, chunks)
        if tee is None:
            chunks.close()   # another process is about it
            return False
        for _ in tee:
            pass
        return self.has(image.id)

    @staticmethod
    def _guarded(what, function, *args):
        try:
            return function(*args)
        except Exception:
            LOG.exception('The cache could not %s', what)
            return None

    # -- what is there

    def has(self, image_id):
        """Whether a whole copy is there."""
        return self.files.has(image_id)

    def entries(self):
        """Every Entry whose copy is there, the one read longest ago first."""
        return [entry for entry in self.index.entries() if self.files.has(entry.image_id)]

    def nodes(self, image_id):
        """The nodes that have the image; None where only this one is known."""
        return self.index.nodes(image_id)

    def delete(self, image_id):
        """Take an image out of the cache; returns whether it was there."""
        there = self.files.remove(image_id)
        self.index.remove(image_id)
        return there

    def forget(self, image_id):
        """Take a deleted image out of the cache and its queue, whatever state they are in."""
        self._guarded('forget an image', self.files.remove, image_id, QUEUE)
        self._guarded('forget an image', self.delete, image_id)

    def clear(self):
        """Take every image out of the cache; returns how many."""
        return sum(self.delete(image_id) for image_id in self.files.ids())

    # -- the queue

    def queued(self):
        """The ids of images that are wanted here, the one that waits longest first."""
        return self.files.ids(QUEUE)

    def want(self, image_id):
        """Queue an image, unless it is here or queued; returns whether it was queued now."""
        return not self.has(image_id) and self.files.want(image_id)

    def unwant(self, image_id):
        """Take an image out of the queue; returns whether it was there."""
        return self.files.remove(image_id, QUEUE)

    def clear_queue(self):
        """Empty the queue; returns how many were in it."""
        return sum(self.unwant(image_id) for image_id in self.queued())

    # -- keeping it in bounds

    def prune(self):
        """Take the images read longest ago out until the rest is within image_cache_max_size; (how many, bytes)."""
        entries = self.entries()
        size, count, freed = sum(entry.size for entry in entries), 0, 0
        for entry in entries:
            if size - freed <= CONF.image_cache_max_size:
                break
            if self.delete(entry.image_id):
                count, freed = count + 1, freed + entry.size
        return count, freed

    def clean(self):
        """Remove spoilt copies, those that stalled, and notes and files that lack each other; returns how many."""
        done = sum(self.files.remove(image_id, INVALID) for image_id in self.files.ids(INVALID))
        for image_id in list(self.files.older(INCOMPLETE, CONF.image_cache_stall_time)):
            file = self.files.begin(image_id)
            if file is not None:   # else it is slow, but alive
                with file:
                    done += self.files.remove(image_id, INCOMPLETE)
        noted, there = {entry.image_id for entry in self.index.entries()}, set(self.files.ids())
        for image_id in there - noted:
            done += self.files.remove(image_id)
        for image_id in noted - there:
            # It may be about to be renamed: then it is there by now, or will be without a note until the next round.
            if not self.files.has(image_id) and not self.files.has(image_id, INCOMPLETE):
                self.index.remove(image_id)
                done += 1
        return done
