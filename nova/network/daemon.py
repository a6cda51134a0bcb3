"""The daemon nova-network."""
import logging

from essex.exception import ConfigError
from nova import service
from nova.network import driver as drivers
from nova.network.manager import NetworkManager
from nova.network.options import CONF
from nova.network.rpcapi import TOPIC

LOG = logging.getLogger(__name__)


class _FirstReconcile:
    """A part that is started before messages are served: what a dead life left is put right first."""

    def __init__(self, manager):
        self._manager = manager

    def start(self):
        try:
            self._manager.reconcile()
        except ConfigError:
            raise
        except Exception:
            # The database or an interface may come later: the periodic turn tries again.
            LOG.exception('the networks could not be set up at the start')

    def stop(self, timeout=None):
        """Nothing: guests keep their network while nova-network is away."""


class NetworkDaemon(service.NovaDaemon):
    """Serves topic `network` and keeps the host equal to the database."""

    name = 'nova-network'
    topic = TOPIC

    def setup(self):
        super().setup()
        driver = drivers.load()
        driver.check()
        self.manager = NetworkManager(driver)
        self.add(_FirstReconcile(self.manager))
        self.add_rpc(TOPIC, [self.manager])
        self.add_periodic(self.manager.reconcile, CONF.network_reconcile_interval,
                          initial_delay=CONF.network_reconcile_interval)
        self.add_periodic(self.manager.sweep, CONF.network_sweep_interval)
