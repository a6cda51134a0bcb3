"""Reading archives of strangers: streamed, with bounds on everything a header can ask for."""
import bz2
import tarfile
import zlib

from essex import concurrency

_HEADER_LIMIT = 1 << 17     # bytes of extended headers: a name and extended attributes
_EACH = 1 << 13             # bytes that a header counts for besides its own: each is a step deeper into the stack
_PIECE = 65536
# Compressed streams that an archive may be of in any case, and one more for so many bytes: each is work, even if empty.
_STREAMS, _OF_A_STREAM = 1000, 512
_EXTENDED = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
             tarfile.SOLARIS_XHDTYPE)


class ArchiveError(ValueError):
    """This is no archive we read."""


class _Member(tarfile.TarInfo):
    # tarfile reads an extended header as a whole, however large it says it is, holds all those before a member, keeps
    # what is said of all members, and follows maps of sparse files without end: with a compressed archive a few
    # kilobytes would fill our memory.
    def _proc_member(self, archive):
        if self.size < 0:
            raise ArchiveError('a size below zero')
        archive.extended = archive.extended + self.size + _EACH if self.type in _EXTENDED else 0
        archive.kept += self.size if self.type == tarfile.XGLTYPE else 0
        if max(archive.extended, archive.kept) > _HEADER_LIMIT:
            raise ArchiveError('extended headers are too large')
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise ArchiveError('sparse files are not supported')
        return super()._proc_member(archive)

    def _refuse_sparse(self, *_):
        raise ArchiveError('sparse files are not supported')

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse


class _Archive(tarfile.TarFile):
    extended = kept = 0     # bytes of the extended headers before a member, and of those about all members


class _Decompressed:
    """A file over compressed bytes that never holds more than a piece of what they decompress to."""

    def __init__(self, source, make, failures):
        self._source, self._make, self._failures = source, make, failures
        self._engine, self._input, self._out = make(), b'', b''
        self._streams, self._size = 1, 0

    def read(self, size):
        """`size` bytes, fewer at the end."""
        pieces, left = [], size
        while left:
            if not self._out and not self._more():
                break
            piece, self._out = self._out[:left], self._out[left:]
            pieces.append(piece)
            left -= len(piece)
        return b''.join(pieces)

    def _more(self):
        while not self._out:
            if self._engine.eof:
                # Archives may be several compressed streams, one after the other.
                self._streams += 1
                if self._streams > _STREAMS + self._size // _OF_A_STREAM:
                    raise ArchiveError('is in too many pieces, with hardly anything in them')
                self._input, self._engine = self._engine.unused_data, self._make()
                if not self._input:
                    self._input = self._source.read(_PIECE)
                if not self._input.strip(b'\0'):
                    return False
            # A little input may be much output: others have their turn.
            concurrency.sleep(0)
            try:
                self._out = self._step()
            except self._failures as error:
                raise ArchiveError(f'cannot be decompressed: {error}') from error
            self._size += len(self._out)
            if not self._out and not self._engine.eof and not self._pending():
                self._input = self._source.read(_PIECE)
                if not self._input:
                    raise ArchiveError('ends too early')
        return True

    def _pending(self):
        return bool(self._input)

    def _step(self):
        out = self._engine.decompress(self._input, _PIECE)
        self._input = self._engine.unconsumed_tail
        return out


class _Bz2(_Decompressed):
    def _step(self):
        out = self._engine.decompress(self._input, _PIECE)
        self._input = b''
        return out

    def _pending(self):
        return not self._engine.needs_input


class _Source:
    """The request's body, read in full pieces as tarfile wants them."""

    def __init__(self, stream):
        self._stream = stream

    def read(self, size):
        pieces, left = [], size
        while left:
            piece = self._stream.read(left)
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b''.join(pieces)


class _File:
    """A member's bytes."""

    def __init__(self, file):
        self._file = file

    def read(self, size=-1):
        try:
            return self._file.read(size)
        except tarfile.TarError as error:
            raise ArchiveError(str(error)) from error


KINDS = {'tar': _Source,
         'tar.gz': lambda source: _Decompressed(source, lambda: zlib.decompressobj(31), zlib.error),
         'tar.bz2': lambda source: _Bz2(source, bz2.BZ2Decompressor, OSError)}


def members(stream, kind):
    """(TarInfo, file) of each regular file of an archive of `kind` (a key of KINDS), to be read in this order.

    Directories, links, devices and FIFOs are left out. Raises ArchiveError.
    """
    try:
        with _Archive.open(mode='r|', fileobj=KINDS[kind](stream), tarinfo=_Member, bufsize=_PIECE) as archive:
            for member in archive:
                archive.members = []    # tarfile would remember every one
                if member.isreg():
                    yield member, _File(archive.extractfile(member))
    except (tarfile.TarError, EOFError, OverflowError, RecursionError, UnicodeError) as error:
        raise ArchiveError(str(error) or type(error).__name__) from error
