"""A libvirtd of one's own, for hosts without systemd and for tests: it disturbs no other libvirtd of the machine.

libvirtd's directories are compiled in, so it runs in a mount namespace in which they are directories of ours; its
socket is a file there, reachable from everywhere. Guests go on when it stops or dies, and it finds them again.
"""
import contextlib
import glob
import grp
import logging
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import time
import uuid

from essex import concurrency, kvm
from essex.exception import ConfigError

LOG = logging.getLogger(__name__)

_GUEST_USER = 'libvirt-qemu'
# sockaddr_un holds 108 bytes; a name longer than that can be made inside the namespace but not be reached.
_MAX_SOCKET_PATH = 107
_START_SECONDS = 30

# $1: directory; $2: 'yes' when in a network namespace, whose interfaces only a new sysfs shows; $3: host name or
# nothing; $4: 'yes' to hide /dev/kvm; the rest is the command. The cgroup mounts lie below /sys and are carried over.
# libvirtd asks each qemu-system-* it finds for its abilities, 2 s of processor time each: it gets to see one only.
_ENTER = '''
set -e
root=$1; network=$2; name=$3; hide_kvm=$4; shift 4
[ -z "$name" ] || hostname "$name"
if [ "$network" = yes ]; then
    mkdir -p "$root/cgroup"
    mount --rbind /sys/fs/cgroup "$root/cgroup"
    mount -t sysfs sysfs /sys
    mount --rbind "$root/cgroup" /sys/fs/cgroup
fi
if [ "$hide_kvm" = yes ] && [ -e /dev/kvm ]; then
    : > "$root/no-kvm"
    mount --bind "$root/no-kvm" /dev/kvm
    mount -o remount,bind,ro /dev/kvm
fi
if [ -e /usr/bin/qemu-system-i386 ]; then
    mount --bind /dev/null /usr/bin/qemu-system-i386
fi
mkdir -p /run/libvirt /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt
mount --bind "$root/etc" /etc/libvirt
mount --bind "$root/lib" /var/lib/libvirt
mount --bind "$root/cache" /var/cache/libvirt
mount --bind "$root/log" /var/log/libvirt
mount --bind "$root/run" /run/libvirt
exec "$@"
'''

_LIBVIRTD_CONF = '''
listen_tls = 0
listen_tcp = 0
unix_sock_group = "root"
unix_sock_ro_perms = "0700"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
# The default of 5 stalls a client with many threads.
max_client_requests = 100
max_workers = 40
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
host_uuid = "{host_uuid}"
'''

_QEMU_CONF = '''
user = "{user}"
group = "{group}"
dynamic_ownership = {dynamic}
remember_owner = 0
security_driver = "none"
security_default_confined = 0
cgroup_controllers = [ ]
namespaces = [ ]
clear_emulator_capabilities = {dynamic}
vnc_listen = "127.0.0.1"
# Serial logs are written by QEMU itself: no virtlogd is needed.
stdio_handler = "file"
'''


