"""Volumes of guests on this host: files, which the user guests run as must be able to open."""
import os

from nova.virt import exception
from nova.virt.libvirt import host


def hand_over(disk, owner):
    """Give the file of a VolumeDisk to (user id, group id), who guests run as; None leaves that to libvirt.

    Raises HypervisorError when the volume is none that a guest of this host can use.
    """
    kind, path = disk.connection.get('type'), disk.connection.get('path')
    if kind != 'file':
        raise exception.HypervisorError(f'Volume {disk.volume_id} cannot be used by a real guest: the volume driver '
                                        f'keeps it as {kind}, libvirt needs a file.')
    if not os.path.exists(path):
        raise exception.HypervisorError(f'Volume {disk.volume_id} is not on the host of the server: its file is '
                                        'missing.')
    if owner:
        os.chown(path, *owner)
        os.chmod(path, 0o600)


def take_back(disk):
    """Give the file of a VolumeDisk to whom its directory belongs, if it is here."""
    path = disk.connection.get('path')
    if path and os.path.exists(path) and os.geteuid() == 0:
        keeper = os.stat(os.path.dirname(path))
        os.chown(path, keeper.st_uid, keeper.st_gid)


def cache_mode(disk):
    """How the host caches a VolumeDisk."""
    return host.cache_mode(os.path.dirname(disk.connection['path']))
