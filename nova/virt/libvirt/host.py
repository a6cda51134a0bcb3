"""What a compute host has: processors, memory, disk, and what its hypervisor can do."""
import os
import platform
import shutil

from defusedxml.ElementTree import fromstring as parse

from nova.compute import states
from nova.virt.libvirt.options import CONF

_GB = 1 << 30


class Host:
    """Numbers of this machine, as libvirt and the kernel tell them."""

    def __init__(self, connection, instances_path):
        self._connection = connection
        self._instances_path = instances_path
        self._described = None

    def virt_types(self):
        """Kinds of guests that libvirt could run here: 'qemu', 'kvm'."""
        return self._describe()['virt_types']

    def guest_owner(self):
        """(user id, group id) that guests run as, when we may give them their files; None leaves that to libvirt."""
        return self._describe()['owner'] if os.geteuid() == 0 else None

    def resource(self, virt_type, guests, promised, features):
        """See Driver.available_resource. `guests` is what Guests.list returned, `promised` what disks may grow by."""
        told = self._describe()
        disk = shutil.disk_usage(self._instances_path)
        return {
            'hypervisor_hostname': told['hostname'], 'hypervisor_type': 'KVM' if virt_type == 'kvm' else 'QEMU',
            'hypervisor_version': told['version'], 'vcpus': told['cpus'], 'memory_mb': told['memory_mb'],
            'local_gb': disk.total // _GB, 'memory_mb_used_host': _memory_used_mb(),
            'disk_available_least': (disk.free - promised) // _GB,
            'running_vms': sum(1 for info in guests.values() if info.state in (states.RUNNING, states.POWER_PAUSED)),
            'cpu_info': told['cpu_info'],
            'capabilities': {'architectures': [told['cpu_info']['arch']], 'hypervisor_type': virt_type,
                             'virt_type': virt_type, 'vm_modes': ['hvm'], 'features': sorted(features)}}

    def _describe(self):
        """What does not change while libvirtd runs; asked once."""
        if self._described is None:
            self._described = self._connection.run(_native_describe)
        return self._described


def has_direct_io(directory):
    """Whether files there can be opened past the page cache."""
    path = os.path.join(directory, f'.direct-{os.getpid()}')
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_DIRECT, 0o600))
    except OSError:
        return False
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return True


def cache_mode(directory):
    """The cache mode of disks in a directory."""
    if CONF.libvirt.disk_cache != 'auto':
        return CONF.libvirt.disk_cache
    return 'none' if has_direct_io(directory) else 'writethrough'


def _native_describe(connection):
    _model, memory_mb, cpus, _mhz, _nodes, _sockets, _cores, _threads = connection.getInfo()
    capabilities = parse(connection.getCapabilities())
    arch = platform.machine()
    kinds = {domain.get('type') for guest in capabilities.findall('guest')
             if guest.find('arch').get('name') == arch for domain in guest.iter('domain')}
    return {'hostname': connection.getHostname(), 'version': connection.getVersion(), 'cpus': cpus,
            'memory_mb': memory_mb, 'virt_types': kinds, 'owner': _owner(capabilities),
            'cpu_info': _cpu_info(capabilities.find('host/cpu'), arch)}


def _owner(capabilities):
    for model in capabilities.findall('host/secmodel'):
        label = model.findtext('baselabel')
        if model.findtext('model') == 'dac' and label:
            user, _, group = label.partition(':')
            return int(user), int(group)
    return None


def _cpu_info(cpu, arch):
    def text(tag):
        return cpu.findtext(tag) if cpu is not None else None

    topology = cpu.find('topology') if cpu is not None else None
    features = cpu.findall('feature') if cpu is not None else ()
    return {'arch': text('arch') or arch, 'model': text('model'), 'vendor': text('vendor'),
            'features': [feature.get('name') for feature in features],
            'topology': {key: int(topology.get(key)) for key in ('sockets', 'cores', 'threads')}
            if topology is not None else {}}


def _memory_used_mb():
    with open('/proc/meminfo') as file:
        values = dict(line.split(':', 1) for line in file)
    total, available = (int(values[key].split()[0]) for key in ('MemTotal', 'MemAvailable'))
    return (total - available) // 1024
