"""Which of the fitting hosts a server gets. Each weigher is a class here; scheduler_weight_classes names those used.

A weigher gives each host a number, more is better. The numbers are brought to 0..1 over the candidates, multiplied
(a negative multiplier packs instead of spreading) and added up.
"""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.FloatOpt('ram_weight_multiplier', default=1.0, help='How much free memory counts.'),
    cfg.FloatOpt('cpu_weight_multiplier', default=1.0, help='How much free virtual CPUs count.'),
    cfg.FloatOpt('disk_weight_multiplier', default=1.0, help='How much free disk counts.'),
]
CONF = config.register(OPTS)


class Weigher:
    """One measure of a host."""

    multiplier_option = None

    def measure(self, host, request):
        raise NotImplementedError

    def weights(self, hosts, request):
        """[weight] of `hosts`, in their order."""
        values = [self.measure(host, request) for host in hosts]
        low, span = min(values), max(values) - min(values)
        multiplier = CONF[self.multiplier_option]
        return [multiplier * (value - low) / span if span else 0.0 for value in values]


class RamWeigher(Weigher):
    """Free memory."""

    multiplier_option = 'ram_weight_multiplier'

    def measure(self, host, request):
        return host.free_memory_mb


class CpuWeigher(Weigher):
    """Free virtual CPUs."""

    multiplier_option = 'cpu_weight_multiplier'

    def measure(self, host, request):
        return host.free_vcpus


class DiskWeigher(Weigher):
    """Free disk."""

    multiplier_option = 'disk_weight_multiplier'

    def measure(self, host, request):
        return host.free_disk_mb


def best_first(weighers, hosts, request):
    """`hosts` in the order of their weights; equal ones stay as they come."""
    if len(hosts) < 2:
        return list(hosts)
    sums = [sum(each) for each in zip(*(weigher.weights(hosts, request) for weigher in weighers))] or [0] * len(hosts)
    order = sorted(range(len(hosts)), key=lambda index: -sums[index])
    return [hosts[index] for index in order]
