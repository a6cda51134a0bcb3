"""Fixed addresses: the lowest free one, never one twice, quickly in a big and full network."""
import ipaddress
import time
import uuid

import pytest
from sqlalchemy import insert

from essex import db
from nova import exception
from nova.db import fixed_ips, virtual_interfaces
from nova.db.models import FixedIp
from tests.unit.nova.network.cast import add_network


@pytest.fixture
def network(database):
    database('nova')
    return add_network()


def take(network, **more):
    return fixed_ips.allocate(network, str(uuid.uuid4()), **more).address


def test_the_lowest_free_address_from_dhcp_start_on_is_taken(network):
    assert [take(network) for _ in range(3)] == ['10.0.0.2', '10.0.0.3', '10.0.0.4']


def test_a_released_address_is_the_lowest_again(network):
    first = str(uuid.uuid4())
    fixed_ips.allocate(network, first)
    take(network)
    fixed_ips.release_of_instance(first)
    assert take(network) == '10.0.0.2'


def test_gateway_dhcp_server_network_and_broadcast_are_nobodys(database):
    database('nova')
    network = add_network(cidr='10.0.0.0/24', dhcp_start='10.0.0.0', dhcp_server='10.0.0.2')
    got = {take(network) for _ in range(252)}
    assert got == {str(ipaddress.ip_address('10.0.0.0') + n) for n in range(3, 255)}
    with pytest.raises(exception.NoMoreFixedIps):
        take(network)


def test_an_address_asked_for(network):
    assert take(network, address='10.0.0.77') == '10.0.0.77'
    with pytest.raises(exception.FixedIpAlreadyInUse):
        take(network, address='10.0.0.77')


@pytest.mark.parametrize('address', ['10.0.1.4', '10.0.0.1', '10.0.0.255', '10.0.0.0', 'nonsense', '::1',
                                     '10.0.0.5/24'])
def test_an_address_that_cannot_be_a_servers(network, address):
    with pytest.raises(exception.RequestedFixedIpInvalid):
        take(network, address=address)


def test_reserved_addresses_are_passed_over(network):
    fixed_ips.reserve('10.0.0.2')
    fixed_ips.reserve('10.0.0.2')
    assert take(network) == '10.0.0.3'
    fixed_ips.unreserve('10.0.0.2')
    with pytest.raises(exception.FixedIpNotFound):
        fixed_ips.unreserve('10.0.0.2')
    with pytest.raises(exception.FixedIpAlreadyInUse):
        fixed_ips.reserve('10.0.0.3')
    with pytest.raises(exception.FixedIpNotFound):
        fixed_ips.reserve('10.9.0.3')


def test_a_full_network_says_so_and_recovers(database):
    database('nova')
    network = add_network(cidr='10.0.0.0/29', broadcast='10.0.0.7')
    owners = [str(uuid.uuid4()) for _ in range(5)]
    for owner in owners:
        fixed_ips.allocate(network, owner)
    with pytest.raises(exception.NoMoreFixedIps) as error:
        take(network)
    assert '10.0.0.0/29' in str(error.value)
    fixed_ips.release_of_instance(owners[3])
    assert take(network) == '10.0.0.5'


def test_a_failed_transaction_leaves_the_address_free(network):
    with pytest.raises(ZeroDivisionError):
        with db.writer():
            take(network)
            raise ZeroDivisionError
    assert fixed_ips.by_address('10.0.0.2') is None


def test_the_last_address_of_65000_is_found_quickly(database):
    database('nova')
    network = add_network(cidr='10.1.0.0/16', netmask='255.255.0.0', broadcast='10.1.255.255')
    start = int(ipaddress.ip_address('10.1.0.2'))
    with db.writer() as session:
        session.execute(insert(FixedIp), [
            {'network_id': network.id, 'address': str(ipaddress.ip_address(start + n)), 'reserved': True}
            for n in range(65000)])
    began = time.process_time()
    assert take(network) == str(ipaddress.ip_address(start + 65000))
    assert time.process_time() - began < 2
    with db.count_statements() as counter:
        take(network)
    assert counter.total <= 4


def test_mac_addresses_are_in_openstacks_range_and_unique(network):
    macs = {virtual_interfaces.create(network.id, 'x').address for _ in range(50)}
    assert len(macs) == 50
    for mac in macs:
        assert mac.startswith('fa:16:3e:') and int(mac.split(':')[3], 16) < 0x80


def test_a_mac_address_that_exists_is_drawn_again(network, monkeypatch):
    drawn = iter(['fa:16:3e:00:00:01', 'fa:16:3e:00:00:01', 'fa:16:3e:00:00:02'])
    monkeypatch.setattr(virtual_interfaces, 'new_mac', lambda: next(drawn))
    assert virtual_interfaces.create(network.id, 'x').address == 'fa:16:3e:00:00:01'
    assert virtual_interfaces.create(network.id, 'y').address == 'fa:16:3e:00:00:02'
