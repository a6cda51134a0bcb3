"""nova-network's manager on the fake driver: allocation that can be repeated, deallocation, reconcile, sweep."""
import uuid

import pytest

from essex import db, rpc
from nova import exception
from nova.compute import states
from nova.compute.operations import DELETE
from nova.db import fixed_ips, floating_ips, instances, network_info, networks, virtual_interfaces
from nova.db.journal import JOURNAL
from nova.network.fake import FakeDriver
from nova.network.manager import NetworkManager
from tests.unit.nova.network.cast import ADMIN, OWNER, add_network, add_server, delete_row, fresh


@pytest.fixture
def manager(database, conf):
    database('nova')
    rpc.configure('memory://')
    conf.set('host', 'node1')
    yield NetworkManager(FakeDriver(), 'node1')
    rpc.shutdown()


def test_a_server_gets_a_card_and_an_address_on_every_network(manager):
    one, two = add_network(), add_network('10.0.1.0/24', 'second')
    server = add_server()
    info = manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    assert [vif['network']['id'] for vif in info] == [one.uuid, two.uuid]
    assert [vif['fixed_ips'][0]['address'] for vif in info] == ['10.0.0.2', '10.0.1.2']
    assert info[0]['devname'] == 'tap' + info[0]['id'].replace('-', '')[:11]
    assert fresh(server).network_info == info
    assert manager.driver.dhcp[one.uuid] == [(info[0]['address'], 'one', '10.0.0.2')]
    assert set(manager.driver.networks) == {one.uuid, two.uuid}


def test_asking_again_gives_the_same(manager):
    add_network()
    server = add_server()
    first = manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    assert manager.allocate_for_instance(OWNER, server.uuid, 'node1', None) == first
    assert len(virtual_interfaces.of_instance(server.uuid)) == 1


def test_networks_of_other_projects_are_not_given(manager):
    add_network('10.0.1.0/24', 'theirs', project_id='p2')
    own = add_network(project_id='p1')
    info = manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    assert [vif['network']['id'] for vif in info] == [own.uuid]
    theirs = networks.list_all()[0]
    with pytest.raises(exception.RequestedNetworkNotFound):
        manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', [{'network_id': theirs.uuid}])


def test_requested_networks_and_addresses(manager):
    network = add_network()
    add_network('10.0.1.0/24', 'second')
    asked = [{'network_id': network.uuid, 'fixed_ip': '10.0.0.9'}, {'fixed_ip': '10.0.1.7'}, {'uuid': network.uuid}]
    server = add_server()
    info = manager.allocate_for_instance(OWNER, server.uuid, 'node1', asked)
    assert [vif['fixed_ips'][0]['address'] for vif in info] == ['10.0.0.9', '10.0.1.7', '10.0.0.2']
    assert manager.allocate_for_instance(OWNER, server.uuid, 'node1', asked) == info
    assert manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', []) == []
    with pytest.raises(exception.FixedIpAlreadyInUse):
        manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', asked[:1])


def test_nothing_stays_of_an_allocation_that_fails_half_way(manager):
    add_network()
    add_network('10.0.1.0/29', 'small', dhcp_start='10.0.1.6', broadcast='10.0.1.7')
    manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    server = add_server()
    with pytest.raises(exception.NoMoreFixedIps):
        manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    assert virtual_interfaces.of_instance(server.uuid) == fixed_ips.of_instance(server.uuid) == []


@pytest.mark.parametrize('state', ['deleted', 'deleting', 'unknown'])
def test_a_server_that_goes_gets_nothing_any_more(manager, state):
    add_network()
    server = add_server(task_state=states.DELETING if state == 'deleting' else None)
    if state == 'deleted':
        delete_row(server)
    with pytest.raises(exception.InstanceNotFound):
        manager.allocate_for_instance(OWNER, str(uuid.uuid4()) if state == 'unknown' else server.uuid, 'node1', None)


def test_deallocation_leaves_nothing_and_can_be_repeated(manager):
    network = add_network()
    server = add_server()
    manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    floating_ips.create(['172.24.4.1'], 'nova')
    floating_ips.allocate('p1', 'nova')
    floating_ips.associate('172.24.4.1', fixed_ips.of_instance(server.uuid)[0].id, 'node1', 'p1')
    manager.apply_nat(OWNER)
    assert [nat.fixed_address for nat in manager.driver.floating] == ['10.0.0.2']
    for _ in range(2):
        manager.deallocate_for_instance(OWNER, server.uuid)
        assert fixed_ips.by_address('10.0.0.2') is None
        assert virtual_interfaces.of_instance(server.uuid) == [] == fresh(server).network_info
        assert manager.driver.dhcp[network.uuid] == [] and manager.driver.floating == ()
    assert floating_ips.list_for(OWNER)[0].fixed_address is None
    manager.deallocate_for_instance(OWNER, str(uuid.uuid4()))


