"""Finds a host for a server and gives it that host, so that no two schedulers promise the same room twice."""
import dataclasses
import logging
import random

from oslo_config import cfg
from stevedore import named

from essex import config, db
from essex.exception import ConfigError
from essex.operation import Cancelled
from nova.compute import states
from nova.db import compute_nodes, instance_states
from nova.exception import HostNotFound, NoValidHost
from nova.scheduler import hosts as host_states
from nova.scheduler import weighers as weighing
from nova.scheduler.filters import ResizeFilter
from nova.scheduler.request import Request

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.ListOpt('scheduler_default_filters',
                default=['RetryFilter', 'AvailabilityZoneFilter', 'ComputeFilter', 'RamFilter', 'CoreFilter',
                         'DiskFilter', 'ImagePropertiesFilter', 'SameHostFilter', 'DifferentHostFilter'],
                help='The filters a host must pass, in the order they are asked: names of the entry points '
                     'essex.nova.scheduler.filters.'),
    cfg.ListOpt('scheduler_weight_classes', default=['RamWeigher', 'CpuWeigher', 'DiskWeigher'],
                help='What decides between the hosts that are left: names of the entry points '
                     'essex.nova.scheduler.weighers.'),
]
CONF = config.register(OPTS)

_TASKS = (None, states.SCHEDULING, states.NETWORKING, states.BLOCK_DEVICE_MAPPING, states.SPAWNING)

_STAYING = ResizeFilter()


class Scheduler:
    """Chooses hosts by the configured filters and weighers. Raises ConfigError for a name there is no class for."""

    def __init__(self):
        self.filters = _load('essex.nova.scheduler.filters', CONF.scheduler_default_filters)
        self.weighers = _load('essex.nova.scheduler.weighers', CONF.scheduler_weight_classes)

    def place(self, instance, data, context=None, also=None):
        """Give `instance` (a row) a host; returns its HostState. Raises NoValidHost.

        `also()` is called in the transaction that records the host. Raises Cancelled when the server is not being
        built any more.
        """
        request = Request.of(instance, data, any_project=bool(context and context.is_admin))
        # A host may fill up between the look and the claim; each round somebody else got one.
        while True:
            fitting = self.select(request)
            for host in fitting:
                if self._claim(host, request, also):
                    LOG.info('server %s goes to host %s', request.uuid, host.host)
                    return host

    def confirm_room(self, instance, data, context=None, also=None):
        """See that the host of `instance` (a row) has room for its resize, which is held already: whoever looks after
        us counts it. Raises NoValidHost. `data` is that of the operation, `also()` as in `place`."""
        request = Request.of_resize(instance, data, any_project=bool(context and context.is_admin))
        while True:
            [host] = self.select(request)
            if still_fits(host, request, [each for each in self.filters if each.capacity], also):
                return

    def select(self, request):
        """The HostStates that fit, best first; at least one. Raises NoValidHost."""
        candidates = host_states.all_states(with_zones=bool(request.zone))
        if not candidates:
            raise NoValidHost(reason='There is no compute host: no nova-compute has reported to this cloud yet.')
        if request.forced_host:
            return [_forced(candidates, request.forced_host)]
        filters = self.filters
        if request.stays_on:
            filters = [_STAYING, *filters]
            # What it has itself does not stand in its way.
            candidates = [host.with_usage(host_states.used_of(host.host, without=request.uuid))
                          if host.host == request.stays_on else host for host in candidates]
        left, rejections = list(candidates), []
        for each in filters:
            rejected = [host for host in left if not each.passes(host, request)]
            if rejected:
                rejections.append((each, rejected))
                left = [host for host in left if host not in rejected]
        if not left:
            raise NoValidHost(reason=explain(candidates, rejections, request),
                              told=explain(*unnamed(candidates, rejections, request)))
        random.shuffle(left)   # hosts of equal weight take turns
        return weighing.best_first(self.weighers, left, request)

    def _claim(self, host, request, also):
        """Record that the server is on `host` if that still has the room; False when it has not."""
        return claim(host, request, [each for each in self.filters if each.capacity], also)


@db.retry
def claim(host, request, capacity_filters, also=None):
    """One transaction: look again at what the host has promised, and promise more."""
    with db.writer():
        if not compute_nodes.lock(host.host):
            return False   # its record was deleted meanwhile
        if not request.forced_host:
            now = host.with_usage(host_states.used_of(host.host))
            if not all(each.passes(now, request) for each in capacity_filters):
                return False
        if not instance_states.change_if(request.uuid, [states.BUILDING], _TASKS, host=host.host, node=host.node):
            raise Cancelled()   # deleted, or put into another state by an administrator: nobody waits for it
        if also is not None:
            also()
        return True


@db.retry
def still_fits(host, request, capacity_filters, also=None):
    """One transaction: whether the host has the room that a resize of one of its servers holds."""
    with db.writer():
        if not compute_nodes.lock(host.host):
            return False
        now = host.with_usage(host_states.used_of(host.host, without=request.uuid))
        if not all(each.passes(now, request) for each in capacity_filters):
            return False
        if also is not None:
            also()
        return True


def explain(candidates, rejections, request):
    """For people: how many hosts there are, and filter by filter how many it rejected and what was short."""
    if not any(host.up for host in candidates):
        down = next((each for each, _ in rejections if str(each) == 'ComputeFilter'), None)
        if down is not None:
            return f'Every nova-compute is down: {down.because(candidates, request)}.'
    told = [f'{each} rejected {len(rejected)} ({each.because(rejected, request)})' for each, rejected in rejections]
    count = f'{len(candidates)} host{"s" if len(candidates) > 1 else ""} considered'
    return f'{count}; {"; ".join(told)}.'


def unnamed(candidates, rejections, request):
    """The same with numbers in place of the hosts' names, and without what operators noted of them: for users."""
    hosts = {host.host for host in candidates} | {each['host'] for each in request.tried}
    hosts |= (request.same_hosts or set()) | (request.different_hosts or set())
    numbers = {name: f'host {number}' for number, name in enumerate(sorted(hosts), 1)}

    def hidden(states):
        return [dataclasses.replace(each, host=numbers[each.host], node=numbers[each.host], disabled_reason=None)
                for each in states]

    def renamed(names):
        return None if names is None else {numbers[name] for name in names}
    asked = dataclasses.replace(
        request, stays_on=numbers.get(request.stays_on), same_hosts=renamed(request.same_hosts),
        different_hosts=renamed(request.different_hosts),
        tried=[{'host': numbers[each['host']], 'reason': each.get('told', 'it failed')} for each in request.tried])
    return hidden(candidates), [(each, hidden(rejected)) for each, rejected in rejections], asked


def _forced(candidates, name):
    """The host an administrator asked for: only its being there and up is checked."""
    for host in candidates:
        if host.host == name:
            if not host.up:
                seen = f'{host.last_seen_up:%Y-%m-%d %H:%M:%S} UTC' if host.last_seen_up else 'never'
                raise NoValidHost(reason=f'Host {name}, which was asked for, is down: its last heartbeat was {seen}.')
            return host
    raise NoValidHost(reason=f'Host {name}, which was asked for, has no hypervisor.') from HostNotFound(host=name)


def _load(namespace, names):
    def fail(missing):
        raise ConfigError(f'{", ".join(sorted(missing))}: there is no such class among the entry points {namespace}.')

    def reraise(manager, entry_point, error):
        raise error
    loaded = named.NamedExtensionManager(namespace, list(names), invoke_on_load=True, name_order=True,
                                         on_missing_entrypoints_callback=fail, on_load_failure_callback=reraise)
    return [extension.obj for extension in loaded]
