"""Networks: what an administrator may make, and who sees them."""
import pytest

from nova import exception
from nova.db import networks
from nova.network import allocation
from nova.network.api import API
from tests.unit.nova.network.cast import ADMIN, OWNER, STRANGER, add_server


@pytest.fixture
def api(told):
    return API()


def test_defaults(api, told):
    row = api.create_network(ADMIN, 'private', '10.0.0.0/24')
    assert (row.gateway, row.dhcp_start, row.dhcp_server, row.broadcast, row.netmask, row.bridge) == (
        '10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.255', '255.255.255.0', 'br100')
    assert told.networks == 1


def test_the_gateway_may_be_another(api):
    row = api.create_network(ADMIN, 'private', '10.0.0.0/24', gateway='10.0.0.254', dns1='192.0.2.53')
    assert (row.gateway, row.dhcp_start, row.dns1) == ('10.0.0.254', '10.0.0.1', '192.0.2.53')


@pytest.mark.parametrize('wrong', [
    {'cidr': '10.0.0.0/30'}, {'cidr': '10.0.0.1/24'}, {'cidr': 'x'}, {'cidr': 'fd00::/64'}, {'gateway': '10.0.1.1'},
    {'gateway': '10.0.0.0'}, {'gateway': 'x'}, {'dhcp_start': '10.0.0.255'}, {'dns1': 'x'}, {'mtu': 5}, {'label': ''},
    {'bridge': 'a' * 16}, {'bridge': 'a b'}, {'bridge_interface': '../x'}, {'multi_host': True}])
def test_networks_that_cannot_be(api, wrong):
    with pytest.raises(exception.InvalidNetwork):
        api.create_network(ADMIN, **{'label': 'private', 'cidr': '10.0.0.0/24', **wrong})


def test_overlaps_and_shared_bridges_are_refused(api):
    api.create_network(ADMIN, 'private', '10.0.0.0/24')
    for cidr in ('10.0.0.0/24', '10.0.0.128/25', '10.0.0.0/16'):
        with pytest.raises(exception.NetworkExists):
            api.create_network(ADMIN, 'again', cidr, bridge='br101')
    with pytest.raises(exception.InvalidNetwork):
        api.create_network(ADMIN, 'again', '10.0.1.0/24')
    assert api.create_network(ADMIN, 'again', '10.0.1.0/24', bridge='br101')


def test_a_projects_own_network_is_seen_by_nobody_else(api):
    own = api.create_network(ADMIN, 'own', '10.0.0.0/24', project_id='p1')
    shared = api.create_network(ADMIN, 'shared', '10.0.1.0/24', bridge='br101')
    assert [row.uuid for row in api.list_networks(OWNER)] == [own.uuid, shared.uuid]
    assert [row.uuid for row in api.list_networks(STRANGER)] == [shared.uuid]
    assert len(api.list_networks(ADMIN)) == 2
    with pytest.raises(exception.NetworkNotFound):
        api.get_network(STRANGER, own.uuid)
    api.disassociate_network(ADMIN, own.uuid)
    assert api.get_network(STRANGER, own.uuid).project_id is None


def test_a_network_in_use_is_kept(api, told):
    network = api.create_network(ADMIN, 'private', '10.0.0.0/24')
    server = add_server()
    allocation.allocate(server.uuid, 'node1')
    with pytest.raises(exception.NetworkInUse):
        api.delete_network(ADMIN, network.uuid)
    allocation.deallocate(server.uuid)
    api.delete_network(ADMIN, network.uuid)
    assert networks.list_all() == [] and told.networks == 2
    with pytest.raises(exception.NetworkNotFound):
        api.delete_network(ADMIN, network.uuid)
