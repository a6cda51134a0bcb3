"""Conversion of imported data by qemu-img, which is told the format and limited in what it may use."""
import json
import os
import signal
import subprocess

from oslo_config import cfg

from essex import concurrency, config
from glance.exception import DangerousImage, FormatMismatch, ImageTooLarge, TransformFailed
from glance.image.formats import Inspection

OPTS = [
    cfg.StrOpt('output_format', default='raw', choices=['raw', 'qcow2', 'vmdk', 'vhdx', 'vdi'],
               help='The disk_format that image_conversion makes of others.'),
    cfg.IntOpt('memory', default=4 * 1024 ** 3, min=64 * 1024 ** 2, help='Bytes of memory qemu-img may use.'),
    cfg.IntOpt('seconds', default=3600, min=1, help='Seconds qemu-img may take, and processor seconds it may use.'),
]
CONF = config.register(OPTS, 'image_conversion')

NAME = 'image_conversion'
_CHUNK = 4 * 1024 * 1024
# What qemu-img calls the formats. Others are left as they are.
_QEMU = {'raw': 'raw', 'qcow2': 'qcow2', 'vmdk': 'vmdk', 'vhd': 'vpc', 'vhdx': 'vhdx', 'vdi': 'vdi'}


def make(image, shelf, source, target, limit, beat):
    """Convert the file `source` into `target`; returns its size and what the image then is.

    None where there is nothing to do. Raises TransformFailed, ImageTooLarge, DangerousImage.
    """
    wanted = CONF.image_conversion.output_format
    if image.disk_format == wanted or image.disk_format not in _QEMU or image.container_format != 'bare':
        return None
    _inspect(image, shelf, source, beat)
    path = shelf.path(source)
    facts = json.loads(_run(['qemu-img', 'info', '--output=json', '-f', _QEMU[image.disk_format], path]))
    limit = min(limit, shelf.room())
    if facts['virtual-size'] > limit:
        raise ImageTooLarge(limit=limit)
    if facts.get('backing-filename') or facts.get('format-specific', {}).get('data', {}).get('data-file'):
        raise DangerousImage(problem='it names another file')
    made = shelf.half(target)
    try:
        _run(['qemu-img', 'convert', '-f', _QEMU[image.disk_format], '-O', _QEMU[wanted], path, made], limit)
        concurrency.in_thread(_publish, made, shelf.path(target))
    finally:
        shelf.discard_half(target)
    return os.stat(shelf.path(target)).st_size, {'disk_format': wanted}


def _inspect(image, shelf, source, beat):
    """Look for other files it may name before qemu-img would open them. Raises DangerousImage, TransformFailed."""
    inspection = Inspection(image.disk_format, image.container_format, enforce=True)
    try:
        with shelf.open(source) as file:
            while chunk := concurrency.in_thread(file.read, _CHUNK):
                inspection.feed(chunk)
                beat()
        inspection.finish()
    except FormatMismatch as error:
        raise TransformFailed(plugin=NAME, problem=str(error)) from error


def _run(arguments, file_size=None):
    """The output of a program, bounded in time, memory and what it writes; no network, no shell."""
    options = CONF.image_conversion
    limits = [f'--as={options.memory}', f'--cpu={options.seconds}']
    if file_size is not None:
        # Some room for what formats add to the data.
        limits.append(f'--fsize={file_size + file_size // 64 + 16 * 1024 * 1024}')
    try:
        process = subprocess.Popen(['prlimit', *limits, '--', *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace',
                                   start_new_session=True, umask=0o027, env={**os.environ, 'LC_ALL': 'C'})
    except FileNotFoundError as error:
        raise TransformFailed(plugin=NAME, problem='qemu-img is not installed on this node (qemu-utils)') from error
    try:
        output, problem = process.communicate(timeout=options.seconds)
    except BaseException as error:
        # Not only when it takes too long: an import that is given up must not leave it running either.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise TransformFailed(plugin=NAME, problem=f'qemu-img takes more than {options.seconds} seconds') from error
        raise
    if process.returncode != 0:
        # The user is not told where on the node the file was.
        raise TransformFailed(plugin=NAME, problem=f'qemu-img ended with status {process.returncode}: '
                                                   f'{problem.strip().rpartition(": ")[2][:200]}')
    return output


def _publish(half, final):
    """Make the file safe from a crash, then whole under its own name."""
    descriptor = os.open(half, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(half, final)
