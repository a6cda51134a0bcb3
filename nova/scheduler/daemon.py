"""The daemon nova-scheduler: finds hosts for new servers, and looks after operations whose host is away."""
from oslo_config import cfg

from essex import config
from essex.operation import Runner
from nova import service
from nova.compute import bell, deletion, executors, operations
from nova.db.journal import JOURNAL
from nova.image import glance
from nova.network.rpcapi import NetworkAPI
from nova.scheduler.manager import SchedulerManager
from nova.scheduler.scheduler import Scheduler
from nova.scheduler.stranded import StrandedOperations
from nova.volume import executors as volume_executors

OPTS = [
    cfg.IntOpt('stranded_interval', default=10, min=0,
               help='Seconds between two searches for operations whose host does not report any more, and for volumes '
                    'of deleted servers whose host is gone; 0: never.'),
]
CONF = config.register(OPTS)


class SchedulerDaemon(service.NovaDaemon):
    """Runs the steps at queue `scheduler`, shared with every other nova-scheduler."""

    name = 'nova-scheduler'
    topic = operations.SCHEDULER

    def setup(self):
        self.runner = Runner(JOURNAL, self.name, [operations.SCHEDULER], bell.ring)
        known = executors.register(self.runner, executors.Tools(network=NetworkAPI(), images=glance,
                                                                scheduler=Scheduler()))
        self.stranded = StrandedOperations({**known, **volume_executors.by_kind(volume_executors.Tools())})
        self.add(self.runner)
        self.add_rpc(self.topic, [SchedulerManager(self.runner)])
        self.add_periodic(self.stranded.sweep, CONF.stranded_interval)
        self.add_periodic(deletion.free_volumes_of_the_lost, CONF.stranded_interval)
