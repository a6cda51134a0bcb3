"""What the libvirt driver adds to what libvirt and QEMU need for a boot: python benchmarks/libvirt_driver.py [SERVERS]

Starts a libvirtd of its own in a network namespace and boots servers of 96 MB one after another, in a process on
green threads like nova-compute's. Prints `name value unit`; needs root, libvirt and the guest image.
"""
import os
import shutil
import sys
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from essex import concurrency

concurrency.patch()

from essex import config  # noqa: E402
from nova.network import model  # noqa: E402
from nova.virt.driver import InstanceSpec  # noqa: E402
from nova.virt.libvirt.driver import LibvirtDriver  # noqa: E402
from tests.fixtures.hypervisor import BRIDGE, Node, guest_image  # noqa: E402


class Meter:
    """Wall and processor time, of this process, its children and libvirtd."""

    def __init__(self, node):
        self._node = node
        self.inside = 0.0
        self._begin = self._now()

    def _now(self):
        times = os.times()
        with open(f'/proc/{self._node.libvirtd.pid()}/stat') as file:
            fields = file.read().rpartition(')')[2].split()
        libvirtd = (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
        return time.perf_counter(), times.user + times.system + times.children_user + times.children_system, libvirtd

    def wrap(self, function):
        """Count the time in `function` as libvirt's."""
        def timed(*args):
            began = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.inside += time.perf_counter() - began
        return timed

    def report(self, count):
        wall, own, libvirtd = (now - then for now, then in zip(self._now(), self._begin))
        figures = {'wall': wall, 'in_libvirt': self.inside, 'own_share': wall - self.inside,
                   'own_processor_time': own, 'libvirtd_processor_time': libvirtd}
        for name, value in figures.items():
            print(f'libvirt_driver_boot_{name} {value / count:.3f} s')


def server():
    """A server that boots the guest image's kernel, and its network."""
    identity, card = str(uuid.uuid4()), str(uuid.uuid4())
    spec = InstanceSpec(uuid=identity, name=f'instance-{identity[:8]}', hostname='server', project_id='p', user_id='u',
                        memory_mb=96, vcpus=1, root_gb=1, image_ref='rootfs.qcow2', kernel_id='vmlinuz',
                        ramdisk_id='initrd', image_meta={'disk_format': 'qcow2'})
    vif = {'id': card, 'address': 'fa:16:3e:' + ':'.join(identity[n:n + 2] for n in (0, 2, 4)),
           'devname': model.devname(card), 'network': {'id': card, 'bridge': BRIDGE}, 'fixed_ips': []}
    return spec, [vif]


def boot(driver, spec, network_info):
    """The driver's part of a boot."""
    driver.prepare_image(spec, lambda name, path: shutil.copy(guest_image(name), path))
    driver.create_disks(spec)
    driver.spawn(spec, network_info, {'rules': []})


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    config.CONF([], project='essex', default_config_files=[])
    node = Node()
    try:
        node.start()
        config.CONF.set_override('state_path', node.directory)
        config.CONF.set_override('connection_uri', node.libvirtd.uri, 'libvirt')
        driver = LibvirtDriver(firewall=None)
        driver.init_host('benchmark')
        boot(driver, *server())   # the image is in the cache from now on
        meter = Meter(node)
        driver._connection.run = meter.wrap(driver._connection.run)
        for _ in range(count):
            boot(driver, *server())
        meter.report(count)
        driver.shutdown()
    finally:
        node.close()


if __name__ == '__main__':
    main()
