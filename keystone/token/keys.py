"""A directory of Fernet keys, as published: one key a file, named by a number.

0 is staged (next to sign), the highest number is primary (signs), the others only verify. Rotation makes 0 the
new primary, puts a new 0 in place and removes the oldest beyond the number to keep. A daemon sees a changed
directory by itself.
"""
import contextlib
import os
import shutil
import time

from cryptography.fernet import Fernet, MultiFernet

from keystone.exception import KeysMissing

# Seconds between two looks at the directory.
_LOOK_EVERY = 1.0


class KeyRepository:
    """The keys in one directory. `command` is what an operator runs to make them."""

    def __init__(self, path, command='fernet_setup', max_active_keys=3):
        self.path, self.command, self.max_active_keys = path, command, max_active_keys
        self._crypto, self._state, self._next = None, None, 0.0

    def _numbers(self):
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def _file(self, number):
        return os.path.join(self.path, str(number))

    def keys(self):
        """The keys, primary first. Raises KeysMissing when there are none."""
        numbers = self._numbers()
        if not numbers:
            raise KeysMissing(path=self.path, command=self.command)
        keys = []
        for number in reversed(numbers):
            # Another process may rotate just now.
            with contextlib.suppress(FileNotFoundError), open(self._file(number), 'rb') as file:
                keys.append(file.read().strip())
        return keys

    def _fingerprint(self):
        """What differs after a rotation: names, times and sizes."""
        with os.scandir(self.path) as entries:
            files = [(entry.name, entry.stat()) for entry in entries if entry.name.isdigit()]
        return sorted((name, status.st_mtime_ns, status.st_ino, status.st_size) for name, status in files)

    def crypto(self):
        """A MultiFernet of the keys as they are now. Raises KeysMissing."""
        now = time.monotonic()
        if self._crypto is None or now >= self._next:
            try:
                state = self._fingerprint()
            except FileNotFoundError:
                state = []
            if self._crypto is None or state != self._state:
                self._crypto = MultiFernet([Fernet(key) for key in self.keys()])
                self._state = state
            self._next = now + _LOOK_EVERY
        return self._crypto

    def setup(self, uid=None, gid=None):
        """Make the directory and its first keys; returns False when there are keys already."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        _own(self.path, uid, gid)
        if self._numbers():
            return False
        self._write(1, uid, gid)
        self._write(0, uid, gid)
        return True

    def rotate(self, uid=None, gid=None):
        """Staged becomes primary, a new key is staged, the oldest go; returns the numbers removed."""
        numbers = self._numbers()
        if not numbers:
            raise KeysMissing(path=self.path, command=self.command)
        # A directory without staged key (written by hand) gets one first.
        if numbers[0] != 0:
            self._write(0, uid, gid)
            numbers.insert(0, 0)
        os.rename(self._file(0), self._file(numbers[-1] + 1))
        numbers = [*numbers[1:], numbers[-1] + 1]
        self._write(0, uid, gid)
        # The staged key is one of those that count.
        spare = numbers[:max(0, len(numbers) + 1 - max(2, self.max_active_keys))]
        for number in spare:
            os.unlink(self._file(number))
        return spare

    def _write(self, number, uid=None, gid=None):
        """A new key, complete from its first moment under this name."""
        temporary = os.path.join(self.path, f'.{number}.{os.getpid()}')
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        _own(temporary, uid, gid)
        os.rename(temporary, self._file(number))


def _own(path, uid, gid):
    if uid is not None or gid is not None:
        shutil.chown(path, uid if uid is not None else -1, gid if gid is not None else -1)