class PrivateLibvirtd:
    """`directory` holds all it keeps. `netns`: path of a network namespace to live in, with its guests' cards.

    `hostname` is the name it tells (needed where several nodes share a machine). `use_kvm`: whether
    guests may use /dev/kvm (None: if it works). Where it opens but does not work libvirtd must not see it: it would
    ask QEMU for its abilities again and again, which makes each start of a guest take seconds.
    """

    def __init__(self, directory, netns=None, hostname=None, use_kvm=None):
        self.directory = os.path.abspath(directory)
        self.socket = os.path.join(self.directory, 'run', 'libvirt-sock')
        self.uri = f'qemu+unix:///system?socket={self.socket}'
        self._netns = netns
        self._hostname = hostname
        self._use_kvm = use_kvm
        self._process = None
        if len(self.socket.encode()) > _MAX_SOCKET_PATH:
            raise ConfigError(f'libvirtd cannot live in {self.directory}: the path of its socket is longer than '
                              f'{_MAX_SOCKET_PATH} bytes. Choose a shorter state directory.')

    # Life

    def start(self):
        """Have it running and answering; returns self. Raises ConfigError saying what is missing."""
        if self.alive():
            return self
        self._check()
        self._end_process(signal.SIGKILL)
        self._prepare()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.socket)
        with open(os.path.join(self.directory, 'log', 'output.log'), 'ab') as output:
            self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=output,
                                             stderr=subprocess.STDOUT, start_new_session=True, cwd='/')
        self._wait_ready()
        return self

    def stop(self):
        """Have it stopped; guests go on."""
        self._end_process(signal.SIGTERM)

    def kill(self):
        """kill -9."""
        self._end_process(signal.SIGKILL)

    def alive(self):
        """Whether it answers on its socket."""
        return self.pid() is not None and self._answers()

    def pid(self):
        """Its process id, None when it does not run."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        return next(iter(self._processes('libvirtd.pid', 'libvirtd')), None)

    def guests(self):
        """Process ids of the guests it has started, whether it runs or not."""
        return self._processes('qemu/*.pid', 'qemu-system')

    def destroy_guests(self):
        """Have no guest running, without asking libvirt."""
        for pid in self.guests():
            self._end(pid, signal.SIGKILL)

    def output(self):
        """The end of what it wrote."""
        texts = []
        for name in ('output.log', 'libvirtd.log'):
            with contextlib.suppress(FileNotFoundError), open(os.path.join(self.directory, 'log', name),
                                                             errors='replace') as log:
                texts.append(log.read()[-3000:])
        return '\n'.join(texts)

    # Start

    def _check(self):
        if os.geteuid() != 0:
            raise ConfigError('libvirtd can be started by root only. Run as root, or use compute_driver = fake.')
        needed = ('libvirtd', 'qemu-system-x86_64', 'unshare', 'nsenter')
        missing = [name for name in needed if _program(name) is None]
        if missing:
            raise ConfigError(f'{", ".join(missing)} not found. apt-get install libvirt-daemon-system '
                              'qemu-system-x86 qemu-utils util-linux')

    def _command(self):
        enter = [_program('nsenter'), f'--net={self._netns}'] if self._netns else []
        uts = ['--uts'] if self._hostname else []
        return [*enter, _program('unshare'), '--mount', *uts, '--propagation', 'private', 'sh', '-c', _ENTER,
                'libvirtd', self.directory, 'yes' if self._netns else 'no', self._hostname or '',
                'no' if self._kvm_works() else 'yes',
                _program('libvirtd'), '-f', '/etc/libvirt/libvirtd.conf', '-p', '/run/libvirt/libvirtd.pid']

    def _kvm_works(self):
        return kvm.works(self.directory) if self._use_kvm is None else self._use_kvm

    def _prepare(self):
        for name in ('etc', 'lib', 'cache', 'log', 'run'):
            os.makedirs(os.path.join(self.directory, name), exist_ok=True)
        for path in (self.directory, os.path.join(self.directory, 'lib'), os.path.join(self.directory, 'run'),
                     os.path.join(self.directory, 'cache')):
            os.chmod(path, 0o755)   # noqa: S103 - the guests' user passes through
        self._write('libvirtd.conf', _LIBVIRTD_CONF.format(host_uuid=self._host_uuid()))
        user = guest_user(self.directory)
        group = grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
        self._write('qemu.conf', _QEMU_CONF.format(user=user, group=group, dynamic=int(user != 'root')))

    def _write(self, name, text):
        with open(os.path.join(self.directory, 'etc', name), 'w') as file:
            file.write(text.lstrip())

    def _host_uuid(self):
        path = os.path.join(self.directory, 'etc', 'host-uuid')
        if not os.path.exists(path):
            with open(path, 'w') as file:
                file.write(str(uuid.uuid4()))
        with open(path) as file:
            return file.read().strip()

    def _wait_ready(self):
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise ConfigError(f'libvirtd ended with status {self._process.returncode}: {self.output()}')
            if time.monotonic() > deadline:
                self.kill()
                raise ConfigError(f'libvirtd did not answer within {_START_SECONDS} s: {self.output()}')
            concurrency.sleep(0.02)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            return probe.connect_ex(self.socket) == 0

    # Processes

    def _processes(self, pattern, program):
        """Ids from pid files, where the process is still the one that wrote it: a namespace of this directory."""
        for path in glob.glob(os.path.join(glob.escape(self.directory), 'run', pattern)):
            with contextlib.suppress(OSError, ValueError):
                with open(path) as file:
                    pid = int(file.read())
                if self._is_ours(pid, program):
                    yield pid

    def _is_ours(self, pid, program):
        with open(f'/proc/{pid}/comm') as file:
            name = file.read().strip()
        return (program.startswith(name) or name.startswith(program)) and os.path.samefile(
            f'/proc/{pid}/root/run/libvirt', os.path.join(self.directory, 'run'))

    def _end_process(self, number):
        pid = self.pid()
        if pid is not None:
            self._end(pid, number)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _end(self, pid, number, timeout=20):
        deadline = time.monotonic() + timeout
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            while _runs(pid):
                if self._process is not None:
                    self._process.poll()
                if time.monotonic() > deadline and number != signal.SIGKILL:
                    return self._end(pid, signal.SIGKILL)
                concurrency.sleep(0.02)
        return None


def guest_user(directory):
    """Who runs guests whose files are in `directory`: libvirt-qemu where it may reach them, else root."""
    try:
        account = pwd.getpwnam(_GUEST_USER)
    except KeyError:
        LOG.warning('The user %s does not exist: guests run as root.', _GUEST_USER)
        return 'root'
    closed = _first_closed(directory, account)
    if closed:
        LOG.warning('Guests run as root, as the user %s may not enter %s. chmod o+x %s gives them less power.',
                    _GUEST_USER, closed, closed)
        return 'root'
    return _GUEST_USER


def _first_closed(directory, account):
    """The topmost directory on the way to `directory` that the account may not enter, or None."""
    groups = set(os.getgrouplist(account.pw_name, account.pw_gid))
    path = os.path.realpath(directory)
    parents = []
    while path not in parents:
        parents.append(path)
        path = os.path.dirname(path)
    for parent in reversed(parents):
        found = os.stat(parent)
        if found.st_uid == account.pw_uid:
            needed = stat.S_IXUSR
        elif found.st_gid in groups:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return parent
    return None


def _runs(pid):
    """Whether a process exists and is no zombie."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def _program(name):
    return shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
