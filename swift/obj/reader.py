"""An object that is open: its metadata, and its bytes, checked while they are read."""
import hashlib
import logging
import os

from essex import concurrency
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)
_allocate_lock = concurrency.original('threading').Lock


class Opened:
    """An open object. Everything here blocks. Usable as a context manager.

    metadata: what counts now; data_metadata: of the .data file; metafile_metadata: of the .meta file or None.
    timestamp: of the latest change; data_timestamp: of the data; content_type_timestamp; size in bytes.
    chosen: the layout.Chosen it was found by.
    """

    def __init__(self, diskfile, fd, size, data_metadata, metafile_metadata, content_type_metadata, chosen):
        self.diskfile, self._fd, self.size, self.chosen = diskfile, fd, size, chosen
        self.data_metadata, self.metafile_metadata = data_metadata, metafile_metadata
        self.data_timestamp = Timestamp(data_metadata['X-Timestamp'])
        self.content_type_timestamp = self.data_timestamp
        self.metadata = self._merge(content_type_metadata)
        self.timestamp = Timestamp(self.metadata['X-Timestamp'])
        self._md5, self._place, self._ended = hashlib.md5(usedforsecurity=False), 0, False
        self._lock = _allocate_lock()

    def _merge(self, content_type_metadata):
        if self.metafile_metadata is None:
            return self.data_metadata
        merged = {name: value for name, value in self.data_metadata.items() if _stays(name)}
        # What is of data is of this data: the file may have been written when there was other data here.
        changed = {name: value for name, value in self.metafile_metadata.items() if not _stays(name)}
        merged = {**changed, **merged, 'X-Timestamp': self.metafile_metadata['X-Timestamp'],
                  'Content-Type': self.data_metadata.get('Content-Type', 'application/octet-stream')}
        merged.pop('Content-Type-Timestamp', None)
        if content_type_metadata is not None and 'Content-Type' in content_type_metadata:
            when = Timestamp(content_type_metadata.get('Content-Type-Timestamp')
                             or content_type_metadata['X-Timestamp'])
            if when > self.data_timestamp:
                merged['Content-Type'], self.content_type_timestamp = content_type_metadata['Content-Type'], when
        return merged

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def read(self, count):
        """Up to `count` bytes from where the last read ended; b'' at the end.

        Who reads the whole from its start is told by Quarantined, before the last bytes, that they are not what was
        put there; the object is gone then. A file that lost its end meanwhile is quarantined too.
        """
        with self._lock:
            if self._fd is None or self._place >= self.size:
                return b''
            data = os.pread(self._fd, min(count, self.size - self._place), self._place)
            self._check(data)
            return data

    def check(self, view, count):
        """As read(), but through the memoryview `view`; returns how many bytes: they can be sent from the file then."""
        left = count
        while left:
            with self._lock:
                if self._fd is None or self._place >= self.size:
                    break
                piece = os.preadv(self._fd, [view[:min(left, self.size - self._place)]], self._place)
                self._check(view[:piece])
            left -= piece
        return count - left

    def _check(self, data):
        if not data:
            raise self.diskfile.quarantine('the file ends before its Content-Length')
        self._place += len(data)
        if self._md5 is not None:
            self._md5.update(data)
            if self._place == self.size and self._md5.hexdigest() != self.data_metadata.get('ETag'):
                raise self.diskfile.quarantine(f'MD5 {self._md5.hexdigest()} is not the ETag '
                                               f'{self.data_metadata.get("ETag")}')

    def fileno(self):
        """Of the file, whose position is where sending from it goes on. Raises ValueError when it is closed."""
        fd = self._fd
        if fd is None:
            raise ValueError('this object is closed')
        return fd

    def seek(self, place):
        """Go on reading at `place`. What is read afterwards is not checked by MD5."""
        with self._lock:
            if place != self._place:
                self._md5 = None
            self._place = os.lseek(self._fd, place, os.SEEK_SET)

    def trust(self):
        """What is read is not checked by MD5."""
        self._md5 = None

    def peek(self, place, count):
        """Up to `count` bytes from `place`, whatever is read otherwise."""
        with self._lock:
            return b'' if self._fd is None else os.pread(self._fd, count, place)

    @property
    def place(self):
        """Where the next read begins."""
        return self._place

    def drop_cache(self):
        """Take what was read out of the page cache."""
        with self._lock:
            if self._fd is not None:
                os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self):
        """Harmless when it is closed."""
        with self._lock:
            fd, self._fd = self._fd, None
            if fd is not None:
                os.close(fd)


_OF_DATA = {'content-length', 'etag', 'x-timestamp', 'deleted', 'name', 'x-static-large-object'}


def _stays(name):
    lower = name.lower()
    return lower in _OF_DATA or lower.startswith('x-object-sysmeta-')


