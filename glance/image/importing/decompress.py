"""Decompression of imported data: gzip, or a zip with one file in it. Never more than the image may have."""
import contextlib
import zipfile
import zlib

from oslo_config import cfg

from essex import concurrency, config
from glance.exception import ImageTooLarge, TransformFailed

OPTS = [
    cfg.IntOpt('max_size', default=256 * 1024 ** 3, min=1,
               help='Bytes that compressed data may become; image_size_cap, the quota of the project and the free '
                    'space of the staging directory bound it too.'),
]
CONF = config.register(OPTS, 'image_decompression')

NAME = 'image_decompression'
_CHUNK = 1024 * 1024
# Compressed bytes taken at a time: what is left of them behind a member of a gzip file is copied.
_PIECE = 65536
# Members that a gzip file may have in any case, and one more for so many bytes: each is work, whatever is in it.
_MEMBERS, _OF_A_MEMBER = 1000, 4096
_ZIPPED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def make(image, shelf, source, target, limit, beat):
    """Decompress the file `source` into `target`; returns its size and what the image then is.

    None where the image does not say that it is compressed. Raises TransformFailed, ImageTooLarge.
    """
    if image.container_format != 'compressed':
        return None
    with shelf.open(source) as file:
        reader = _reader(file, shelf.path(source))
        counted = _Bounded(reader, min(limit, CONF.image_decompression.max_size, shelf.room()), beat)
        try:
            shelf.store.add(target, target, counted)
        except (zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise TransformFailed(plugin=NAME, problem=str(error)[:200] or 'the data is broken') from error
    return counted.size, {'container_format': 'bare'}


def _reader(file, path):
    """An iterator over the decompressed bytes."""
    mark = file.read(8)
    file.seek(0)
    if mark.startswith(b'\x1f\x8b'):
        return _gunzip(file)
    if mark.startswith(b'PK\x03\x04'):
        return _unzip(path)
    if mark[2:5] in (b'-lh', b'-lz'):
        raise TransformFailed(plugin=NAME, problem='LHA archives are not taken here; use gzip or zip')
    raise TransformFailed(plugin=NAME, problem='it is neither gzip nor zip, though its container is called compressed')


def _gunzip(file):
    """Several members, one after another, are one file."""
    rest, members, size = file.read(_PIECE), 0, 0
    while rest:
        members += 1
        if members > _MEMBERS + size // _OF_A_MEMBER:
            raise ValueError('the gzip data is in too many pieces, with hardly anything in them')
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            # At most so much at once, however little it was before: a bomb is noticed as it unfolds.
            data = concurrency.in_thread(member.decompress, rest, _CHUNK)
            if data:
                size += len(data)
                yield data
            rest = member.unconsumed_tail or member.unused_data
            if not rest and not member.eof:
                rest = file.read(_PIECE)
                if not rest and not data:
                    raise EOFError('the gzip data ends early')
        rest = (member.unused_data or file.read(_PIECE)).lstrip(b'\0')   # zeroes may fill a block behind it


def _unzip(path):
    with open(path, 'rb') as file, zipfile.ZipFile(_Careful(file)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) != 1:
            raise ValueError(f'the zip holds {len(entries)} files; an image is one')
        if entries[0].compress_type not in _ZIPPED:
            # The library would unfold a whole piece of these at once, to ten thousand times its size.
            raise ValueError('the zip is compressed in another way than deflate')
        with contextlib.closing(archive.open(entries[0])) as entry:
            while data := concurrency.in_thread(entry.read, _CHUNK):
                yield data


class _Careful:
    """A file that is read in pieces only: a zip's directory is read at once, whatever size it says it has."""

    def __init__(self, file):
        self._file, self.seek, self.tell, self.seekable = file, file.seek, file.tell, file.seekable

    def read(self, count=-1):
        """The next `count` bytes, or the rest. Raises BadZipFile for more than a piece."""
        data = self._file.read(_CHUNK + 1 if count < 0 else min(count, _CHUNK + 1))
        if len(data) > _CHUNK:
            raise zipfile.BadZipFile('the directory of the zip is larger than that of one file can be')
        return data


class _Bounded:
    """Chunks, counted and bounded."""

    def __init__(self, chunks, limit, beat):
        self._chunks, self._limit, self._beat, self.size = chunks, limit, beat, 0

    def __iter__(self):
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise ImageTooLarge(limit=self._limit)
            self._beat()
            yield chunk
