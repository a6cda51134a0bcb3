"""qemu-img, always told the format, and limited in what an image from outside can make it use."""
import json

from nova.virt import process

_GB = 1 << 30
_INSPECT_SECONDS = 30
_CONVERT_SECONDS = 3600


def info(path, disk_format):
    """What qemu-img says of an image: {'virtual-size', 'backing-filename'?, 'format-specific'?, ...}."""
    output = process.run(['qemu-img', 'info', '--output=json', '-U', '-f', disk_format, path],
                         timeout=_INSPECT_SECONDS, memory=_GB, cpu_seconds=_INSPECT_SECONDS)
    return json.loads(output)


def convert(source, source_format, target, target_format, untrusted=True):
    """Write `source` to the new stand-alone image `target`."""
    limits = {'memory': 4 * _GB, 'cpu_seconds': _CONVERT_SECONDS} if untrusted else {}
    process.run(['qemu-img', 'convert', '-f', source_format, '-O', target_format, source, target],
                timeout=_CONVERT_SECONDS, **limits)


def create_overlay(path, backing, backing_format, size):
    """An empty qcow2 over `backing`, a path relative to its directory."""
    process.run(['qemu-img', 'create', '-q', '-u', '-f', 'qcow2', '-F', backing_format, '-b', backing, path, size],
                timeout=_INSPECT_SECONDS)


def resize(path, size):
    """Make a qcow2 larger."""
    process.run(['qemu-img', 'resize', '-q', '-f', 'qcow2', path, size], timeout=_INSPECT_SECONDS)


def create(path, size):
    """An empty qcow2."""
    process.run(['qemu-img', 'create', '-q', '-f', 'qcow2', path, size], timeout=_INSPECT_SECONDS)
