"""Flavors, key pairs, aggregates, services, compute nodes, faults, console tokens in the database."""
import datetime
import threading

import pytest

from essex import db
from nova import exception
from nova.db import aggregates, compute_nodes, consoles, faults, flavors, keypairs, services
from tests.unit.nova.rows import flavor

pytestmark = pytest.mark.usefixtures('nova_database')


def test_flavors_by_id_and_name(alice, admin):
    made = flavor('1', 'm1.tiny')
    assert flavors.get_for(alice, '1').name == 'm1.tiny' and flavors.get_by_name('m1.tiny').id == made.id
    for missing in ('2', '', '\0', 'm1.tiny', 'x' * 300):
        with pytest.raises(exception.FlavorNotFound):
            flavors.get_for(admin, missing)


def test_flavor_ids_and_names_are_taken_once():
    flavor('1', 'm1.tiny')
    with pytest.raises(exception.FlavorIdExists):
        flavor('1', 'other')
    with pytest.raises(exception.FlavorExists):
        flavor('2', 'm1.tiny')
    assert flavor('2', 'M1.tiny').id


def test_a_private_flavor_is_for_its_projects(alice, stranger, admin):
    made = flavor('p', 'private', is_public=False)
    flavors.add_access(made, 'alpha')
    assert flavors.get_for(alice, 'p').id == flavors.get_for(admin, 'p').id == made.id
    with pytest.raises(exception.FlavorNotFound):
        flavors.get_for(stranger, 'p')
    assert [row.name for row in flavors.list_for(alice)] == ['private'] and flavors.list_for(stranger) == []
    assert flavors.list_for(admin) == [] and len(flavors.list_for(admin, is_public=None)) == 1
    with pytest.raises(exception.FlavorAccessExists):
        flavors.add_access(made, 'alpha')
    flavors.remove_access(made, 'alpha')
    with pytest.raises(exception.FlavorAccessNotFound):
        flavors.remove_access(made, 'alpha')
    flavors.add_access(made, 'alpha')
    flavors.delete(made.id)
    assert flavors.access(made.id) == []


def test_flavors_filtered_sorted_and_paged(alice):
    for number, memory in (('3', 64), ('1', 512), ('2', 128)):
        flavor(number, f'f{number}', memory_mb=memory)

    def ids(**options):
        return [row.flavorid for row in flavors.list_for(alice, **options)]
    assert ids() == ['1', '2', '3'] and ids(min_memory=100) == ['1', '2'] and ids(min_disk=2) == []
    assert ids(sort_key='memory_mb') == ['3', '2', '1'] and ids(sort_dir='desc', limit=2) == ['3', '2']
    assert ids(marker='1', limit=1) == ['2']
    with pytest.raises(exception.InvalidMarker):
        ids(marker='9')


def test_extra_specs_merge():
    made = flavor()
    assert flavors.merge_extra_specs(made.id, {'a': '1', 'b': '2'}) == {'a': '1', 'b': '2'}
    assert flavors.merge_extra_specs(made.id, {'a': '3'}) == {'a': '3', 'b': '2'}
    flavors.delete_extra_spec(made.id, 'a')
    with pytest.raises(exception.FlavorExtraSpecNotFound):
        flavors.delete_extra_spec(made.id, 'a')
    with pytest.raises(exception.FlavorNotFound):
        flavors.change(999, description='x')


def test_key_pairs_belong_to_users():
    for user, name in (('alice', 'b'), ('alice', 'a'), ('bob', 'a')):
        keypairs.create({'user_id': user, 'name': name, 'fingerprint': user, 'public_key': 'k'})
    with pytest.raises(exception.KeypairExists):
        keypairs.create({'user_id': 'bob', 'name': 'a', 'fingerprint': 'f', 'public_key': 'k'})
    assert [row.name for row in keypairs.list_for_user('alice')] == ['a', 'b']
    assert [row.name for row in keypairs.list_for_user('alice', 1, 'a')] == ['b']
    assert keypairs.get('bob', 'a').fingerprint == 'bob'
    keypairs.delete('bob', 'a')
    for call in (keypairs.delete, keypairs.get):
        with pytest.raises(exception.KeypairNotFound):
            call('bob', 'a')
    with pytest.raises(exception.InvalidMarker):
        keypairs.list_for_user('bob', marker='a')


def test_aggregates_and_the_zones_they_make():
    made = aggregates.create('rack-1', {'availability_zone': 'north'})
    aggregates.add_host(made.id, 'node1')
    aggregates.add_host(aggregates.create('ssd', {'ssd': 'true'}).id, 'node2')
    assert aggregates.zones() == {'node1': 'north'}
    assert [member.host for member in aggregates.get(made.uuid).hosts] == ['node1']
    for call, error in ((lambda: aggregates.create('ssd', {}), exception.AggregateNameExists),
                        (lambda: aggregates.change(made.id, 'ssd'), exception.AggregateNameExists),
                        (lambda: aggregates.add_host(made.id, 'node1'), exception.AggregateHostExists),
                        (lambda: aggregates.remove_host(made.id, 'node9'), exception.AggregateHostNotFound),
                        (lambda: aggregates.get('99999999999999999'), exception.AggregateNotFound),
                        (lambda: aggregates.get('\0'), exception.AggregateNotFound)):
        with pytest.raises(error):
            call()
    changed = aggregates.change(made.id, 'rack-2', {'availability_zone': None, 'x': 'y'})
    assert (changed.name, changed.metadata_) == ('rack-2', {'x': 'y'})
    assert aggregates.remove_host(made.id, 'node1').hosts == []
    aggregates.delete(made.id)
    assert [row.name for row in aggregates.list_all()] == ['ssd']


