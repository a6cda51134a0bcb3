"""What operators see and set: zones, hosts, services, hypervisors, aggregates; usage, limits, instance actions."""
import datetime

import pytest
from sqlalchemy import update

from essex import db
from nova import exception
from nova.compute import aggregates, hosts, hypervisors, instance_actions, limits, operations, services, usage, zones
from nova.db import compute_nodes, faults, instances
from nova.db import services as service_rows
from nova.db.journal import JOURNAL
from nova.db.models import Operation, OperationStep
from tests.unit.nova.rows import host_up, server

pytestmark = pytest.mark.usefixtures('nova_sqlite')


@pytest.fixture
def cloud(admin):
    """node1 with one server, node2 with two in zone north, a scheduler."""
    for host in ('node1', 'node2'):
        host_up(host)
        compute_nodes.upsert(host, {'hypervisor_hostname': f'{host}.example', 'hypervisor_type': 'fake', 'vcpus': 4,
                                    'memory_mb': 1000, 'local_gb': 10, 'running_vms': 1})
    host_up('node1', binary='nova-scheduler')
    rack = aggregates.create(admin, 'rack', 'north')
    aggregates.add_host(admin, rack.id, 'node2')
    server(host='node1')
    server(host='node2', vcpus=2)
    server(host='node2', project_id='beta', task_state='powering-off')
    return rack


def down(host, binary='nova-compute'):
    row = service_rows.get_by_host(host, binary)
    service_rows.change(row.id, last_seen_up=db.utcnow() - datetime.timedelta(hours=1))


def test_zones(cloud, admin):
    assert zones.of_hosts() == {'node1': 'nova', 'node2': 'north'} and zones.names() == {'nova', 'north'}
    assert zones.list() == [{'name': 'north', 'available': True, 'hosts': None},
                            {'name': 'nova', 'available': True, 'hosts': None}]
    down('node2')
    services.set_enabled(admin, 'node1', 'nova-compute', False)
    assert [zone['available'] for zone in zones.list()] == [False, False]
    detail = {zone['name']: zone['hosts'] for zone in zones.list(detail=True)}
    assert set(detail) == {'internal', 'north', 'nova'} and list(detail['internal']) == ['node1']
    assert detail['north']['node2']['nova-compute']['available'] is False
    row = service_rows.get_by_host('node1', 'nova-compute')
    assert detail['nova']['node1']['nova-compute'] == {
        'available': True, 'active': False, 'updated_at': row.last_seen_up}


def test_services(cloud, admin):
    down('node2')
    assert [(row.binary, row.host, row.zone, row.status, row.state) for row in services.list(admin)] == [
        ('nova-compute', 'node1', 'nova', 'enabled', 'up'), ('nova-compute', 'node2', 'north', 'enabled', 'down'),
        ('nova-scheduler', 'node1', 'internal', 'enabled', 'up')]
    row = services.update(admin, service_rows.get_by_host('node1', 'nova-compute').uuid, enabled=False, reason='fan')
    assert (row.status, row.disabled_reason) == ('disabled', 'fan')
    assert services.update(admin, row.id, forced_down=True).state == 'down'
    for reason in ('', 'x' * 256, 'a\0'):
        with pytest.raises(exception.InvalidServerRequest):
            services.update(admin, row.id, enabled=False, reason=reason)
    with pytest.raises(exception.HostBinaryNotFound):
        services.set_enabled(admin, 'node9', 'nova-compute', True)


def test_a_service_is_forgotten_when_it_is_down_and_empty(cloud, admin):
    row = service_rows.get_by_host('node1', 'nova-compute')
    with pytest.raises(exception.HostHasInstances):
        services.delete(admin, row.id)
    for each in instances.on_host('node1'):
        instances.mark_deleted(each.uuid)
    with pytest.raises(exception.ServiceStillUp):
        services.delete(admin, row.id)
    down('node1')
    services.delete(admin, row.id)
    with pytest.raises(exception.HostNotFound):
        compute_nodes.get('node1')


def test_hypervisors(cloud, admin):
    with db.count_statements() as counter:
        first, second = hypervisors.list(admin)
    assert counter.total == 4
    assert (first.state, first.status, first.used['instances'], first.free_memory_mb, first.workload) == (
        'up', 'enabled', 1, 936, 0)
    assert (second.used['vcpus'], second.free_disk_gb, second.workload) == (3, 8, 1)
    assert hypervisors.get(admin, str(second.node.id)).used == second.used
    assert [one.node.host for one in hypervisors.list(admin, '2.exa')] == ['node2']
    assert [len(rows) for _one, rows in hypervisors.servers(admin)] == [1, 2]
    total = hypervisors.statistics(admin)
    assert (total['count'], total['vcpus'], total['vcpus_used'], total['memory_mb_used'], total['free_ram_mb'],
            total['current_workload'], total['running_vms']) == (2, 8, 4, 192, 1808, 1, 2)
    down('node1')
    services.set_enabled(admin, 'node1', 'nova-compute', False)
    assert hypervisors.get(admin, first.node.uuid).state == 'down' and hypervisors.statistics(admin)['count'] == 1
    with pytest.raises(exception.HypervisorNotFound):
        hypervisors.get(admin, '12345')


