"""Devices: the directories objects and databases are kept in, one a disk."""
import os

from swift import conf as options
from swift.exceptions import DriveFull, DriveNotMounted


class Devices:
    """The devices below `devices` (/srv/node). Options: devices, mount_check, fallocate_reserve (bytes or `1%`)."""

    def __init__(self, conf):
        self.root = conf.get('devices', '/srv/node')
        self.mount_check = options.boolean(conf, 'mount_check', True)
        self._reserve, self._percent = _reserve(conf.get('fallocate_reserve', '1%'))

    def path(self, device):
        """The directory of a device. Raises DriveNotMounted when it is not there to be used."""
        if not device or '/' in device or '\0' in device or device in ('.', '..'):
            raise DriveNotMounted(device)
        path = os.path.join(self.root, device)
        if not (os.path.ismount(path) if self.mount_check else os.path.isdir(path)):
            raise DriveNotMounted(device)
        return path

    def names(self):
        """The devices that are there."""
        try:
            found = sorted(os.listdir(self.root))
        except FileNotFoundError:
            return []
        return [name for name in found if self._usable(name)]

    def _usable(self, name):
        try:
            return bool(self.path(name))
        except DriveNotMounted:
            return False

    def facts(self):
        """[{name, total_bytes, free_bytes}] of the devices that are there."""
        found = []
        for name in self.names():
            usage = os.statvfs(os.path.join(self.root, name))
            found.append({'name': name, 'total_bytes': usage.f_blocks * usage.f_frsize,
                          'free_bytes': usage.f_bavail * usage.f_frsize})
        return found

    def check_room(self, path, size=0):
        """See that `size` bytes fit on the file system of `path` and leave the reserve. Raises DriveFull."""
        usage = os.statvfs(path)
        free = usage.f_bavail * usage.f_frsize - size
        left = free * 100 / (usage.f_blocks * usage.f_frsize or 1) if self._percent else free
        if free < 0 or left < self._reserve:
            raise DriveFull(path)


def _reserve(text):
    text = text.strip()
    if text.endswith('%'):
        return options.number({'fallocate_reserve': text[:-1]}, 'fallocate_reserve', 0, 0), True
    return options.integer({'fallocate_reserve': text}, 'fallocate_reserve', 0, 0), False


def file_system(path):
    """The kind of file system `path` is on (`xfs`, `ext4`...), or '' when the kernel does not say."""
    number = os.stat(path).st_dev
    wanted, kind = f'{os.major(number)}:{os.minor(number)}', ''
    try:
        with open('/proc/self/mountinfo', encoding='utf-8', errors='replace') as file:
            for line in file:
                mount, _, rest = line.partition(' - ')
                if mount.split()[2] == wanted:
                    kind = rest.split()[0]
    except FileNotFoundError:
        return ''
    return kind
