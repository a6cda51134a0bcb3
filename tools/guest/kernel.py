"""The guest's kernel: the distribution's own for virtual machines, or a small one compiled once."""

from dataclasses import dataclass
import hashlib
import os
from pathlib import Path
import shutil
import subprocess
import tempfile

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
    """The packages of the distribution's kernel: [image] or, where they are apart, [image, modules]."""
    for flavour in FLAVOURS:
        if not host.known(flavour):
            continue
        image = host.depends(flavour, 'linux-image-')
        if image:
            extra = image.replace('linux-image-', 'linux-modules-', 1)
            return [image, extra] if host.known(extra) else [image]
    raise host.BuildError('apt knows none of %s: run "apt-get update" first' % ', '.join(FLAVOURS))


def fetch_debian(cache, unpacked):
    """Downloads and unpacks the distribution's kernel; unpacked is a scratch directory."""
    packages = find_debian()
    for package in packages:
        archive = host.apt_download(package, cache / 'packages')
        host.run('dpkg-deb', '-x', archive, unpacked)
        _forget_others(archive, package)
    version = packages[0].replace('linux-image-unsigned-', '').replace('linux-image-', '')
    image = unpacked / 'boot' / ('vmlinuz-%s' % version)
    if not image.exists():
        raise host.BuildError('%s has no %s' % (packages[0], image.name))
    return Kernel('debian', version, image, modules.Modules(_merged(unpacked), version))


def _forget_others(archive, package):
    """Keeps one kernel package in the cache: the flavour's older versions are of no use."""
    flavour = package.rsplit('-', 2)[-2:]
    for old in archive.parent.glob('linux-*-%s_*.deb' % '-'.join(flavour)):
        if old != archive and old.name.split('-')[1] == archive.name.split('-')[1]:
            old.unlink()


def _merged(unpacked):
    """Where lib/modules is: newer distributions keep it under usr."""
    return unpacked if (unpacked / 'lib/modules').exists() else unpacked / 'usr'


def build_own(cache):
    """Compiles a kernel with the options of kernel.config, unless the cache has that one."""
    package = host.depends('linux-source', 'linux-source-')
    if not package:
        raise host.BuildError('apt knows no linux-source package: run "apt-get update" first')
    fragment = host.HERE / 'kernel.config'
    archive = host.apt_download(package, cache / 'packages')
    key = hashlib.sha256(archive.name.encode() + fragment.read_bytes()).hexdigest()[:16]
    built = cache / ('kernel-%s' % key)
    if not (built / 'vmlinuz').exists():
        with tempfile.TemporaryDirectory(prefix='kernel-', dir=cache) as work:
            _compile(archive, fragment, Path(work), built)
    return Kernel('own', (built / 'version').read_text().strip(), built / 'vmlinuz')


def _compile(archive, fragment, work, built):
    host.step('unpacking %s' % archive.name)
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
    host.step('compiling Linux %s with %d jobs: 5 to 15 minutes, once' % (version, jobs))
    _make(tree, jobs)
    partial = Path('%s.new' % built)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copy(tree / 'arch/x86/boot/bzImage', partial / 'vmlinuz')
    (partial / 'version').write_text(version + '\n')
    partial.rename(built)


def _make(tree, jobs):
    """Shows a line for every 500 files, so that a long silence means something."""
    process = subprocess.Popen(['make', '-C', str(tree), '-j%d' % jobs, *QUIET_MAKE, 'bzImage'], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = []
    for count, line in enumerate(process.stdout, 1):
        lines = [*lines[-20:], line]
        if count % 500 == 0:
            host.step('%d files: %s' % (count, line.split()[-1]))
    if process.wait():
        raise host.BuildError('the kernel does not compile:\n%s' % ''.join(lines))


def _check_config(fragment, config):
    """An option that Kconfig dropped, for want of another, would be missed only when a guest does not boot."""
    have = set(config.read_text().splitlines())
    wanted = [line for line in fragment.read_text().splitlines() if line.startswith('CONFIG_')]
    lost = [line for line in wanted if line not in have and not line.endswith('=n')]
    if lost:
        raise host.BuildError('Kconfig dropped these lines of %s: %s' % (fragment, ', '.join(lost)))
