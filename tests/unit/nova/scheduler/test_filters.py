"""Filters: which hosts pass, and what is said of those that do not."""
import pytest

from nova.scheduler import filters
from tests.unit.nova.scheduler.kit import host, request


def test_retry_filter_passes_hosts_that_were_not_tried():
    asked = request(tried=[{'host': 'a', 'reason': 'disk full'}])
    assert not filters.RetryFilter().passes(host('a'), asked)
    assert filters.RetryFilter().passes(host('b'), asked)
    assert filters.RetryFilter().because([host('a')], asked) == 'failed on a: disk full'


@pytest.mark.parametrize('zone, passes', [(None, True), ('nova', True), ('east', False)])
def test_availability_zone_filter(zone, passes):
    assert filters.AvailabilityZoneFilter().passes(host(), request(zone=zone)) is passes


def test_availability_zone_filter_says_what_was_asked():
    assert filters.AvailabilityZoneFilter().because([host('a')], request(zone='east')) == (
        'asked for zone east; a is in nova')


@pytest.mark.parametrize('more, text', [
    ({'up': False}, 'a is down, last heartbeat 2026-01-02 03:04:05 UTC'),
    ({'up': False, 'last_seen_up': None}, 'a is down, last heartbeat never'),
    ({'disabled': True, 'disabled_reason': 'new fan'}, 'a is disabled: new fan'),
    ({'disabled': True}, 'a is disabled'),
])
def test_compute_filter_wants_hosts_that_serve(more, text):
    each = filters.ComputeFilter()
    assert each.passes(host(), request())
    assert not each.passes(host(**more), request())
    assert each.because([host(**more)], request()) == text


@pytest.mark.parametrize('specs, passes', [
    ({}, True), ({'hypervisor_type': 'QEMU'}, True), ({'capabilities:hypervisor_type': 'QEMU'}, True),
    ({'hypervisor_type': 'xen'}, False), ({'ssd': 'true'}, False), ({'quota:cpu_shares': '5'}, True),
    ({'hw:cpu_policy': 'shared'}, True)])
def test_compute_filter_compares_extra_specs_with_capabilities(specs, passes):
    there = host(capabilities={'hypervisor_type': 'QEMU'})
    assert filters.ComputeFilter().passes(there, request(extra_specs=specs)) is passes


def test_compute_filter_names_the_capability_that_lacks():
    assert filters.ComputeFilter().because([host('a')], request(extra_specs={'ssd': 'true'})) == 'a lacks ssd=true'


@pytest.mark.parametrize('kind, enough, short, text', [
    (filters.RamFilter, {'memory': 1024}, {'memory': 1023}, 'asked 1024 MB, most free 1023 MB on a'),
    (filters.CoreFilter, {'vcpus': 1}, {'vcpus': 0}, 'asked 1 VCPUs, most free 0 on a'),
    (filters.DiskFilter, {'disk': 10}, {'disk': 9}, 'asked 10 GB, most free 9 GB on a'),
])
def test_capacity(kind, enough, short, text):
    each = kind()
    assert each.capacity
    assert each.passes(host(**enough), request())
    assert not each.passes(host(**short), request())
    assert each.because([host(**short)], request()) == text


def test_what_is_promised_counts():
    used = {'memory_mb': 3500, 'vcpus': 8, 'disk_gb': 95, 'instances': 2}
    there = host(used=used)
    for kind in (filters.RamFilter, filters.CoreFilter, filters.DiskFilter):
        assert not kind().passes(there, request())


@pytest.mark.parametrize('properties, passes', [
    ({}, True), ({'hw_architecture': 'x86_64'}, True), ({'architecture': 'amd64'}, True),
    ({'hw_architecture': 'aarch64'}, False), ({'img_hv_type': 'qemu'}, True), ({'hypervisor_type': 'kvm'}, True),
    ({'img_hv_type': 'xen'}, False), ({'hw_vm_mode': 'hvm'}, True), ({'vm_mode': 'xen'}, False)])
def test_image_properties(properties, passes):
    there = host(capabilities={'architectures': ['x86_64', 'i686'], 'hypervisor_type': 'QEMU', 'virt_type': 'kvm',
                               'vm_modes': ['hvm']})
    asked = request(image={'properties': properties})
    each = filters.ImagePropertiesFilter()
    assert each.passes(there, asked) is passes
    if not passes:
        name, value = next(iter(properties.items()))
        assert f'the image asks for {name}={value}' in each.because([there], asked)


def test_a_fake_hypervisor_is_no_qemu():
    there = host(capabilities={'hypervisor_type': 'fake', 'virt_type': 'fake'})
    assert not filters.ImagePropertiesFilter().passes(there, request(image={'properties': {'img_hv_type': 'qemu'}}))


def test_same_and_different_host():
    same, different = filters.SameHostFilter(), filters.DifferentHostFilter()
    asked = request(same_hosts={'a'}, different_hosts={'b'})
    assert same.passes(host('a'), asked) and not same.passes(host('b'), asked)
    assert different.passes(host('a'), asked) and not different.passes(host('b'), asked)
    assert same.passes(host('a'), request()) and different.passes(host('a'), request())
    assert not same.passes(host('a'), request(same_hosts=set()))
    assert 'none of them is on a host' in same.because([host('a')], request(same_hosts=set()))


def test_many_hosts_are_summed_up():
    assert filters.Filter().because([host(str(number)) for number in range(9)], request()) == '0, 1, 2, and 6 more'
