"""One attempt to put an image's data into a bucket: whole, or in parts that are sent side by side."""
import hashlib
import os
import tempfile

from essex import concurrency, config

# Of an object: which upload made it.
UPLOAD = 'upload-id'
# S3 takes so many parts; after each thousand they grow, so that these hold an image of any size.
_GROW_AFTER = 1000


class Upload:
    """`part` is the bytes of a part, `wide` how many are sent at once at most."""

    def __init__(self, bucket, image_id, upload_id, part, wide):
        self._bucket, self.image_id, self._part, self._wide = bucket, image_id, part, wide
        self._metadata = {UPLOAD: upload_id}
        self._jobs, self._done = [], []

    def run(self, chunks, whole, begun):
        """Store `chunks`, in one piece with `whole`; returns how many bytes. `begun(id)` is told S3's id of the parts
        before the first is sent. Raises what went wrong, no part still on its way."""
        if whole:
            return self._put_whole(chunks)
        pieces = self._pieces(chunks)
        first = next(pieces, b'')
        if len(first) < self._part:   # all of it
            self._bucket.put(self.image_id, first, self._metadata)
            return len(first)
        upload = self._bucket.begin(self.image_id, self._metadata)
        begun(upload)
        size = 0
        try:
            for number, data in enumerate(_chain(first, pieces), 1):
                size += len(data)
                self._send(upload, number, data)
        finally:
            self._settle()
        self._collect(len(self._jobs))
        self._bucket.finish(self.image_id, upload, self._done)
        return size

    def _put_whole(self, chunks):
        """Store all of `chunks` at once: S3 wants size and digest first, so it waits in a file, not in memory."""
        digest, directory = hashlib.md5(usedforsecurity=False), os.path.dirname(config.state_file('s3', 'upload'))
        with tempfile.SpooledTemporaryFile(max_size=self._part, dir=directory) as file:
            for chunk in chunks:
                concurrency.in_thread(digest.update, chunk)
                concurrency.in_thread(file.write, chunk)
            size = file.tell()
            file.seek(0)
            self._bucket.put(self.image_id, file, self._metadata, digest.digest())
        return size

    def _send(self, upload, number, data):
        self._collect(len(self._jobs) + 1 - self._wide)
        self._jobs.append(concurrency.spawn(self._bucket.put_part, self.image_id, upload, number, data))

    def _collect(self, count):
        """Wait for the first `count` parts under way."""
        for _ in range(max(0, count)):
            self._done.append(self._jobs.pop(0).wait())

    def _settle(self):
        """Wait for every part, that none arrives after it was undone; what failed is raised by `_collect`."""
        for job in self._jobs:
            try:
                job.wait()
            except Exception:
                continue   # _collect waits for it again

    def _pieces(self, chunks):
        """Parts of `chunks`; a chunk holds until the next but one only, so they are copied."""
        number, data = 0, bytearray()
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                wanted = self._part * (1 + number // _GROW_AFTER) - len(data)
                data += view[:wanted]
                view = view[wanted:]
                if len(data) >= self._part * (1 + number // _GROW_AFTER):
                    yield bytes(data)
                    number, data = number + 1, bytearray()
        if data:
            yield bytes(data)


def _chain(first, rest):
    yield first
    yield from rest
