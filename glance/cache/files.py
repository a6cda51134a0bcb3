"""The cache on disk: whole copies under their images' ids, and beside them what is not whole.

    <image>              a whole copy
    incomplete/<image>   one that is coming in; whoever writes it holds a lock on it, which dies with its process
    invalid/<image>      one that came in wrong, until it is cleaned away
    queue/<image>        an empty file: the image is wanted here
"""
import contextlib
import fcntl
import os
import re
import time

from essex.exception import ConfigError

_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
INCOMPLETE, INVALID, QUEUE = 'incomplete', 'invalid', 'queue'


class Files:
    """The directory of a cache."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)

    def check(self):
        """Make the directories. Raises ConfigError."""
        try:
            for name in (INCOMPLETE, INVALID, QUEUE):
                os.makedirs(os.path.join(self.directory, name), mode=0o750, exist_ok=True)
        except OSError as error:
            raise ConfigError(f'image_cache_dir: {self.directory} cannot be made: {error.strerror}.') from error
        if not os.access(os.path.join(self.directory, INCOMPLETE), os.W_OK | os.X_OK):
            raise ConfigError(f'image_cache_dir: {self.directory} is not writable by this user.')

    def path(self, image_id, kind=''):
        """The path of an image's file."""
        if not _ID.fullmatch(image_id):
            raise ValueError(f'{image_id!r} names no image')
        return os.path.join(self.directory, kind, image_id)

    def ids(self, kind=''):
        """The ids that have a file of a kind, the oldest file first."""
        found = []
        for each in os.scandir(os.path.join(self.directory, kind)):
            if _ID.fullmatch(each.name):
                with contextlib.suppress(FileNotFoundError):
                    found.append((each.stat().st_mtime, each.name))
        return [name for _, name in sorted(found)]

    def has(self, image_id, kind=''):
        """Whether there is one."""
        return os.path.exists(self.path(image_id, kind))

    def remove(self, image_id, kind=''):
        """Remove one; returns whether there was one."""
        try:
            os.unlink(self.path(image_id, kind))
        except FileNotFoundError:
            return False
        return True

    def want(self, image_id):
        """Put an image into the queue; returns whether it was not there."""
        try:
            os.close(os.open(self.path(image_id, QUEUE), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
        except FileExistsError:
            return False
        return True

    def begin(self, image_id):
        """An open file for a copy that comes in, or None when another process or thread writes one."""
        path = self.path(image_id, INCOMPLETE)
        file = open(path, 'ab', buffering=0, opener=_private)   # noqa: SIM115 - whoever asked closes it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file.fileno()).st_ino == os.stat(path).st_ino:
                file.truncate(0)   # a dead one's
                return file
        except (BlockingIOError, FileNotFoundError):
            pass   # as when it was finished or given up since it was opened
        file.close()
        return None

    def older(self, kind, seconds):
        """The ids whose file of a kind nobody has written to for so long."""
        before = time.time() - seconds
        for image_id in self.ids(kind):
            with contextlib.suppress(FileNotFoundError):
                if os.stat(self.path(image_id, kind)).st_mtime <= before:
                    yield image_id


def _private(path, flags):
    """Opens a file that other users of the host may not read, wherever the directory is."""
    return os.open(path, flags, 0o640)
