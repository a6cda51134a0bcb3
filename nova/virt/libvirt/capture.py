"""A stand-alone image of a server's root disk, taken while its guest runs.

QEMU mirrors the disk into a new file; when the file has caught up the mirror is ended, and what it holds is the
disk at that instant. The guest is never stopped.
"""
import contextlib
import os
import shutil
import time

from essex import concurrency
from nova.compute import states
from nova.virt import exception
from nova.virt.libvirt import qemu_img, xml

_POLL_SECONDS = 0.1
_FORMAT = 'qcow2'
_COPY = 'capture'


def capture(guests, disks, uuid, path, owner=None, timeout=3600):
    """Write the image to `path`; returns its format. What an interrupted capture left is replaced.

    `owner` is who the guest runs as: it has to write the copy.
    """
    root = next((disk for disk in disks.of(uuid) if disk.role == 'root'), None)
    if root is None:
        raise exception.HypervisorError(what='capture', instance_uuid=uuid, reason='it has no root disk here')
    info = guests.info(uuid)
    copy = disks.path(uuid, _COPY)
    try:
        if info is not None and info.state in (states.RUNNING, states.POWER_PAUSED):
            _mirror(guests, uuid, root, copy, owner, time.monotonic() + timeout)
        else:
            _remove(copy)
            qemu_img.convert(root.path, root.format, copy, _FORMAT, untrusted=False)
        concurrency.in_thread(_hand_over, copy, path)
    finally:
        _remove(copy)
    return _FORMAT


def clean(guests, disks):
    """Have no capture going on: for the start, when nobody waits for one."""
    for uuid in disks.uuids():
        copy = disks.path(uuid, _COPY)
        if os.path.exists(copy):
            text = guests.xml(uuid)
            if text:
                guests.end_copy(uuid, xml.root_device(text))
            _remove(copy)


def _mirror(guests, uuid, root, copy, owner, deadline):
    device = xml.root_device(guests.xml(uuid))
    guests.end_copy(uuid, device)
    _remove(copy)
    qemu_img.create(copy, qemu_img.info(root.path, root.format)['virtual-size'])
    os.chmod(copy, 0o600)
    if owner:
        os.chown(copy, *owner)
    try:
        guests.copy_disk(uuid, device, copy)
        while not _is_ready(guests, uuid, device):
            if time.monotonic() > deadline:
                raise exception.HypervisorError(what='capture', instance_uuid=uuid, reason='it took too long')
            concurrency.sleep(_POLL_SECONDS)
    finally:
        guests.end_copy(uuid, device)


def _is_ready(guests, uuid, device):
    text = guests.xml(uuid)
    ready = xml.mirror_is_ready(text, device) if text else None
    if ready is None:
        raise exception.HypervisorError(what='capture', instance_uuid=uuid,
                                        reason='the copy ended early: the guest stopped, or the disk is full')
    return ready


def _hand_over(copy, path):
    """Move the image to where it is wanted, and let its new owner read it."""
    os.chown(copy, os.geteuid(), os.getegid())
    os.chmod(copy, 0o600)
    shutil.move(copy, path)


def _remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
