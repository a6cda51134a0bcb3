"""Boots: what a server is at each step, and what becomes of it when one fails."""
import pytest
from sqlalchemy import text

from essex import db, rpc
from essex.exception import EssexError
from nova.compute import operations, states
from nova.db import instance_states, instances
from nova.db.journal import JOURNAL
from nova.exception import DiskTooSmall, ImageUnacceptable, InsufficientDisk, NoMoreFixedIps
from tests.unit.nova.executors.kit import fault, open_kinds, steps
from tests.unit.nova.scheduler.kit import add_server

FORWARD = ['schedule', 'network', 'image', 'disk', 'spawn', 'activate']


def nothing_is_left(world, row, host='a'):
    assert world.drivers[host].list_leftovers() == []
    with db.reader() as session:
        for table in ('fixed_ips', 'virtual_interfaces'):
            assert session.execute(text(f'SELECT count(*) FROM {table}')).scalar() == 0
    assert open_kinds(row.uuid) == []


def raising(error):
    def fail(*args, **kwargs):
        raise error
    return fail


def full():
    return InsufficientDisk(host='a', free_mb=1, path='/x', needed_mb=2)


def test_a_server_becomes_active(world):
    row = world.boot(image_ref='image-1')
    assert (row.vm_state, row.task_state, row.power_state, row.host, row.progress) == (
        states.ACTIVE, None, states.RUNNING, 'a', 100)
    assert row.launched_at is not None
    assert [vif['fixed_ips'][0]['address'] for vif in row.network_info] == ['10.0.0.2']
    assert world.drivers['a'].list_instances()[row.uuid].state == states.RUNNING
    assert steps(row.uuid) == FORWARD
    assert world.images.downloads == 1


def test_each_step_is_shown(world):
    seen, executor = {}, world.executors['a']['boot'][1]
    for name in ('network', 'image', 'disk', 'spawn'):
        original = getattr(executor, name)

        def look(run, name=name, original=original):
            seen[name] = instances.get(run.resource_id).task_state
            original(run)
        setattr(executor, name, look)
    world.boot()
    assert seen == {'network': 'networking', 'image': 'block_device_mapping', 'disk': 'block_device_mapping',
                    'spawn': 'spawning'}


@pytest.mark.parametrize('method, error', [
    ('prepare_image', ImageUnacceptable(image_id='i', reason='it has a backing file')),
    ('create_disks', DiskTooSmall(image_id='i', needed_bytes=2, disk_bytes=1)),
])
def test_what_no_host_can_do_is_not_tried_elsewhere(two_hosts, method, error):
    setattr(two_hosts.drivers['a'], method, raising(error))
    row = two_hosts.boot()
    assert (row.vm_state, row.task_state, row.host, row.node) == (states.ERROR, None, None, None)
    assert fault(row.uuid) == str(error)
    nothing_is_left(two_hosts, row)


@pytest.mark.parametrize('method', ['prepare_image', 'create_disks', 'spawn'])
@pytest.mark.parametrize('error', [full(), RuntimeError('surprise')])
def test_what_another_host_may_do_is_tried_there(two_hosts, method, error):
    setattr(two_hosts.drivers['a'], method, raising(error))
    row = two_hosts.boot()
    assert (row.vm_state, row.host, row.node) == (states.ACTIVE, 'b', 'b.example')
    assert two_hosts.drivers['a'].list_leftovers() == []
    assert fault(row.uuid) is None
    data = JOURNAL.of_resource(row.uuid)[0].data
    assert [each['host'] for each in data['tried']] == ['a']


def test_when_every_host_has_failed_the_fault_says_why(two_hosts):
    for driver in two_hosts.drivers.values():
        driver.create_disks = raising(full())
    row = two_hosts.boot()
    assert row.vm_state == states.ERROR
    assert 'RetryFilter rejected 2 (failed on host 1: The host has too little disk free' in fault(row.uuid)
    nothing_is_left(two_hosts, row)


def test_after_enough_attempts_the_error_itself_is_told(two_hosts, conf):
    conf.set('scheduler_max_attempts', 1)
    two_hosts.drivers['a'].create_disks = raising(full())
    row = two_hosts.boot()
    assert (row.vm_state, fault(row.uuid)) == (states.ERROR, full().public)