def test_hosts(cloud, admin):
    assert {(each['host_name'], each['service'], each['zone']) for each in hosts.list(admin)} == {
        ('node1', 'compute', 'nova'), ('node2', 'compute', 'north'), ('node1', 'scheduler', 'internal')}
    assert [each['host_name'] for each in hosts.list(admin, zone='north')] == ['node2']
    assert [tuple(each.values()) for each in hosts.describe(admin, 'node2')] == [
        ('node2', '(total)', 4, 1000, 10), ('node2', '(used_now)', 3, 0, 2), ('node2', '(used_max)', 3, 128, 2),
        ('node2', 'alpha', 2, 64, 1), ('node2', 'beta', 1, 64, 1)]
    assert hosts.update(admin, 'node1', 'disable') == {'host': 'node1', 'status': 'disabled'}
    for call, error in ((lambda: hosts.update(admin, 'x', 'enable'), exception.HostNotFound),
                        (lambda: hosts.update(admin, 'node1', 'explode'), exception.InvalidServerRequest),
                        (lambda: hosts.describe(admin, 'x'), exception.HostNotFound)):
        with pytest.raises(error):
            call()


def test_aggregates(cloud, admin):
    other = aggregates.create(admin, 'other', 'south')
    for call, error in ((lambda: aggregates.add_host(admin, other.id, 'node2'), exception.AggregateZoneConflict),
                        (lambda: aggregates.add_host(admin, other.id, 'node9'), exception.HostNotFound),
                        (lambda: aggregates.delete(admin, cloud.id), exception.AggregateNotEmpty),
                        (lambda: aggregates.create(admin, 'other'), exception.AggregateNameExists),
                        (lambda: aggregates.create(admin, ''), exception.InvalidServerRequest),
                        (lambda: aggregates.create(admin, 'x', 'a:b'), exception.InvalidServerRequest),
                        (lambda: aggregates.update(admin, other.id, name='x' * 256), exception.InvalidServerRequest)):
        with pytest.raises(error):
            call()
    plain = aggregates.create(admin, 'plain')
    aggregates.add_host(admin, plain.id, 'node2')
    with pytest.raises(exception.AggregateZoneConflict):
        aggregates.set_metadata(admin, plain.id, {'availability_zone': 'south'})
    with pytest.raises(exception.AggregateZoneConflict):
        aggregates.update(admin, plain.id, availability_zone='south')
    assert aggregates.set_metadata(admin, plain.id, {'ssd': 'true', 'x': None}).metadata_ == {'ssd': 'true'}
    assert aggregates.update(admin, plain.id, name='renamed').name == 'renamed'
    aggregates.remove_host(admin, plain.id, 'node2')
    aggregates.delete(admin, plain.id)
    assert [row.name for row in aggregates.list(admin)] == ['rack', 'other']


def test_usage_counts_the_hours_in_the_period(admin):
    now = db.utcnow().replace(microsecond=0)
    hour = datetime.timedelta(hours=1)
    server(display_name='long', launched_at=now - 10 * hour, memory_mb=100, vcpus=2, root_gb=3)
    server(display_name='ended', launched_at=now - 3 * hour, terminated_at=now - 2 * hour)
    server(display_name='before', launched_at=now - 9 * hour, terminated_at=now - 8 * hour)
    server(display_name='never started', launched_at=None)
    server(project_id='beta', launched_at=now - hour)
    with db.count_statements() as counter:
        alpha, beta = usage.tenants(admin, now - 4 * hour, now, detailed=True)
    assert counter.total == 1
    assert {each['name']: round(each['hours'], 3) for each in alpha['server_usages']} == {'long': 4, 'ended': 1}
    assert round(alpha['total_hours'], 3) == 5 and round(alpha['total_memory_mb_usage'], 3) == 464
    assert round(alpha['total_vcpus_usage'], 3) == 9 and round(alpha['total_local_gb_usage'], 3) == 13
    assert round(beta['total_hours'], 3) == 1
    assert 'server_usages' not in usage.tenants(admin, now - hour, now)[0]
    assert [each['state'] for each in usage.tenant(admin, 'alpha', now - 4 * hour, now)['server_usages']] == [
        'active', 'terminated']


def test_limits_in_two_statements(alice):
    server(vcpus=3)
    with db.count_statements() as counter:
        absolute = limits.absolute(alice)
    assert counter.total == 2
    assert (absolute['maxTotalInstances'], absolute['totalInstancesUsed'], absolute['totalCoresUsed']) == (10, 1, 3)
    assert len(absolute) == 19


def test_instance_actions_are_the_journal(alice, stranger):
    row = server()
    stop = JOURNAL.add(operations.STOP, row.uuid, alice, {'instance_uuid': row.uuid, 'host': 'node1'})
    with db.writer() as session:
        session.add(OperationStep(operation_id=stop.id, name='apply', host='node1', started_at=db.utcnow(),
                                  finished_at=db.utcnow(), result='Error', error='broken'))
        session.execute(update(Operation).values(error='broken', state='failed'))
    instances.mark_deleted(row.uuid)
    listed, = instance_actions.list(alice, row.uuid)
    # Users are told what they may know, administrators what the journal says.
    assert (listed['action'], listed['message'], listed['request_id']) == ('stop', 'Error', alice.request_id)
    faults.add(row.uuid, exception.GuestNotFound(host='node1', instance_uuid='x'), request_id=alice.request_id)
    assert instance_actions.list(alice, row.uuid)[0]['message'] == 'The hypervisor has no guest of instance x.'
    assert instance_actions.list(alice.elevated(), row.uuid)[0]['message'] == 'broken'
    action = instance_actions.get(alice, row.uuid, alice.request_id)
    event, = action['events']
    assert (event['event'], event['result'], event['host']) == ('stop_apply', 'Error', 'node1')
    assert event['start_time'] <= event['finish_time']
    for request_id in ('req-nope', 'x' * 300, '\0'):
        with pytest.raises(exception.ActionNotFound):
            instance_actions.get(alice, row.uuid, request_id)
    with pytest.raises(exception.InstanceNotFound):
        instance_actions.list(stranger, row.uuid)
