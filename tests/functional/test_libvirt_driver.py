"""The libvirt driver with a private libvirtd and real guests."""
import uuid

import pytest

from nova.network import model
from nova.virt.libvirt.driver import LibvirtDriver
from tests.contract.virt import Contract
from tests.fixtures.hypervisor import BRIDGE, guest_image
from tests.fixtures.hypervisor import node  # noqa: F401 - a fixture

pytestmark = [pytest.mark.guest, pytest.mark.timeout(300)]


@pytest.fixture
def configured(conf, node):  # noqa: F811
    conf.set('state_path', node.directory)
    conf.set('connection_uri', node.libvirtd.uri, 'libvirt')
    conf.set('virt_type', 'qemu', 'libvirt')
    return conf


@pytest.fixture
def reopen(configured):
    drivers = []

    def make(firewall=None):
        driver = LibvirtDriver(firewall=firewall)
        driver.init_host('host-1')
        drivers.append(driver)
        return driver
    yield make
    for driver in drivers:
        driver.shutdown()


@pytest.fixture
def driver(reopen):
    return reopen()


@pytest.fixture
def network_info():
    identity = str(uuid.uuid4())
    return [{'id': identity, 'address': 'fa:16:3e:00:00:01', 'devname': model.devname(identity),
             'network': {'id': identity, 'bridge': BRIDGE, 'cidr': '10.0.0.0/24', 'mtu': None}, 'fixed_ips': []}]


class TestLibvirtDriver(Contract):
    @pytest.fixture
    def image(self):
        return guest_image('rootfs.qcow2'), 'qcow2'
