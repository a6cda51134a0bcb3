"""Weighers: the emptiest host first, unless the multipliers say otherwise."""
from nova.scheduler import weighers
from tests.unit.nova.scheduler.kit import host, request

ALL = [weighers.RamWeigher(), weighers.CpuWeigher(), weighers.DiskWeigher()]


def order(hosts):
    return [each.host for each in weighers.best_first(ALL, hosts, request())]


def test_the_emptiest_host_is_first(conf):
    assert order([host('small', 1024, 2, 10), host('big', 8192, 16, 100), host('middle', 4096, 8, 50)]) == [
        'big', 'middle', 'small']


def test_a_negative_multiplier_packs(conf):
    for name in ('ram', 'cpu', 'disk'):
        conf.set(f'{name}_weight_multiplier', -1.0)
    assert order([host('big', 8192, 16, 100), host('small', 1024, 2, 10)]) == ['small', 'big']


def test_numbers_are_normalised(conf):
    """Megabytes must not outweigh CPUs because they are bigger numbers."""
    conf.set('disk_weight_multiplier', 0.0)
    conf.set('cpu_weight_multiplier', 2.0)
    assert order([host('memory', 9000, 2), host('cpus', 1000, 8)]) == ['cpus', 'memory']


def test_equal_hosts_stay_as_they_come(conf):
    assert order([host('b'), host('a')]) == ['b', 'a']


def test_without_weighers_the_order_stays(conf):
    assert weighers.best_first([], [host('b'), host('a')], request())[0].host == 'b'
