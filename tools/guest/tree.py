"""A file tree with owners and modes, written as a cpio archive or an ext4 file system without being root."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

BLOCK = 4096


@dataclass
class Entry:
    """A file, directory or symbolic link; data is its content or target."""
    mode: int
    data: bytes = b''
    uid: int = 0
    gid: int = 0
    device: tuple = (0, 0)


class Tree:
    def __init__(self):
        self.entries = {}

    def directory(self, path, mode=0o755, uid=0, gid=0):
        if path not in self.entries:
            parent = os.path.dirname(path)
            if parent:
                self.directory(parent)
            self.entries[path] = Entry(stat.S_IFDIR | mode, b'', uid, gid)

    def file(self, path, data, mode=0o644, uid=0, gid=0):
        self.directory(os.path.dirname(path))
        self.entries[path] = Entry(stat.S_IFREG | mode, data, uid, gid)

    def link(self, path, target):
        self.directory(os.path.dirname(path))
        self.entries[path] = Entry(stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path, major, minor, mode=0o600):
        self.directory(os.path.dirname(path))
        self.entries[path] = Entry(stat.S_IFCHR | mode, device=(major, minor))

    def copy(self, source, path, mode=None):
        """A file of the host, by content: symbolic links are followed."""
        source = Path(source)
        mode = mode or (0o755 if os.access(source, os.X_OK) else 0o644)
        self.file(path, source.read_bytes(), mode)

    def overlay(self, directory):
        """Every file under a directory of the source tree; only its executable bit counts."""
        for source in sorted(Path(directory).rglob('*')):
            if source.is_file():
                executable = source.stat().st_mode & stat.S_IXUSR
                self.file(str(source.relative_to(directory)), source.read_bytes(), 0o755 if executable else 0o644)

    def size(self):
        return sum(-(-len(entry.data) // BLOCK) * BLOCK for entry in self.entries.values())

    def write_cpio(self, path):
        """In the "newc" format, which the kernel unpacks; the same tree always gives the same bytes."""
        with open(path, 'wb') as archive:
            for number, (name, entry) in enumerate(sorted(self.entries.items()), 1):
                archive.write(_cpio_member(name, entry, number))
            archive.write(_cpio_member('TRAILER!!!', Entry(0), 0))

    def write_directory(self, path):
        """Owners and devices are left out, as they need root; ext4.make() adds the owners."""
        root = Path(path)
        root.mkdir(parents=True, exist_ok=True)
        for name, entry in sorted(self.entries.items()):
            target = root / name
            if stat.S_ISDIR(entry.mode):
                target.mkdir(exist_ok=True)
            elif stat.S_ISLNK(entry.mode):
                target.symlink_to(entry.data.decode())
            elif stat.S_ISREG(entry.mode):
                target.write_bytes(entry.data)
        for name, entry in sorted(self.entries.items(), reverse=True):
            if not stat.S_ISLNK(entry.mode) and not stat.S_ISCHR(entry.mode):
                (root / name).chmod(stat.S_IMODE(entry.mode))
        root.chmod(0o755)


def _cpio_member(name, entry, number):
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    encoded = name.encode() + b'\0'
    fields = (number, entry.mode, entry.uid, entry.gid, links, 0, len(entry.data), 0, 0, *entry.device, len(encoded), 0)
    head = b'070701' + b''.join(b'%08X' % field for field in fields) + encoded
    return _padded(head) + _padded(entry.data)


def _padded(data):
    return data + b'\0' * (-len(data) % 4)
