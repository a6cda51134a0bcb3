"""What the executors of servers' operations share: their tools, and reading and changing the server."""
import dataclasses
import importlib
import logging

from essex import rpc
from essex.operation import Executor
from nova import exception
from nova.compute import states
from nova.db import faults, instance_states, instances, volume_attachments
from nova.network import security
from nova.virt.driver import InstanceSpec, VolumeDisk
from nova.volume.states import ATTACHING

LOG = logging.getLogger(__name__)

# A call to nova-network dies with the process that has taken it, but may be repeated: the next one answers. Together
# less than the steps' time limit.
_NETWORK_TRIES, _NETWORK_SECONDS = 3, 30


@dataclasses.dataclass
class Tools:
    """What steps work with. On a scheduler there is no host and no driver; `scheduler` is there alone."""

    network: object                # nova.network.rpcapi.NetworkAPI
    images: object                 # nova.image.glance
    host: str = None
    driver: object = None          # nova.virt.driver.Driver
    scheduler: object = None       # nova.scheduler.scheduler.Scheduler


class InstanceExecutor(Executor):
    """An executor of an operation whose resource is a server."""

    # The task_states the operation itself sets. A server that shows another one (deleting) is left as it is.
    task_states = ()

    def __init__(self, tools):
        self.tools = tools

    @property
    def driver(self):
        return self.tools.driver

    def instance(self, run, again=False):
        """The server's row, read once a walk (`again`: now); a deleted one too, since it may have left something."""
        if again or 'instance' not in run.memory:
            run.memory['instance'] = instances.get(run.resource_id, deleted=True)
        return run.memory['instance']

    def ask_network(self, method, run, *args):
        """Call a method of nova-network, and again when no answer comes; returns its result."""
        for _ in range(_NETWORK_TRIES - 1):
            try:
                return method(run.context, run.resource_id, *args, timeout=_NETWORK_SECONDS)
            except rpc.Timeout as error:
                LOG.warning('server %s: %s Trying again.', run.resource_id, error)
        return method(run.context, run.resource_id, *args, timeout=_NETWORK_SECONDS)

    def fetcher(self, run):
        """fetch(image id, path) as drivers get it: it ends when the operation is cancelled."""
        def fetch(image_id, path):
            self.tools.images.download(image_id, path, lambda received: run.check_cancelled())
        return fetch

    def start_guest(self, row):
        """Have the guest of a row running as the row says. Raises HypervisorError when it ends at once."""
        self.driver.spawn(spec_of(row), row.network_info, rules_of(row))
        if self.driver.info(spec_of(row)).state != states.RUNNING:
            raise exception.HypervisorError(f'The guest of server {row.uuid} ended as soon as it was started: its '
                                            'console log may say why.')

    def show(self, run, **values):
        """Set columns of the server, unless something else is being done to it by now; whether that was so."""
        return instance_states.change_if(run.resource_id, task_states=[None, *self.task_states], **values)

    def add_fault(self, run, error):
        """Record for the user why it failed."""
        faults.add(run.resource_id, error, host=run.data.get('host'), request_id=run.context.request_id)


def spec_of(row):
    """The InstanceSpec of a row, with its volumes, and the files of its config drive if it has one and is not deleted.
    """
    # What is only being attached yet is the business of that operation.
    disks = tuple(disk_of(*pair) for pair in volume_attachments.with_volumes(row.uuid) if pair[0].status != ATTACHING)
    if not row.config_drive or row.deleted_at is not None:
        return InstanceSpec.of(row, volumes=disks)
    # The metadata service knows what they hold; it stands above this layer, so it is looked up when needed.
    content = importlib.import_module('nova.api.metadata.content')
    return InstanceSpec.of(row, volumes=disks, config_drive_files=content.config_drive_files(row.uuid))


def disk_of(attachment, volume):
    """The VolumeDisk of two rows."""
    return VolumeDisk(volume.uuid, attachment.device, volume.connection or {}, volume.readonly)


def rules_of(row):
    """What the firewall lets in to a server: see nova.network.security."""
    return security.rules_for(row.uuid)
