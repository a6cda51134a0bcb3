"""Placing servers: the right host, never more than it has, and an explanation when there is none."""
import os

import pytest

from essex import db
from essex.context import RequestContext
from essex.exception import ConfigError
from essex.operation import Cancelled, Lost
from nova.compute import states
from nova.db import aggregates, instance_states, instances, services
from nova.exception import NoValidHost
from nova.scheduler.hosts import all_states
from nova.scheduler.scheduler import Scheduler
from tests.unit.nova.scheduler.kit import add_host, add_server, age


def place(row, context=None, also=None, **data):
    return Scheduler().place(row, data, context, also).host


def why_not(row, **data):
    with pytest.raises(NoValidHost) as caught:
        place(row, **data)
    return str(caught.value)


def test_a_server_gets_the_emptiest_host(nova_sqlite):
    add_host('small', memory_mb=2048)
    add_host('big', memory_mb=8192)
    row = add_server()
    assert place(row) == 'big'
    now = instances.get(row.uuid)
    assert (now.host, now.node) == ('big', 'big.example')


def test_equal_hosts_take_turns(nova_sqlite):
    for name in ('a', 'b', 'c'):
        add_host(name, memory_mb=1 << 20, vcpus=1000, local_gb=10000)
    assert {place(add_server()) for _ in range(12)} == {'a', 'b', 'c'}


def test_host_states_take_three_statements(nova_sqlite):
    for number in range(20):
        add_host(f'host-{number}')
    with db.count_statements() as counter:
        assert len(all_states()) == 20
    assert counter.total == 3
    with db.count_statements() as counter:
        all_states(with_zones=True)
    assert counter.total <= 5


def test_limits_follow_ratios_and_reserves(nova_sqlite, conf):
    conf.set('ram_allocation_ratio', 2.0)
    conf.set('reserved_host_disk_mb', 1024)
    add_host('a', memory_mb=1512, vcpus=2, local_gb=11)
    add_server('a', memory_mb=500, vcpus=3, root_gb=2, ephemeral_gb=1)
    [state] = all_states()
    assert (state.memory_limit_mb, state.vcpu_limit, state.disk_limit_mb) == (2000, 32, 10240)
    assert (state.free_memory_mb, state.free_vcpus, state.free_disk_mb) == (1500, 29, 10240 - 3072)


def test_the_zone_of_an_aggregate_wins(nova_sqlite):
    add_host('a')
    add_host('b')
    east = aggregates.create('racks', {'availability_zone': 'east'})
    aggregates.add_host(east.id, 'b')
    assert place(add_server(availability_zone='east')) == 'b'
    assert place(add_server(availability_zone='nova')) == 'a'
    assert 'AvailabilityZoneFilter rejected 2 (asked for zone west; a is in nova; b is in east)' in why_not(
        add_server(availability_zone='west'))


def test_no_host_at_all(nova_sqlite):
    assert why_not(add_server()) == ('No valid host was found. There is no compute host: no nova-compute has reported '
                                     'to this cloud yet.')


def test_every_host_down(nova_sqlite):
    add_host('a', up=False)
    add_host('b', up=False)
    text = why_not(add_server())
    assert text.startswith('No valid host was found. Every nova-compute is down: a is down, last heartbeat 2')
    assert '; b is down' in text


def test_each_filter_is_told(nova_sqlite):
    add_host('a', memory_mb=1024)
    add_host('b', memory_mb=700)
    add_host('c')
    services.set_enabled('c', 'nova-compute', False, 'new fan')
    add_host('d')
    text = why_not(add_server(memory_mb=2048), tried=[{'host': 'd', 'reason': 'the disk is full'}])
    assert text == ('No valid host was found. 4 hosts considered; '
                    'RetryFilter rejected 1 (failed on d: the disk is full); '
                    'ComputeFilter rejected 1 (c is disabled: new fan); '
                    'RamFilter rejected 2 (asked 2048 MB, most free 768 MB on a).')


