"""Floating addresses: whose they are, how many one may have, where they point."""
import pytest

from nova import exception
from nova.compute import quota
from nova.db import fixed_ips, floating_ips, instances
from nova.network import allocation
from nova.network.api import API
from tests.unit.nova.network.cast import ADMIN, OWNER, STRANGER, add_network, add_server, delete_row


@pytest.fixture
def api(told):
    api = API()
    api.create_floating_ips(ADMIN, '172.24.4.0/29')
    return api


@pytest.fixture
def server(api):
    add_network(host='node1')
    server = add_server()
    allocation.allocate(server.uuid, 'node1')
    return server


def test_an_address_is_given_and_taken_back(api):
    row = api.allocate_floating_ip(OWNER)
    assert (row.address, row.pool, row.fixed_address, row.instance_uuid) == ('172.24.4.1', 'nova', None, None)
    assert [each.address for each in api.list_floating_ips(OWNER)] == ['172.24.4.1']
    assert api.list_floating_ips(STRANGER) == []
    api.release_floating_ip(OWNER, row.id)
    assert api.list_floating_ips(OWNER) == []
    with pytest.raises(exception.FloatingIpNotFound):
        api.release_floating_ip(OWNER, row.id)


def test_pools(api):
    api.create_floating_ips(ADMIN, '198.51.100.9/32', 'other', 'eth1')
    assert api.floating_pools(OWNER) == ['nova', 'other']
    assert api.allocate_floating_ip(OWNER, 'other').address == '198.51.100.9'
    with pytest.raises(exception.NoMoreFloatingIps):
        api.allocate_floating_ip(OWNER, 'other')
    with pytest.raises(exception.FloatingIpPoolNotFound):
        api.allocate_floating_ip(OWNER, 'nowhere')


def test_not_more_than_the_quota(api):
    quota.set_limits('p1', {'floating_ips': 2})
    api.allocate_floating_ip(OWNER)
    api.allocate_floating_ip(OWNER)
    with pytest.raises(exception.QuotaExceeded):
        api.allocate_floating_ip(OWNER)
    assert api.allocate_floating_ip(STRANGER)


@pytest.mark.parametrize('method', ['get_floating_ip', 'release_floating_ip'])
def test_a_strangers_address_is_not_found(api, method):
    row = api.allocate_floating_ip(OWNER)
    for name in (row.id, row.uuid):
        with pytest.raises(exception.FloatingIpNotFound):
            getattr(api, method)(STRANGER, name)
    for name in (row.id, row.uuid, str(row.id)):
        assert api.get_floating_ip(OWNER, name).address == row.address
    for name in ('0', '99999999999999999999', 'x' * 300, '-1'):
        with pytest.raises(exception.FloatingIpNotFound):
            getattr(api, method)(OWNER, name)


def test_association(api, server, told):
    api.allocate_floating_ip(OWNER)
    api.associate_floating_ip(OWNER, server, '172.24.4.1')
    api.associate_floating_ip(OWNER, server, '172.24.4.1')
    assert told.nat == ['node1', 'node1']
    row = api.get_floating_ip_by_address(OWNER, '172.24.4.1')
    assert (row.fixed_address, row.instance_uuid, row.host) == ('10.0.0.2', server.uuid, 'node1')
    assert floating_ips.nat('node1') == [('172.24.4.1', '10.0.0.2', None)]
    assert instances.get(server.uuid).network_info[0]['fixed_ips'][0]['floating_ips'] == ['172.24.4.1']
    api.disassociate_floating_ip(OWNER, '172.24.4.1', server)
    assert floating_ips.nat('node1') == [] and len(told.nat) == 3
    assert instances.get(server.uuid).network_info[0]['fixed_ips'][0]['floating_ips'] == []
    with pytest.raises(exception.FloatingIpNotAssociated):
        api.disassociate_floating_ip(OWNER, '172.24.4.1', server)


def test_an_address_in_use_is_not_moved_silently(api, server):
    other = add_server('two')
    allocation.allocate(other.uuid, 'node1')
    api.allocate_floating_ip(OWNER)
    api.associate_floating_ip(OWNER, server, '172.24.4.1', '10.0.0.2')
    with pytest.raises(exception.FloatingIpAssociated):
        api.associate_floating_ip(OWNER, other, '172.24.4.1')
    with pytest.raises(exception.FloatingIpNotAssociated):
        api.disassociate_floating_ip(OWNER, '172.24.4.1', other)


def test_what_cannot_be_associated(api, server):
    with pytest.raises(exception.FloatingIpNotFound):
        api.associate_floating_ip(OWNER, server, '172.24.4.1')
    api.allocate_floating_ip(STRANGER)
    for caller in (OWNER, ADMIN):
        with pytest.raises(exception.FloatingIpNotFound):
            api.associate_floating_ip(caller, server, '172.24.4.1')
    api.allocate_floating_ip(OWNER)
    with pytest.raises(exception.FixedIpNotFound):
        api.associate_floating_ip(OWNER, server, '172.24.4.2', '10.0.0.3')
    with pytest.raises(exception.InstanceNotReady):
        api.associate_floating_ip(OWNER, add_server(), '172.24.4.2')
    delete_row(server)
    with pytest.raises(exception.InstanceNotFound):
        api.associate_floating_ip(OWNER, server, '172.24.4.2')


def test_releasing_an_associated_address_disassociates_it(api, server, told):
    row = api.allocate_floating_ip(OWNER)
    api.associate_floating_ip(OWNER, server, row.address)
    api.release_floating_ip(OWNER, row.id)
    assert told.nat == ['node1', 'node1'] and api.list_floating_ips(OWNER) == []
    assert fixed_ips.of_instance(server.uuid)


def test_adding_and_removing_pools_of_addresses(api):
    with pytest.raises(exception.FloatingIpExists):
        api.create_floating_ips(ADMIN, '172.24.4.6')
    for wrong in ('172.24.4.3/29', 'x', '10.0.0.0/8', '::1'):
        with pytest.raises(exception.InvalidNetwork):
            api.create_floating_ips(ADMIN, wrong)
    assert api.create_floating_ips(ADMIN, '172.24.5.0/24') == 254
    api.delete_floating_ips(ADMIN, '172.24.5.0/24')
    assert len(floating_ips.list_all()) == 6
    with pytest.raises(exception.FloatingIpNotFound):
        api.delete_floating_ips(ADMIN, '172.24.5.0/24')


def test_an_associated_address_is_not_removed_from_its_pool(api, server):
    api.allocate_floating_ip(OWNER)
    api.associate_floating_ip(OWNER, server, '172.24.4.1')
    with pytest.raises(exception.FloatingIpAssociated):
        api.delete_floating_ips(ADMIN, '172.24.4.0/29')
