"""Which hosts a server can be on. Each filter is a class here; scheduler_default_filters names those that are used.

A site adds its own under the entry points essex.nova.scheduler.filters.
"""


from oslo_config import cfg

from essex import config

OPTS = [
    cfg.BoolOpt('allow_resize_to_same_host', default=True,
                help='A server may be resized on the host it is on. As hosts share no storage, that is the only one '
                     'that can: without it nothing is ever resized.'),
]
CONF = config.register(OPTS)


class Filter:
    """One condition. `passes` says whether a host meets it; `because` explains, for people, why `rejected` hosts
    (HostStates) did not. `capacity` filters are asked again in the transaction that gives a host away."""

    capacity = False

    def passes(self, host, request):
        raise NotImplementedError

    def because(self, rejected, request):
        return _names(rejected)

    def __str__(self):
        return type(self).__name__


class RetryFilter(Filter):
    """Not again where the boot has failed before."""

    def passes(self, host, request):
        return host.host not in {each['host'] for each in request.tried}

    def because(self, rejected, request):
        return '; '.join(f'failed on {each["host"]}: {each["reason"]}' for each in request.tried)


class ResizeFilter(Filter):
    """Where the disks of the server are. Not to be configured: no other host could have them."""

    def passes(self, host, request):
        return CONF.allow_resize_to_same_host and host.host == request.stays_on

    def because(self, rejected, request):
        told = []
        others = [host for host in rejected if host.host != request.stays_on]
        if others:
            told.append(f'the disks of the server are on {request.stays_on}, which shares no storage with '
                        f'{_names(others)}')
        if len(others) < len(rejected):
            told.append(f'on {request.stays_on} it may not stay: allow_resize_to_same_host is off')
        return '; '.join(told)


class AvailabilityZoneFilter(Filter):
    """In the zone that was asked for, if any."""

    def passes(self, host, request):
        return not request.zone or host.zone == request.zone

    def because(self, rejected, request):
        return f'asked for zone {request.zone}; {_names(rejected, lambda host: f"is in {host.zone}")}'


class ComputeFilter(Filter):
    """Its nova-compute reports and is enabled, and it has the capabilities that the flavor's extra specs name.

    Keys with a scope (quota:..., hw:...) are for others, but for capabilities:...
    """

    def passes(self, host, request):
        return host.up and not host.disabled and not _missing(host, request)

    def because(self, rejected, request):
        return _names(rejected, lambda host: _unfit(host, request))


class RamFilter(Filter):
    """Enough memory left to promise."""

    capacity = True

    def passes(self, host, request):
        return host.free_memory_mb >= request.memory_mb

    def because(self, rejected, request):
        most = max(rejected, key=lambda host: host.free_memory_mb)
        return f'asked {request.memory_mb} MB, most free {max(0, most.free_memory_mb)} MB on {most.host}'


class CoreFilter(Filter):
    """Enough virtual CPUs left to promise."""

    capacity = True

    def passes(self, host, request):
        return host.free_vcpus >= request.vcpus

    def because(self, rejected, request):
        most = max(rejected, key=lambda host: host.free_vcpus)
        return f'asked {request.vcpus} VCPUs, most free {max(0, most.free_vcpus)} on {most.host}'


class DiskFilter(Filter):
    """Enough disk left to promise."""

    capacity = True

    def passes(self, host, request):
        return host.free_disk_mb >= request.disk_gb * 1024

    def because(self, rejected, request):
        most = max(rejected, key=lambda host: host.free_disk_mb)
        aside = f' ({request.aside_gb} of them for the former disks, until it is confirmed)' if request.aside_gb else ''
        return f'asked {request.disk_gb} GB{aside}, most free {max(0, most.free_disk_mb) // 1024} GB on {most.host}'


class ImagePropertiesFilter(Filter):
    """The hypervisor runs what the image says it needs: architecture, hypervisor type, mode."""

    # Property: its older name, and the capability it is looked for in.
    PROPERTIES = {'hw_architecture': ('architecture', 'architectures'),
                  'img_hv_type': ('hypervisor_type', 'hypervisor_type'),
                  'hw_vm_mode': ('vm_mode', 'vm_modes')}

    def passes(self, host, request):
        return all(value in offered for value, offered in self._wanted(host, request))

    def because(self, rejected, request):
        properties = request.image.get('properties') or {}
        asked = ', '.join(f'{name}={properties[name]}' for pair in self.PROPERTIES.items()
                          for name in (pair[0], pair[1][0]) if properties.get(name))
        return f'the image asks for {asked}; {_names(rejected)}'

    def _wanted(self, host, request):
        properties = request.image.get('properties') or {}
        for name, (old_name, capability) in self.PROPERTIES.items():
            value = properties.get(name) or properties.get(old_name)
            if value:
                yield _canonical(value), self._offered(host, capability)

    @staticmethod
    def _offered(host, capability):
        values = host.capabilities.get(capability) or ()
        values = {_canonical(value) for value in ([values] if isinstance(values, str) else values)}
        if capability == 'hypervisor_type' and host.capabilities.get('virt_type'):
            # An image for `qemu` runs under KVM too, and today's `kvm` means either.
            values.add(_canonical(host.capabilities['virt_type']))
        return values | {'qemu', 'kvm'} if values & {'qemu', 'kvm'} else values


class SameHostFilter(Filter):
    """Beside one of the servers that the hint same_host names."""

    def passes(self, host, request):
        return request.same_hosts is None or host.host in request.same_hosts

    def because(self, rejected, request):
        where = ', '.join(sorted(request.same_hosts)) or 'none of them is on a host'
        return f'the servers of hint same_host: {where}'


class DifferentHostFilter(Filter):
    """Away from all servers that the hint different_host names."""

    def passes(self, host, request):
        return request.different_hosts is None or host.host not in request.different_hosts

    def because(self, rejected, request):
        return f'the servers of hint different_host are on {", ".join(sorted(request.different_hosts))}'


_ALIASES = {'amd64': 'x86_64', 'x64': 'x86_64', 'x86-64': 'x86_64', 'arm64': 'aarch64', 'i386': 'i686', 'i486': 'i686',
            'i586': 'i686'}


def _canonical(value):
    text = str(value).strip().lower()
    return _ALIASES.get(text, text)


def _missing(host, request):
    """{capability: wanted} of the flavor's extra specs that the host does not have."""
    missing = {}
    for key, value in request.extra_specs.items():
        scope, _, name = key.rpartition(':')
        if scope in ('', 'capabilities') and str(host.capabilities.get(name)) != str(value):
            missing[name] = value
    return missing


def _unfit(host, request):
    if not host.up:
        seen = f'{host.last_seen_up:%Y-%m-%d %H:%M:%S} UTC' if host.last_seen_up else 'never'
        return f'is down, last heartbeat {seen}'
    if host.disabled:
        return f'is disabled{f": {host.disabled_reason}" if host.disabled_reason else ""}'
    return 'lacks ' + ', '.join(f'{name}={value}' for name, value in sorted(_missing(host, request).items()))


def _names(hosts, describe=None, most=3):
    """'a is down; b is disabled; and 7 more'."""
    told = [f'{host.host} {describe(host)}' if describe else host.host for host in hosts[:most]]
    if len(hosts) > most:
        told.append(f'and {len(hosts) - most} more')
    return ('; ' if describe else ', ').join(told)
