"""Whether hardware virtualisation works here, found out by using it.

/dev/kvm may open and still not run a guest: on some hosts (nested or paravirtual ones) a guest hangs as soon as its
kernel takes an exception in 64-bit mode. So a boot sector is started that does that and says so on its serial port.
"""
import base64
import json
import logging
import os
import shutil
import subprocess
import tempfile
import time

from essex import concurrency

LOG = logging.getLogger(__name__)

_SECONDS = 5
_WORD = b'64-bit'
# kvm_probe.S, assembled, without the zeros and the signature at the end of the sector.
_SECTOR = base64.b64decode(
    '+jHAjtiOwI7QvAB8/OSSDALmkr8AEDHAuQAo86vHBgAQAyDHBgAgAzDHBgAwgwBmuAAQAAAPItgPIOBmg8ggDyLgZrmAAADADzJm'
    'DQEBAAAPMA8BFvh8DyDAZg0BAAGADyLA6mh8CAAxwI7YjsCO0LwAfAAAvzBAAAC42nwAAGaJB2bHRwIIAGbHRwQAjg8BHCX+fAAA'
    'uYIAAMC42nwAADHSDzC5AgEAwA8wDwH4DwH4DyDYDyLYMdvMg/sqdRG+CH0AAKyEwHQHZrr4A+7r9Ga6AQWwAe706/a7KgAAAEjP'
    'Dx+AAAAAAAAAAAAAAAAA//8AAACarwAPAOh8AAD/DwBAAAAAAAAANjQtYml0Cg==')


def works(directory):
    """Whether guests run under KVM. Tried once per kernel of the host; the answer is kept in `directory`."""
    path = os.path.join(directory, 'kvm-probe.json')
    key = _key()
    try:
        with open(path) as file:
            known = json.load(file)
    except (FileNotFoundError, json.JSONDecodeError):
        known = {}
    if known.get('key') != key:
        problem = probe()
        known = {'key': key, 'works': problem is None, 'problem': problem}
        os.makedirs(directory, exist_ok=True)
        with open(f'{path}.new', 'w') as file:
            json.dump(known, file)
        os.replace(f'{path}.new', path)
        LOG.info('KVM %s', 'works' if known['works'] else f'is not used: {problem}')
    return known['works']


def probe():
    """Start the boot sector under KVM; returns None when it ran, else what went wrong."""
    qemu = shutil.which('qemu-system-x86_64')
    if qemu is None:
        return 'qemu-system-x86_64 is not installed'
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return '/dev/kvm cannot be opened: no hardware virtualisation, or no permission'
    return run([qemu, '-accel', 'kvm', '-cpu', 'host'])


def run(qemu):
    """Start the boot sector in the QEMU of the command `qemu`; returns None or what went wrong."""
    with tempfile.TemporaryDirectory(prefix='essex-kvm-') as directory:
        disk, serial = os.path.join(directory, 'disk'), os.path.join(directory, 'serial')
        with open(disk, 'wb') as file:
            file.write(_SECTOR.ljust(510, b'\0') + b'\x55\xaa')
        arguments = [*qemu, '-M', 'pc', '-m', '32', '-nodefaults', '-no-user-config', '-display', 'none',
                     '-serial', f'file:{serial}', '-drive', f'file={disk},format=raw,if=ide',
                     '-device', 'isa-debug-exit,iobase=0x501,iosize=2']
        with open(os.path.join(directory, 'output'), 'w+b') as output:
            process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            try:
                return _watch(process, serial, output.name)
            finally:
                process.kill()
                process.wait()


def _watch(process, serial, output):
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if _WORD in _read(serial):
            return None
        said = _read(output).decode(errors='replace')
        if ended or 'internal error' in said:
            return f'a test guest failed: {said.strip().splitlines()[0] if said.strip() else "it said nothing"}'
        concurrency.sleep(0.02)
    return f'a test guest did not reach 64-bit mode in {_SECONDS} s'


def _read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return b''


def _key():
    """Changes with the host's kernel and with QEMU."""
    found = os.uname()
    qemu = shutil.which('qemu-system-x86_64')
    changed = os.stat(qemu).st_mtime if qemu else None
    return f'{found.release} {found.version} {changed} {os.path.exists("/dev/kvm")}'