def test_a_network_nobody_serves_is_served_by_who_is_asked_first(manager):
    network = add_network()
    manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    assert fresh(network).host == 'node1'
    assert networks.claim('node2') == 0


def test_another_hosts_network_is_changed_there(manager):
    network = add_network(host='node2')
    other = NetworkManager(FakeDriver(), 'node2')
    server = rpc.Server('network', 'node2', [other])
    server.start()
    try:
        info = manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    finally:
        server.stop(5)
    assert other.driver.dhcp[network.uuid] == [(info[0]['address'], 'one', '10.0.0.2')]
    assert manager.driver.networks == {}


def test_reconcile_makes_a_new_driver_equal_to_the_database(manager):
    network = add_network()
    server = add_server()
    manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    restarted = NetworkManager(FakeDriver(), 'node1')
    restarted.reconcile()
    assert restarted.driver.dhcp == {network.uuid: manager.driver.dhcp[network.uuid]}
    assert [spec.id for spec in restarted.driver.nat] == [network.uuid]
    networks.update(network.uuid, host='node2')
    restarted.reconcile()
    assert restarted.driver.dhcp == {} == restarted.driver.networks and restarted.driver.nat == ()


def test_the_sweep_takes_back_what_servers_left_that_are_gone(manager):
    add_network()
    kept, gone, busy = add_server('kept'), add_server('gone'), add_server('busy')
    for server in (kept, gone, busy):
        manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    JOURNAL.add(DELETE, busy.uuid, OWNER, {'instance_uuid': busy.uuid, 'host': 'node1'})
    delete_row(gone)
    delete_row(busy)
    never = str(uuid.uuid4())
    fixed_ips.allocate(networks.list_all()[0], never)
    assert sorted(manager.sweep()) == sorted([gone.uuid, never])
    assert manager.sweep() == []
    assert {row['instance_uuid'] for row in fixed_ips.list_all()} == {kept.uuid, busy.uuid}


def test_every_new_server_gets_a_floating_address_if_so_configured(manager, conf):
    conf.set('auto_assign_floating_ip', True)
    add_network()
    floating_ips.create(['172.24.4.1'], 'nova')
    one, two = add_server('one'), add_server('two')
    info = manager.allocate_for_instance(OWNER, one.uuid, 'node1', None)
    assert info == manager.allocate_for_instance(OWNER, one.uuid, 'node1', None)
    assert info[0]['fixed_ips'][0]['floating_ips'] == ['172.24.4.1']
    assert [nat.address for nat in manager.driver.floating] == ['172.24.4.1']
    assert manager.allocate_for_instance(OWNER, two.uuid, 'node1', None)[0]['fixed_ips'][0]['floating_ips'] == []
    manager.deallocate_for_instance(OWNER, one.uuid)
    assert floating_ips.list_for(OWNER) == [] and manager.driver.floating == ()


def test_what_a_boot_costs_in_statements(manager):
    add_network()
    manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    server = add_server()
    with db.count_statements() as counter:
        manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)
    assert counter.total <= 16, '\n'.join(counter.statements)
    with db.count_statements() as counter:
        manager.deallocate_for_instance(ADMIN, server.uuid)
    assert counter.total <= 13, '\n'.join(counter.statements)


def test_network_info_of_many_servers_takes_two_statements(manager):
    add_network()
    servers = [add_server() for _ in range(5)]
    expected = {each.uuid: manager.allocate_for_instance(OWNER, each.uuid, 'node1', None) for each in servers}
    with db.count_statements() as counter:
        assert network_info.build([each.uuid for each in servers]) == expected
    assert counter.total == 2
    assert instances.get(servers[0].uuid).network_info == expected[servers[0].uuid]


def test_a_broken_host_keeps_no_server_from_being_deleted(manager, monkeypatch):
    network = add_network()
    server = add_server()
    manager.allocate_for_instance(OWNER, server.uuid, 'node1', None)

    def broken(*arguments):
        raise exception.NetworkSetupFailed(network='private', host='node1', reason='dnsmasq is gone')
    with monkeypatch.context() as patched:
        patched.setattr(manager.driver, 'apply_dhcp', broken)
        manager.deallocate_for_instance(OWNER, server.uuid)
        assert fixed_ips.of_instance(server.uuid) == []
        with pytest.raises(exception.NetworkSetupFailed):
            manager.allocate_for_instance(OWNER, add_server().uuid, 'node1', None)
    manager.reconcile()
    assert len(manager.driver.dhcp[network.uuid]) == 1


def test_one_network_that_fails_leaves_the_others_served(manager, monkeypatch):
    bad, good = add_network(), add_network('10.0.1.0/24', 'second')
    setup = manager.driver.setup_network

    def broken(spec):
        if spec.id == bad.uuid:
            raise exception.NetworkSetupFailed(network='private', host='node1', reason='no such interface')
        setup(spec)
    monkeypatch.setattr(manager.driver, 'setup_network', broken)
    manager.reconcile()
    assert set(manager.driver.dhcp) == {good.uuid}
