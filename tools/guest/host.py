"""The machine the image is built on: its commands, packages and the progress lines on its terminal."""

import os
import shutil
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
STARTED = time.monotonic()

# command: the package of Debian and Ubuntu that has it
COMMANDS = {
    'apt-cache': 'apt',
    'apt-get': 'apt',
    'busybox': 'busybox-static',
    'debugfs': 'e2fsprogs',
    'dpkg-deb': 'dpkg',
    'dpkg-query': 'dpkg',
    'dropbear': 'dropbear-bin',
    'dropbearkey': 'dropbear-bin',
    'ldd': 'libc-bin',
    'mcopy': 'mtools',
    'mformat': 'mtools',
    'mke2fs': 'e2fsprogs',
    'openssl': 'openssl',
    'qemu-img': 'qemu-utils',
    'resize2fs': 'e2fsprogs',
    'syslinux': 'syslinux',
}
KERNEL_COMMANDS = {
    'bc': 'bc',
    'bison': 'bison',
    'flex': 'flex',
    'gcc': 'gcc',
    'lz4': 'lz4',
    'make': 'make',
    'perl': 'perl',
    'xz': 'xz-utils',
}
FILES = {
    '/usr/lib/syslinux/mbr/mbr.bin': 'syslinux-common',
}
KERNEL_FILES = {
    '/usr/include/gelf.h': 'libelf-dev',
    '/usr/include/stdio.h': 'libc6-dev',
}


class BuildError(Exception):
    """Says what is wrong and what to do about it; the only exception shown without a traceback."""


def step(text):
    print(f'[{time.monotonic() - STARTED:5.1f} s] {text}', flush=True)


def find(command):
    """Full path of a command; the directories of an administrator count for everyone."""
    path = os.pathsep.join([os.environ.get('PATH', ''), '/usr/local/sbin', '/usr/sbin', '/sbin'])
    return shutil.which(command, path=path)


def run(*command, **options):
    """Runs a command to its end and returns what it printed; a failure shows the end of its output."""
    words = [find(str(command[0])) or str(command[0]), *map(str, command[1:])]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', **options)
    if done.returncode:
        tail = '\n'.join(done.stdout.splitlines()[-15:])
        raise BuildError(f'{" ".join(words)} failed with exit status {done.returncode}:\n{tail}')
    return done.stdout


def check_requirements(own_kernel):
    """Raises BuildError that names every missing package at once."""
    if os.uname().machine != 'x86_64':
        raise BuildError(f'the guest image is for x86_64 and can only be built there, not on {os.uname().machine}')
    commands = {**COMMANDS, **(KERNEL_COMMANDS if own_kernel else {})}
    files = {**FILES, **(KERNEL_FILES if own_kernel else {})}
    missing = {package for command, package in commands.items() if not find(command)}
    missing |= {package for path, package in files.items() if not os.path.exists(path)}
    if not missing and subprocess.run([find('ldd'), find('busybox')], capture_output=True).returncode == 0:
        missing.add('busybox-static')       # the other busybox package, which needs its libraries
    if missing:
        names = sorted(missing)
        raise BuildError(f'missing here: {", ".join(names)}\n'
                         f'  apt-get install --no-install-recommends {" ".join(names)}')


def package_versions():
    """What is installed of the packages in packages.txt, as one text: part of the content hash."""
    names = [line.strip() for line in (HERE / 'packages.txt').read_text().splitlines()]
    names = [name for name in names if name and not name.startswith('#')]
    done = subprocess.run([find('dpkg-query'), '-W', '-f', '${Package} ${Version}\n', *names],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout


def apt_show(*packages):
    """What apt knows of the newest version of these packages, as {name: {field: value}}; unknown ones are left out."""
    done = subprocess.run([find('apt-cache'), 'show', '--no-all-versions', *packages],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = {}
    for paragraph in done.stdout.split('\n\n'):
        fields = dict(line.split(': ', 1) for line in paragraph.splitlines() if ': ' in line and line[0] != ' ')
        if 'Filename' in fields:
            found[fields['Package']] = fields
    return found


def first_dependency(fields, prefix):
    """The first package in the Depends field whose name starts with prefix, or None."""
    names = (part.split()[0] for part in fields.get('Depends', '').split(',') if part.strip())
    return next((name for name in names if name.startswith(prefix)), None)


def apt_download(package, directory):
    """Downloads the newest version of a package into directory, once; returns the path of the .deb."""
    fields = apt_show(package).get(package)
    if not fields:
        raise BuildError(f'apt does not know the package {package}: run "apt-get update", and see that /etc/apt names '
                         'an archive that has it')
    version, architecture = fields['Version'], fields['Architecture']
    path = Path(directory) / f'{package}_{version.replace(":", "%3a")}_{architecture}.deb'
    if path.exists():
        return path
    step(f'downloading {package} {version}, {int(fields["Size"]) // 1000000} MB')
    Path(directory).mkdir(parents=True, exist_ok=True)
    options = ['-o', 'APT::Sandbox::User=root'] if os.geteuid() == 0 else []
    try:
        run('apt-get', '-q', *options, 'download', f'{package}={version}', cwd=str(directory))
    except BuildError as error:
        raise BuildError(f'cannot download {package} {version}. The image needs it once; it is kept in {directory} '
                         f'afterwards. If the archive has a newer one, run "apt-get update".\n{error}') from error
    if not path.exists():
        raise BuildError(f'apt-get download left no {path}')
    return path