def test_hints_reach_only_the_projects_own_servers(nova_sqlite):
    for name in ('a', 'b'):
        add_host(name)
    mine, theirs = add_server('a'), add_server('b', project_id='other')
    assert place(add_server(scheduler_hints={'same_host': mine.uuid})) == 'a'
    assert place(add_server(scheduler_hints={'different_host': [mine.uuid]})) == 'b'
    assert 'SameHostFilter rejected 2' in why_not(add_server(scheduler_hints={'same_host': [theirs.uuid]}))
    admin = RequestContext(is_admin=True)
    assert place(add_server(scheduler_hints={'same_host': [theirs.uuid]}), admin) == 'b'


@pytest.mark.parametrize('hints', [None, {'same_host': None}, {'different_host': 5}, {'same_host': []}])
def test_senseless_hints_do_no_harm(nova_sqlite, hints):
    add_host('a')
    assert place(add_server(scheduler_hints=hints or {})) == 'a'


def test_a_forced_host_is_taken_as_it_is(nova_sqlite):
    add_host('big')
    add_host('full', memory_mb=600)
    services.set_enabled('full', 'nova-compute', False)
    assert place(add_server(), forced_host='full') == 'full'


def test_a_forced_host_must_be_there_and_up(nova_sqlite):
    add_host('a', up=False)
    assert 'Host a, which was asked for, is down' in why_not(add_server(), forced_host='a')
    assert 'Host b, which was asked for, has no hypervisor' in why_not(add_server(), forced_host='b')


def test_what_is_also_to_be_done_is_in_the_same_transaction(nova_sqlite):
    add_host('a')
    row = add_server()

    def lose():
        raise Lost(operation_id=1)
    with pytest.raises(Lost):
        place(row, also=lose)
    assert instances.get(row.uuid).host is None


def test_a_server_that_is_deleted_meanwhile_gets_no_host(nova_sqlite):
    add_host('a')
    row = add_server()
    instance_states.change_if(row.uuid, task_state=states.DELETING)
    with pytest.raises(Cancelled):
        place(row)
    assert instances.get(row.uuid).host is None


def test_a_host_that_fills_up_between_look_and_claim_is_passed_over(nova_sqlite):
    add_host('a', memory_mb=100000, vcpus=100, local_gb=1000)
    add_host('b', memory_mb=4096)
    scheduler, row = Scheduler(), add_server()
    select = scheduler.select

    def slow_select(request):
        chosen = select(request)
        if instances.usage_by_host().get('a') is None:
            add_server('a', memory_mb=149000)
        return chosen
    scheduler.select = slow_select
    assert scheduler.place(row, {}).host == 'b'


def test_many_schedulers_never_promise_more_than_there_is(nova_database):
    """Six processes place servers at once on two hosts that have room for ten."""
    for name in ('a', 'b'):
        add_host(name, memory_mb=512 + 3500, vcpus=100, local_gb=1000)   # 1.5 times 3500: five of 1024
    rows = [add_server() for _ in range(18)]
    url = str(db.engine().url)
    db.dispose()
    children = [_fork(url, rows[number::6]) for number in range(6)]
    placed = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
    db.configure(url)
    assert placed == 10
    assert {name: used['instances'] for name, used in instances.usage_by_host().items()} == {'a': 5, 'b': 5}


def _fork(url, rows):
    """A process that tries to place `rows`; its exit status is how many got a host."""
    pid = os.fork()
    if pid:
        return pid
    count = 100
    try:
        db.configure(url)
        scheduler, count = Scheduler(), 0
        for row in rows:
            try:
                scheduler.place(row, {})
                count += 1
            except NoValidHost:
                continue
    finally:
        os._exit(count)


def test_an_unknown_filter_stops_the_start_with_a_sentence(conf):
    conf.set('scheduler_default_filters', ['RamFilter', 'MagicFilter'])
    with pytest.raises(ConfigError, match='MagicFilter'):
        Scheduler()


def test_a_host_comes_back(nova_sqlite):
    add_host('a', up=False)
    row = add_server()
    why_not(row)
    age('a', 1)
    assert place(row) == 'a'
