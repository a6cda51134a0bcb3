"""The daemon nova-volume: keeps volumes on its host."""
import logging

from essex.config import CONF
from essex.operation import Runner
from nova import service
from nova.compute import bell
from nova.db import volume_messages
from nova.db.journal import JOURNAL
from nova.image import glance
from nova.volume import driver as drivers
from nova.volume import executors
from nova.volume.manager import VolumeManager
from nova.volume.rpcapi import TOPIC

LOG = logging.getLogger(__name__)

_PURGE_SECONDS = 3600


class VolumeDaemon(service.NovaDaemon):
    """Runs the operations at queue volume.<host>."""

    name = 'nova-volume'
    topic = TOPIC

    def setup(self):
        super().setup()
        driver = drivers.load()
        driver.setup(CONF.host)
        self.runner = Runner(JOURNAL, self.name, (), bell.ring, exclusive=[f'{TOPIC}.{CONF.host}'])
        executors.register(self.runner, executors.Tools(driver=driver, images=glance))
        self.add(self.runner)
        self.add_periodic(volume_messages.purge, _PURGE_SECONDS)
        self.add_rpc(TOPIC, [VolumeManager(self.runner, driver)])
        LOG.info('nova-volume serves host %s with %s', CONF.host, type(driver).__name__)
