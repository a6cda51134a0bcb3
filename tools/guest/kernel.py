"""The guest's kernel: the distribution's own for virtual machines, or a small one compiled once."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from guest import host, modules

# Newest first in taste: smallest set of drivers, then the general ones.
FLAVOURS = ('linux-image-cloud-amd64', 'linux-image-kvm', 'linux-image-virtual', 'linux-image-amd64')
QUIET_MAKE = ['KBUILD_BUILD_USER=essex', 'KBUILD_BUILD_HOST=essex', 'KBUILD_BUILD_TIMESTAMP=2020-01-01']


@dataclass
class Kernel:
    source: str
    version: str
    image: Path
    modules: object = None


def find_debian():
    """Packages of the distribution's kernel, [image] or, where they are apart, [image, modules], and their version."""
    flavours = host.apt_show(*FLAVOURS)
    for flavour in FLAVOURS:
        image = host.first_dependency(flavours.get(flavour, {}), 'linux-image-')
        fields = host.apt_show(image).get(image) if image else None
        if fields:
            extra = host.first_dependency(fields, 'linux-modules-')
            return [image, extra] if extra else [image], fields['Version']
    raise host.BuildError(f'apt knows none of {", ".join(FLAVOURS)}: run "apt-get update" first')


def fetch_debian(cache, unpacked):
    """Downloads and unpacks the distribution's kernel; unpacked is a scratch directory."""
    packages, _ = find_debian()
    archives = [host.apt_download(package, cache / 'packages') for package in packages]
    for archive in archives:
        host.run('dpkg-deb', '-x', archive, unpacked)
    for old in [*(cache / 'packages').glob('linux-image-*.deb'), *(cache / 'packages').glob('linux-modules-*.deb')]:
        if old not in archives:
            old.unlink()
    version = packages[0].replace('linux-image-unsigned-', '').replace('linux-image-', '')
    image = unpacked / 'boot' / f'vmlinuz-{version}'
    if not image.exists():
        raise host.BuildError(f'{packages[0]} has no {image.name}')
    return Kernel('debian', version, image, modules.Modules(_merged(unpacked), version))


def _merged(unpacked):
    """Where lib/modules is: newer distributions keep it under usr."""
    return unpacked if (unpacked / 'lib/modules').exists() else unpacked / 'usr'


def build_own(cache):
    """Compiles a kernel with the options of kernel.config, unless the cache has that one."""
    package = host.first_dependency(host.apt_show('linux-source').get('linux-source', {}), 'linux-source-')
    if not package:
        raise host.BuildError('apt knows no linux-source package: run "apt-get update" first')
    fragment = host.HERE / 'kernel.config'
    archive = host.apt_download(package, cache / 'packages')
    key = hashlib.sha256(archive.name.encode() + fragment.read_bytes()).hexdigest()[:16]
    built = cache / f'kernel-{key}'
    if not (built / 'vmlinuz').exists():
        with tempfile.TemporaryDirectory(prefix='kernel-', dir=cache) as work:
            _compile(archive, fragment, Path(work), built)
    return Kernel('own', (built / 'version').read_text().strip(), built / 'vmlinuz')


def _compile(archive, fragment, work, built):
    host.step(f'unpacking {archive.name}')
    host.run('dpkg-deb', '-x', archive, work)
    tarball = next((work / 'usr/src').glob('linux-source-*.tar.*'))
    host.run('tar', 'xf', tarball, '-C', work)
    tree = next(path for path in work.glob('linux-source-*') if path.is_dir())
    host.run('make', '-C', tree, 'tinyconfig')
    host.run('scripts/kconfig/merge_config.sh', '-m', '.config', fragment, cwd=str(tree))
    host.run('make', '-C', tree, 'olddefconfig')
    _check_config(fragment, tree / '.config')
    version = host.run('make', '-s', '-C', tree, 'kernelrelease').split()[-1]
    jobs = os.cpu_count() or 1
    host.step(f'compiling Linux {version} with {jobs} jobs: 5 to 15 minutes, once')
    _make(tree, jobs)
    partial = Path(f'{built}.new')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copy(tree / 'arch/x86/boot/bzImage', partial / 'vmlinuz')
    (partial / 'version').write_text(version + '\n')
    partial.rename(built)


def _make(tree, jobs):
    """Shows a line for every 500 files, so that a long silence means something."""
    process = subprocess.Popen(['make', '-C', str(tree), f'-j{jobs}', *QUIET_MAKE, 'bzImage'], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    for count, line in enumerate(process.stdout, 1):
        lines = [*lines[-20:], line]
        if count % 500 == 0:
            host.step(f'{count} files: {line.split()[-1]}')
    if process.wait():
        raise host.BuildError(f'the kernel does not compile:\n{"".join(lines)}')


def _check_config(fragment, config):
    """An option that Kconfig dropped, for want of another, would be missed only when a guest does not boot."""
    have = set(config.read_text().splitlines())
    wanted = [line for line in fragment.read_text().splitlines() if line.startswith('CONFIG_')]
    lost = [line for line in wanted if line not in have and not line.endswith('=n')]
    if lost:
        raise host.BuildError(f'Kconfig dropped these lines of {fragment}: {", ".join(lost)}')
