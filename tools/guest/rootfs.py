"""What is inside the guest: the root file system and the ramdisk that finds it."""

import hashlib
import os
import re
import subprocess

from guest import host, tree

# Applets the ramdisk calls by name; every other word of its script is a shell built-in.
RAMDISK_APPLETS = ('blockdev', 'cat', 'dd', 'findfs', 'mkdir', 'modprobe', 'mount', 'reboot', 'setsid', 'sh',
                   'switch_root', 'umount', 'usleep', 'ls', 'dmesg')
PROGRAMS = ('dropbear', 'dropbearkey', 'resize2fs')


def build_ramdisk(kernel):
    ramdisk = tree.Tree()
    ramdisk.copy(host.HERE / 'initramfs/init', 'init', 0o755)
    ramdisk.copy(host.find('busybox'), 'bin/busybox', 0o755)
    for applet in RAMDISK_APPLETS:
        ramdisk.link(f'bin/{applet}', 'busybox')
    for directory in ('dev', 'proc', 'sys', 'newroot'):
        ramdisk.directory(directory)
    ramdisk.character_device('dev/console', 5, 1)
    if kernel.modules:
        kernel.modules.install(ramdisk, ('early', 'disk'))
    return ramdisk


def build_root(kernel, password):
    root = tree.Tree()
    for directory in ('dev', 'proc', 'sys', 'run', 'mnt', 'var/log', 'var/lib/essex', 'etc/dropbear', 'root/.ssh'):
        root.directory(directory)
    root.directory('bin')
    for alias in ('sbin', 'usr/bin', 'usr/sbin'):
        root.link(alias, '/bin')
    root.link('lib64', 'lib')
    root.link('var/run', '/run')
    root.link('tmp', 'var/tmp')
    root.link('linuxrc', 'bin/busybox')
    root.overlay(host.HERE / 'root')
    root.entries['etc/issue'].data = _issue(password)
    root.file('etc/shadow', _shadow(password), 0o600)
    root.directory('var/tmp', 0o1777)
    root.entries['root'].mode = root.entries['root/.ssh'].mode = 0o40700
    root.directory('home/cirros', 0o755, 1000, 1000)
    root.directory('home/cirros/.ssh', 0o700, 1000, 1000)
    _add_busybox(root)
    _add_programs(root)
    if kernel.modules:
        kernel.modules.install(root, None)
    return root


def _add_busybox(root):
    root.copy(host.find('busybox'), 'bin/busybox', 0o755)
    for applet in host.run('busybox', '--list').split():
        if applet != 'busybox':
            root.link(f'bin/{applet}', 'busybox')


def _add_programs(root):
    """Programs that are not static come with their libraries, found as the dynamic linker finds them."""
    libraries = set()
    for program in PROGRAMS:
        path = host.find(program)
        root.copy(path, f'bin/{program}', 0o755)
        libraries.update(re.findall(r'(/\S+) \(0x', host.run('ldd', path)))
    for library in sorted(libraries):
        root.copy(library, f'lib/{os.path.basename(library)}', 0o755)


def _issue(password):
    text = (host.HERE / 'root/etc/issue').read_text()
    login = 'login here as cirros or root; over the network with SSH keys only'
    if password is None:
        login = 'no passwords; log in over the network with an SSH key'
    return text.replace('{login}', login).encode()


def _shadow(password):
    """The salt comes from the password, so that the same inputs build the same image."""
    hashed = '*'
    if password is not None:
        salt = hashlib.sha256(b'essex-tiny' + password.encode()).hexdigest()[:16]
        hashed = subprocess.run([host.find('openssl'), 'passwd', '-6', '-salt', salt, '-stdin'], check=True,
                                input=password, stdout=subprocess.PIPE, text=True).stdout.strip()
    lines = [f'{user}:{hashed}:19000:0:99999:7:::' for user in ('root', 'cirros')]
    return '\n'.join([*lines, 'nobody:*:19000:0:99999:7:::', '']).encode()
