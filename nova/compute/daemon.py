"""The daemon nova-compute: one hypervisor host."""
import logging

from oslo_config import cfg
from stevedore import driver as stevedore_driver

from essex import concurrency, config
from essex.exception import ConfigError
from essex.operation import Runner
from nova import service
from nova.compute import bell, executors, recovery
from nova.compute.leftovers import CONF as LEFTOVERS_CONF
from nova.compute.leftovers import Leftovers
from nova.compute.manager import ComputeManager
from nova.compute.power import PowerStates
from nova.compute.rpcapi import TOPIC
from nova.compute.unconfirmed import UnconfirmedResizes
from nova.db import compute_nodes
from nova.db.journal import JOURNAL
from nova.exception import HypervisorUnavailable
from nova.image import glance
from nova.network.rpcapi import NetworkAPI

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.StrOpt('compute_driver', default='libvirt',
               help='The hypervisor: libvirt, or fake (servers are records, nothing runs). Or a name of the entry '
                    'points essex.nova.virt.'),
    cfg.IntOpt('update_resources_interval', default=60, min=1,
               help='Seconds between two reports of what the host has.'),
    cfg.IntOpt('sync_power_state_interval', default=60, min=0,
               help='Seconds between two comparisons of the guests with their records; 0: only at the start.'),
    cfg.IntOpt('housekeeping_interval', default=600, min=0,
               help='Seconds between two turns of the driver at unused base images and long logs; 0: never.'),
    cfg.IntOpt('hypervisor_retry_interval', default=10, min=1,
               help='Seconds between two attempts to reach a hypervisor that is away when nova-compute starts.'),
]
CONF = config.register(OPTS)


def load_driver(name=None):
    """The configured hypervisor driver. Raises ConfigError."""
    name = name or CONF.compute_driver
    try:
        return stevedore_driver.DriverManager('essex.nova.virt', name, invoke_on_load=True,
                                              on_load_failure_callback=_explain).driver
    except stevedore_driver.NoMatches as error:
        raise ConfigError(f'compute_driver = {name}: there is no such driver in essex.nova.virt.') from error


def _explain(manager, entry_point, error):
    if isinstance(error, ImportError):
        raise ConfigError(f'compute_driver = {entry_point.name} cannot be loaded: {error}') from error
    raise error


class ComputeDaemon(service.NovaDaemon):
    """Runs the operations at queue compute.<host>, answers topic `compute`, and keeps records and guests equal."""

    name = 'nova-compute'
    topic = TOPIC

    def __init__(self, driver=None):
        super().__init__()
        self.driver, self._starter = driver, None

    def setup(self):
        host = CONF.host
        self.driver = self.driver or load_driver()
        self.runner = Runner(JOURNAL, self.name, (), bell.ring, exclusive=[f'{TOPIC}.{host}'])
        executors.register(self.runner, executors.Tools(network=NetworkAPI(), images=glance, host=host,
                                                        driver=self.driver))
        self.manager = ComputeManager(self.driver, host, self.runner)
        self.power, self.leftovers = PowerStates(self.driver, host), Leftovers(self.driver, host)
        self.add(_BeforeServing(self._recover))
        self.add(self.runner)
        self.add_rpc(TOPIC, [self.manager])
        self.add_periodic(self.update_resources, CONF.update_resources_interval, CONF.update_resources_interval)
        self.add_periodic(self.power.sync, CONF.sync_power_state_interval, CONF.sync_power_state_interval)
        self.add_periodic(self.leftovers.sweep, LEFTOVERS_CONF.leftovers_interval)
        self.add_periodic(self.leftovers.forget_former_disks, LEFTOVERS_CONF.leftovers_interval)
        self.unconfirmed = UnconfirmedResizes(host)
        self.add_periodic(self.unconfirmed.sweep, self.unconfirmed.interval)
        self.add_periodic(self.driver.housekeep, CONF.housekeeping_interval)

    def start(self):
        """Start, or wait in the background for a hypervisor that is away: other daemons of the process go on."""
        try:
            self._start()
        except HypervisorUnavailable as error:
            LOG.error('nova-compute cannot serve yet: %s', error)
            self.state = 'waiting for the hypervisor'
            self._starter = concurrency.spawn(self._start_later)

    def stop(self, timeout):
        if self._starter is not None:
            self._starter.kill()
        super().stop(timeout)
        self.driver.shutdown()

    def update_resources(self):
        """Report what the host has."""
        compute_nodes.upsert(CONF.host, {**self.driver.available_resource(), 'host_ip': CONF.my_ip})

    def _start(self):
        self.driver.init_host(CONF.host)
        super().start()
        LOG.info('nova-compute serves host %s with %s', CONF.host, type(self.driver).__name__)

    def _start_later(self):
        while True:
            concurrency.sleep(CONF.hypervisor_retry_interval)
            try:
                self._start()
                return
            except HypervisorUnavailable as error:
                LOG.warning('nova-compute cannot serve yet: %s', error)
            except Exception:
                LOG.exception('nova-compute cannot serve yet')

    def _recover(self):
        self.update_resources()
        recovery.recover(self.driver, self.manager, self.power)
        self.driver.on_lifecycle(self._on_lifecycle)

    def _on_lifecycle(self, uuid, power_state):
        concurrency.spawn(self._lifecycle, uuid, power_state)

    def _lifecycle(self, uuid, power_state):
        try:
            self.power.event(uuid, power_state)
        except Exception:
            LOG.exception('the change of guest %s is seen at the next comparison', uuid)


class _BeforeServing:
    """A part that has done its work when it has started."""

    def __init__(self, work):
        self._work = work

    def start(self):
        self._work()

    def stop(self, timeout=None):
        """Nothing is left running."""
