"""The fake hypervisor."""
import pytest

from nova.compute import states
from nova.virt.fake import FakeDriver
from nova.virt.records import Records
from tests.contract.virt import SECURITY, Contract, spec


@pytest.fixture
def reopen(conf):
    def make():
        driver = FakeDriver()
        driver.init_host('host-1')
        return driver
    return make


@pytest.fixture
def driver(reopen):
    driver = reopen()
    yield driver
    driver.shutdown()


@pytest.fixture
def network_info():
    return [{'id': '1', 'address': 'fa:16:3e:00:00:01', 'devname': 'tap1', 'network': {'bridge': 'br100'},
             'fixed_ips': []}]


class TestFakeDriver(Contract):
    @staticmethod
    def volumes_of(driver, server):
        return driver._guest(server.uuid).volumes

    @pytest.fixture
    def volume_file(self, tmp_path):
        (tmp_path / 'volume').write_bytes(bytes(1 << 20))
        return str(tmp_path / 'volume')

    @pytest.fixture
    def image(self, tmp_path):
        path = tmp_path / 'image'
        path.write_bytes(b'\0' * 4096)
        return path, 'raw'

    def test_says_what_it_is(self, driver, conf):
        conf.set('fake_vcpus', 3)
        resource = driver.available_resource()
        assert (resource['hypervisor_type'], resource['vcpus'], resource['memory_mb']) == ('fake', 3, 262144)

    def test_console_tells_of_boots(self, driver, running):
        assert f'{running.name} login:' in driver.console_output(running).decode()

    def test_without_a_file_guests_end_with_it(self, conf, network_info):
        driver = FakeDriver(state_file='')
        driver.init_host('host-1')
        server = spec()
        driver.create_disks(server)
        driver.spawn(server, network_info, SECURITY)
        assert driver.info(server).state == states.RUNNING
        again = FakeDriver(state_file='')
        again.init_host('host-1')
        assert again.list_instances() == {}


class TestRecords:
    def test_survive_and_forget(self, tmp_path):
        path = str(tmp_path / 'records')
        records = Records(path)
        records.put('a/1', {'x': 1})
        records.put('a/2', {'x': 2})
        records.put('b/1', 3)
        records.remove('a/1')
        records.remove('never')
        assert Records(path).under('a/') == {'2': {'x': 2}}

    def test_a_line_cut_short_is_ignored(self, tmp_path):
        path = tmp_path / 'records'
        Records(str(path)).put('a', 1)
        path.write_bytes(path.read_bytes() + b'["b", {"x"')
        records = Records(str(path))
        assert (records.get('a'), records.get('b')) == (1, None)

    def test_history_is_dropped(self, tmp_path):
        path = tmp_path / 'records'
        records = Records(str(path))
        for number in range(5000):
            records.put('a', number)
        assert path.stat().st_size < 20000
        assert Records(str(path)).get('a') == 4999