def test_aggregates_are_listed_in_two_statements():
    for number in range(5):
        aggregates.add_host(aggregates.create(f'a{number}', {}).id, 'node1')
    with db.count_statements() as counter:
        assert len(aggregates.list_all()) == 5
    assert counter.total == 2


def test_a_heartbeat_enters_and_then_renews(conf):
    services.heartbeat('node1', 'nova-compute', 'compute', 'nova')
    first = services.get_by_host('node1', 'nova-compute')
    with db.count_statements() as counter:
        services.heartbeat('node1', 'nova-compute', 'compute', 'nova')
    again = services.get_by_host('node1', 'nova-compute')
    assert counter.total == 1 and again.id == first.id and again.report_count == 2
    assert services.is_up(again)
    conf.set('service_down_time', 1)
    again.last_seen_up -= datetime.timedelta(seconds=2)
    assert not services.is_up(again)


def test_first_heartbeats_at_once_make_one_row():
    start = threading.Barrier(5)

    def beat():
        start.wait()
        services.heartbeat('node1', 'nova-compute', 'compute', 'nova')
    threads = [threading.Thread(target=beat) for _each in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(services.list()) == 1


def test_services_found_enabled_and_forgotten():
    for host, binary in (('b', 'nova-compute'), ('a', 'nova-compute'), ('a', 'nova-scheduler')):
        services.heartbeat(host, binary, 't', 'nova')
    assert [(row.host, row.binary) for row in services.list()] == [
        ('a', 'nova-compute'), ('b', 'nova-compute'), ('a', 'nova-scheduler')]
    row = services.set_enabled('a', 'nova-compute', False, 'broken fan')
    assert (row.disabled, row.disabled_reason) == (True, 'broken fan')
    assert [each.host for each in services.list(binary='nova-compute', disabled=False)] == ['b']
    assert services.set_enabled('a', 'nova-compute', True).disabled_reason is None
    assert services.get(row.id).id == services.get(row.uuid).id == row.id
    compute_nodes.upsert('a', {'hypervisor_hostname': 'a', 'hypervisor_type': 'fake', 'vcpus': 1, 'memory_mb': 1,
                               'local_gb': 1})
    services.forget(row)
    assert compute_nodes.list() == []
    for call in (lambda: services.get(row.id), lambda: services.get('\0')):
        with pytest.raises(exception.ServiceNotFound):
            call()
    with pytest.raises(exception.HostBinaryNotFound):
        services.get_by_host('a', 'nova-compute')


def test_a_compute_node_is_entered_once():
    values = {'hypervisor_hostname': 'h', 'hypervisor_type': 'fake', 'vcpus': 4, 'memory_mb': 1000, 'local_gb': 10,
              'cpu_info': {'arch': 'x86_64'}}
    compute_nodes.upsert('node1', values)
    compute_nodes.upsert('node1', {**values, 'vcpus': 8})
    node = compute_nodes.get('node1')
    assert (node.vcpus, node.cpu_info, len(compute_nodes.list())) == (8, {'arch': 'x86_64'}, 1)
    assert compute_nodes.get_by_id(str(node.id)).uuid == compute_nodes.get_by_id(node.uuid).uuid == node.uuid
    with pytest.raises(exception.HypervisorNotFound):
        compute_nodes.get_by_id('node1')
    with pytest.raises(exception.HostNotFound):
        compute_nodes.get('node2')


def test_the_newest_fault_in_one_statement():
    faults.add('u1', exception.NoValidHost(reason='RamFilter left 0 of 3 hosts.'), 'node1', 'req-1')
    faults.add('u2', exception.NoValidHost(reason='first'))
    newest = faults.add('u2', ValueError('secret path'))
    with db.count_statements() as counter:
        found = faults.latest(['u1', 'u2', 'u3'])
    assert counter.total == 1 and set(found) == {'u1', 'u2'} and found['u2'].id == newest.id
    assert found['u1'].message == 'No valid host was found. RamFilter left 0 of 3 hosts.'
    assert (found['u1'].code, found['u1'].details, found['u1'].request_id) == (500, None, 'req-1')
    # What nobody foresaw may tell of the cloud's inside: its text is for administrators.
    assert found['u2'].message == 'ValueError' and 'secret path' in found['u2'].details
    assert faults.latest([]) == {}


def test_a_console_token_is_taken_once_and_expires():
    def store(name, seconds):
        consoles.store(name * 64, 'uuid', 'novnc', '127.0.0.1', 5900, None,
                       db.utcnow() + datetime.timedelta(seconds=seconds))
    store('a', 60)
    store('b', -1)
    store('c', 60)
    assert consoles.valid('a' * 64).port == 5900 and consoles.take('a' * 64).instance_uuid == 'uuid'
    assert consoles.take('a' * 64) is None and consoles.valid('b' * 64) is None and consoles.take('x') is None
    assert consoles.purge() == 1
    consoles.delete_of_instance('uuid')
    assert consoles.valid('c' * 64) is None


def test_of_two_that_take_a_token_one_gets_it():
    consoles.store('a' * 64, 'uuid', 'novnc', 'h', 1, None, db.utcnow() + datetime.timedelta(seconds=60))
    start, got = threading.Barrier(4), []

    def take():
        start.wait()
        got.append(consoles.take('a' * 64))
    threads = [threading.Thread(target=take) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len([row for row in got if row is not None]) == 1