def test_a_forced_host_is_not_left(two_hosts):
    two_hosts.drivers['a'].create_disks = raising(full())
    row = two_hosts.boot({'forced_host': 'a'})
    assert (row.vm_state, fault(row.uuid)) == (states.ERROR, full().public)


def test_a_guest_that_dies_at_once_is_no_active_server(world, conf):
    conf.set('scheduler_max_attempts', 1)
    driver = world.drivers['a']
    spawn = driver.spawn

    def spawn_and_die(instance, network_info, security):
        spawn(instance, network_info, security)
        driver.power_off(instance)
    driver.spawn = spawn_and_die
    row = world.boot()
    assert row.vm_state == states.ERROR
    assert 'ended as soon as it was started: its console' in fault(row.uuid)
    nothing_is_left(world, row)


def test_no_addresses_left(world):
    world.network.fail = NoMoreFixedIps(network_id='n', cidr='10.0.0.0/28')
    row = world.boot()
    assert row.vm_state == states.ERROR
    assert fault(row.uuid) == 'No fixed IP addresses are left in network n (10.0.0.0/28).'
    nothing_is_left(world, row)


def test_a_call_that_died_with_nova_network_is_repeated(world):
    world.network.fail = rpc.Timeout('No answer to allocate_for_instance from any network daemon')
    assert world.boot().vm_state == states.ACTIVE


def test_no_host(world):
    row = world.boot(memory_mb=1 << 20)
    assert (row.vm_state, row.host) == (states.ERROR, None)
    assert fault(row.uuid).startswith('No valid host was found. 1 host considered; RamFilter rejected 1')


def test_a_failed_boot_takes_no_room(world):
    world.drivers['a'].spawn = raising(ImageUnacceptable(image_id='i', reason='bad'))
    world.boot()
    assert instances.usage_by_host() == {}


def test_an_undo_that_fails_keeps_the_server_from_being_stuck(world):
    world.drivers['a'].spawn = raising(ImageUnacceptable(image_id='i', reason='bad'))
    row = add_server()
    world.enter(operations.BOOT, row.uuid)
    world.drivers['a'].delete_disks = raising(EssexError('busy'))
    world.drain()
    now = instances.get(row.uuid)
    assert (now.vm_state, now.host, fault(row.uuid)) == (states.ERROR, 'a', 'Image i is unacceptable: bad')
    assert open_kinds(row.uuid) == ['boot']
    del world.drivers['a'].delete_disks
    world.drain()
    assert instances.get(row.uuid).host is None
    nothing_is_left(world, row)


def test_a_crash_after_the_claim_keeps_the_host(world):
    """The scheduler died when it had recorded the host but not yet the end of the step."""
    row = add_server('a')
    world.enter(operations.BOOT, row.uuid, host=None)
    world.drain()
    assert instances.get(row.uuid).vm_state == states.ACTIVE


@pytest.mark.parametrize('during', ['network', 'image', 'disk', 'spawn'])
def test_deleted_during_a_step(world, during):
    executor = world.executors['a']['boot'][1]
    original = getattr(executor, during)

    def delete(run):
        original(run)
        instance_states.change_if(run.resource_id, task_state=states.DELETING)
        JOURNAL.cancel(run.resource_id)
        world.enter(operations.DELETE, run.resource_id)
    setattr(executor, during, delete)
    row = add_server()
    world.enter(operations.BOOT, row.uuid)
    world.drain()
    gone = instances.get(row.uuid, deleted=True)
    assert (gone.vm_state, gone.deleted_at is not None, fault(row.uuid)) == (states.DELETED, True, None)
    nothing_is_left(world, row)
    assert [operation.state for operation in JOURNAL.of_resource(row.uuid)] == ['done', 'cancelled']


def test_what_a_boot_costs_in_statements(world):
    row = add_server()
    world.enter(operations.BOOT, row.uuid)
    with db.count_statements() as counter:
        world.drain()
    assert counter.total < 75, counter.statements
