"""Quotas are what exists, and nobody gets past them, however many ask at once."""
import threading
import uuid

import pytest

from essex import db
from nova import exception
from nova.compute import quota
from nova.db import instances, keypairs, quotas
from nova.db.models import FloatingIp, SecurityGroup, SecurityGroupRule
from tests.unit.nova.rows import server, server_values

pytestmark = pytest.mark.usefixtures('nova_database')


def together(count, function):
    """Run function(number) in `count` threads that start at once; returns the exceptions by number."""
    start, errors = threading.Barrier(count), {}

    def run(number):
        start.wait()
        try:
            function(number)
        except Exception as error:
            errors[number] = error
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return errors


def test_defaults_are_todays(conf):
    assert quota.defaults() == {
        'instances': 10, 'cores': 20, 'ram': 51200, 'metadata_items': 128, 'injected_files': 5,
        'injected_file_content_bytes': 10240, 'injected_file_path_bytes': 255, 'key_pairs': 100, 'floating_ips': 10,
        'fixed_ips': -1, 'security_groups': 10, 'security_group_rules': 20, 'server_groups': 10,
        'server_group_members': 10}
    conf.set('instances', 3, 'quota')
    assert quota.limits('alpha')['instances'] == 3


def test_usage_is_counted_in_one_statement():
    server(vcpus=2, memory_mb=100)
    server(vcpus=1, memory_mb=11)
    instances.mark_deleted(server(vcpus=5).uuid)
    server(project_id='beta')
    keypairs.create({'user_id': 'alice', 'name': 'k', 'fingerprint': 'f', 'public_key': 'k'})
    with db.writer() as session:
        session.add(FloatingIp(uuid=str(uuid.uuid4()), address='192.0.2.1', project_id='alpha'))
        group = SecurityGroup(uuid=str(uuid.uuid4()), project_id='alpha', name='default')
        session.add(group)
        session.flush()
        session.add(SecurityGroupRule(uuid=str(uuid.uuid4()), parent_group_id=group.id))
    with db.count_statements() as counter:
        used = quota.usage('alpha', 'alice')
    assert counter.total == 1
    assert used == {**dict.fromkeys(quota.RESOURCES, 0), 'instances': 2, 'cores': 3, 'ram': 111, 'floating_ips': 1,
                    'security_groups': 1, 'key_pairs': 1}
    assert quotas.usage({'security_group_rules': group.id}) == {'security_group_rules': 1}


def test_limits_of_a_project():
    server()
    server()
    assert quota.set_limits('alpha', {'instances': 5, 'cores': -1})['instances'] == 5
    assert quota.set_limits('alpha', {'instances': 4})['cores'] == -1
    assert quota.limits('beta')['instances'] == 10
    for wanted, part in (({'instances': 1}, '2 already'), ({'instances': -2}, '-1'), ({'nonsense': 1}, 'no such'),
                         ({'cores': 2 ** 31}, '2147483647')):
        with pytest.raises(exception.QuotaInvalid, match=part):
            quota.set_limits('alpha', wanted)
    assert quota.set_limits('alpha', {'instances': 1}, force=True)['instances'] == 1
    quota.delete_limits('alpha')
    assert quota.limits('alpha') == quota.defaults()


def test_the_refusal_says_asked_used_and_limit():
    server()
    quota.set_limits('alpha', {'instances': 2})
    with db.writer():
        quota.check('alpha', instances=1)
    with pytest.raises(exception.QuotaExceeded) as error, db.writer():
        quota.check('alpha', instances=2)
    assert str(error.value) == 'Quota exceeded for instances: Requested 2, but already used 1 of 2 instances'
    assert (error.value.code, error.value.legacy_code, error.value.headers) == (403, 413, {'Retry-After': '0'})


@pytest.mark.parametrize(('limits', 'granted'), [
    ({}, 4), ({'instances': 3}, 3), ({'cores': 5}, 2), ({'ram': 300}, 3),
    ({'instances': -1, 'cores': -1, 'ram': -1}, 4),
    ({'instances': 3, 'cores': 4}, 2)])
def test_grants_what_fits_between_the_two_counts(limits, granted):
    quota.set_limits('alpha', limits)
    with db.writer():
        assert quota.grant('alpha', 2, 100, 1, 4) == granted


def test_no_grant_below_the_least():
    quota.set_limits('alpha', {'cores': 5})
    with pytest.raises(exception.QuotaExceeded) as error, db.writer():
        quota.grant('alpha', 2, 100, 3, 4)
    assert str(error.value) == 'Quota exceeded for cores: Requested 6, but already used 0 of 5 cores'


def test_a_server_without_memory_or_cores_counts_as_one():
    quota.set_limits('alpha', {'instances': 2, 'cores': 0, 'ram': 0})
    with db.writer():
        assert quota.grant('alpha', 0, 0, 1, 5) == 2


def test_nobody_overshoots_at_once():
    quota.set_limits('alpha', {'instances': 7})

    @db.retry
    def create(number):
        with db.writer():
            count = quota.grant('alpha', 1, 64, 1, 2)
            instances.create_all([server_values() for _each in range(count)])
    errors = together(10, create)
    assert quota.usage('alpha')['instances'] == 7
    assert {type(error) for error in errors.values()} == {exception.QuotaExceeded}


# SQLite has one writer at a time.
@pytest.mark.parametrize('nova_database', ['postgresql', 'mariadb'], indirect=True)
def test_projects_do_not_wait_for_each_other(nova_database):
    held, done = threading.Event(), threading.Event()

    def hold():
        with db.writer():
            quota.check('alpha', instances=1)
            held.set()
            assert done.wait(20)
    with db.writer():
        quota.check('beta', instances=1)
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)
    with db.writer():
        quota.check('beta', instances=1)
    done.set()
    thread.join(20)


def test_limits_set_at_once_all_stay():
    names = ('instances', 'cores', 'ram', 'key_pairs')
    errors = together(8, lambda number: quota.set_limits('alpha', {names[number % 4]: 50 + number % 4}))
    assert errors == {}
    assert [quota.limits('alpha')[name] for name in names] == [50, 51, 52, 53]
