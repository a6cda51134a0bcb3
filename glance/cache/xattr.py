"""Notes on the cache in extended attributes of its files: user.hits and user.checksum, beside the files' own times."""
import os
import tempfile

from glance.cache.index import Entry, Index, Unusable

_HITS, _CHECKSUM = 'user.hits', 'user.checksum'


class XattrIndex(Index):
    """Needs a file system with user attributes."""

    def check(self):
        """See Index.check."""
        try:
            with tempfile.NamedTemporaryFile(dir=self.directory, prefix='.') as probe:
                os.setxattr(probe.name, _HITS, b'0')
        except OSError as error:
            raise Unusable(f'{self.directory} takes no attributes: {error.strerror}') from error

    def add(self, entry, path):
        """See Index.add."""
        os.setxattr(path, _HITS, str(entry.hits).encode())
        os.setxattr(path, _CHECKSUM, (entry.checksum or '').encode())
        os.utime(path, (entry.last_accessed, entry.last_modified))

    def hit(self, image_id, now):
        """See Index.hit. Of two at the same moment one may go uncounted."""
        path = self._path(image_id)
        os.setxattr(path, _HITS, str(_hits(path) + 1).encode())
        # Said aloud: file systems are mounted without times of access.
        os.utime(path, (now, os.stat(path).st_mtime))

    def remove(self, image_id):
        """See Index.remove: the notes went with the file."""

    def entries(self):
        """See Index.entries."""
        found = []
        for each in os.scandir(self.directory):
            if not each.is_file() or each.name.startswith('.'):
                continue
            try:
                status, checksum = each.stat(), os.getxattr(each.path, _CHECKSUM).decode()
                found.append(Entry(each.name, status.st_size, checksum or None, status.st_mtime, status.st_atime,
                                   _hits(each.path)))
            except OSError:
                continue   # gone meanwhile, or no image: it has no attributes
        return sorted(found, key=lambda entry: (entry.last_accessed, entry.image_id))

    def _path(self, image_id):
        return os.path.join(self.directory, image_id)


def _hits(path):
    return int(os.getxattr(path, _HITS))
