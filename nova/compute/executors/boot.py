"""A new server: a host, addresses, the image, disks, the guest. All steps but the first are done on the host."""
import logging

from oslo_config import cfg

from essex import config, db
from essex.exception import EssexError, public_text
from essex.operation import Restart
from nova import exception
from nova.compute import states
from nova.compute.executors.base import InstanceExecutor, rules_of, spec_of
from nova.db import instance_states
from nova.virt.exception import ProcessFailed

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('scheduler_max_attempts', default=3, min=1, help='Hosts on which the boot of a server is tried.'),
]
CONF = config.register(OPTS)

# What another host may well do better. Anything a driver did not expect counts as well.
_OF_THIS_HOST = (exception.InsufficientDisk, exception.HypervisorUnavailable, exception.HypervisorError, ProcessFailed)

_SHOWN = {'schedule': states.SCHEDULING, 'network': states.NETWORKING, 'image': states.BLOCK_DEVICE_MAPPING,
          'spawn': states.SPAWNING}


class BootExecutor(InstanceExecutor):
    """Executor of operations.BOOT."""

    task_states = (states.SCHEDULING, states.NETWORKING, states.BLOCK_DEVICE_MAPPING, states.SPAWNING)

    # -- steps

    def schedule(self, run):
        """Have a host. A host that an earlier try of this step found (the process died) is kept."""
        row = self.instance(run)
        place = row
        if row.host is None or row.host in {each['host'] for each in run.data.get('tried', ())}:
            place = self.tools.scheduler.place(row, run.data, run.context, also=run.hold)
        run.data.update(host=place.host, node=place.node)

    def network(self, run):
        """Have cards and addresses."""
        row = self.instance(run)
        self.ask_network(self.tools.network.allocate_for_instance, run, run.data['host'], row.requested_networks)

    def undo_network(self, run):
        self.ask_network(self.tools.network.deallocate_for_instance, run)

    def image(self, run):
        """Have the base image on the host."""
        row = self.instance(run)
        self._on_this_host(run, lambda: self.driver.prepare_image(spec_of(row), self.fetcher(run), run.progress))

    def disk(self, run):
        """Have the disks."""
        row = self.instance(run)
        self._on_this_host(run, lambda: self.driver.create_disks(spec_of(row)))

    def undo_disk(self, run):
        self.driver.delete_disks(spec_of(self.instance(run)))

    def spawn(self, run):
        """Have the guest running, filtered."""
        row = self.instance(run, again=True)   # with its network info
        self._on_this_host(run, lambda: self.driver.spawn(spec_of(row), row.network_info, rules_of(row)))

    def undo_spawn(self, run):
        row = self.instance(run, again=True)
        self.driver.destroy(spec_of(row), row.network_info)

    def activate(self, run):
        """See that it runs; `finished` tells the world."""
        found = self.driver.info(spec_of(self.instance(run))).state
        if found != states.RUNNING:
            error = exception.HypervisorError(f'The guest of server {run.resource_id} ended as soon as it was '
                                              'started: its console log may say why.')
            self._elsewhere(run, error)

    def _on_this_host(self, run, work):
        """Do something that may fail for reasons of this host; then another one is tried."""
        try:
            work()
        except _OF_THIS_HOST as error:
            self._elsewhere(run, error)
        except EssexError:
            raise
        except Exception as error:
            LOG.exception('server %s on host %s', run.resource_id, self.tools.host)
            self._elsewhere(run, error)

    def _elsewhere(self, run, error):
        reason = str(error) if isinstance(error, EssexError) else f'{type(error).__name__}: {error}'
        run.data['tried'] = [*run.data.get('tried', ()), {'host': run.data['host'], 'reason': reason[:500],
                                                          'told': public_text(error)[:500]}]
        if run.data.get('forced_host') or len(run.data['tried']) >= CONF.scheduler_max_attempts:
            raise error
        raise Restart('schedule', reason) from error

    # -- what the user sees

    def starting(self, run, step):
        if step in _SHOWN:
            self.show(run, task_state=_SHOWN[step])

    def finished(self, run):
        self.show(run, vm_state=states.ACTIVE, task_state=None, power_state=states.RUNNING, progress=100,
                  launched_at=db.utcnow())

    def explain(self, run, error):
        self.show(run, vm_state=states.ERROR, task_state=None)
        self.add_fault(run, error)

    def failed(self, run, error):
        if not run.told:
            self.explain(run, error)
        self._leave_host(run)

    def cancelled(self, run):
        self._leave_host(run)

    def _leave_host(self, run):
        """Nothing of the server is on a host: it takes no room there any more."""
        instance_states.change_if(run.resource_id, host=None, node=None, power_state=states.NOSTATE)
