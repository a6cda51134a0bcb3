"""What this machine has, and what the cloud can be on it."""
import os
import platform
import shutil


def memory_mb():
    """(total, available) memory in MiB."""
    values = {}
    with open('/proc/meminfo', encoding='ascii') as lines:
        for line in lines:
            name, _, rest = line.partition(':')
            values[name] = int(rest.split()[0]) // 1024
    return values['MemTotal'], values['MemAvailable']


def disk_free_gb(path):
    """Free space of the file system `path` is on, or will be on, in GiB."""
    while not os.path.exists(path):
        path = os.path.dirname(path) or '/'
    usage = os.statvfs(path)
    return usage.f_bavail * usage.f_frsize / 2 ** 30


def missing_for_guests():
    """Why real guests cannot run here: a list of sentences, empty when they can."""
    reasons = []
    if os.geteuid() != 0:
        reasons.append('not root (bridges and guests need it)')
    for command, package in (('libvirtd', 'libvirt-daemon-system'), ('qemu-system-x86_64', 'qemu-system-x86'),
                             ('qemu-img', 'qemu-utils'), ('dnsmasq', 'dnsmasq-base'), ('nft', 'nftables'),
                             ('ip', 'iproute2')):
        if shutil.which(command, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin') is None:
            reasons.append(f'{command} is missing (apt package {package})')
    if platform.machine() != 'x86_64':
        reasons.append(f'the guest image is for x86_64, this machine is {platform.machine()}')
    try:
        import libvirt  # noqa: F401 - only whether it is there
    except ImportError:
        reasons.append('libvirt-python is not installed in this environment (pip extra "libvirt")')
    return reasons


def problems(state_dir):
    """What stops a cloud from running at all: sentences, empty when nothing does."""
    found = []
    if memory_mb()[1] < 512:
        found.append(f'only {memory_mb()[1]} MB of memory are free; the cloud alone needs about 400 MB')
    if disk_free_gb(str(state_dir)) < 2:
        found.append(f'only {disk_free_gb(str(state_dir)):.1f} GB of disk are free; 2 GB are the least')
    return found
