"""Keeps what the records say of guests equal to what the hypervisor says. The hypervisor wins."""
import logging

from nova.compute import states
from nova.compute.executors.base import spec_of
from nova.db import instance_states, instances

LOG = logging.getLogger(__name__)

_SETTLED = (states.ACTIVE, states.PAUSED, states.STOPPED, states.SUSPENDED)
_OFF = (states.NOSTATE, states.SHUTDOWN, states.CRASHED)
_WORDS = {states.NOSTATE: 'the hypervisor does not know it', states.SHUTDOWN: 'it shut down',
          states.CRASHED: 'it crashed', states.RUNNING: 'it runs', states.POWER_PAUSED: 'it is paused',
          states.POWER_SUSPENDED: 'it is suspended'}


class PowerStates:
    """The guests of one host."""

    def __init__(self, driver, host):
        self.driver, self.host = driver, host

    def sync(self):
        """Compare all; returns the uuids of those that were changed."""
        rows = [row for row in instances.on_host(self.host) if _at_rest(row)]
        found = self.driver.list_instances()
        changed = []
        for row in rows:
            said = found[row.uuid].state if row.uuid in found else states.NOSTATE
            # What the list says may be older than an action that has ended since.
            if self._differs(row, said) and self.settle(row, self.driver.info(spec_of(row)).state):
                changed.append(row.uuid)
        return changed

    def event(self, uuid, power_state):
        """A guest changed by itself, says the driver."""
        row = instances.by_uuids([uuid]).get(uuid)
        if row is None or row.host != self.host or not _at_rest(row):
            return   # an operation is at work and sees for itself
        # Events come late and in bursts; what counts is how it is now.
        self.settle(row, self.driver.info(spec_of(row)).state)

    def settle(self, row, power_state):
        """Record that a guest is in a power state; whether anything was new and the server was left alone meanwhile."""
        if not self._differs(row, power_state):
            return False
        vm_state = self._vm_state(row, power_state)
        changed = instance_states.change_if(row.uuid, [row.vm_state], [None], vm_state=vm_state,
                                            power_state=power_state)
        if changed and vm_state != row.vm_state:
            LOG.warning('server %s was %s, but on host %s %s: it is %s now', row.uuid, row.vm_state, self.host,
                        _WORDS.get(power_state, f'its power state is {power_state}'), vm_state)
        return changed

    def _differs(self, row, power_state):
        return power_state != row.power_state or self._vm_state(row, power_state) != row.vm_state

    @staticmethod
    def _vm_state(row, power_state):
        if row.vm_state not in _SETTLED or power_state not in states.OF_POWER:
            return row.vm_state
        if row.vm_state == states.SUSPENDED and power_state in _OFF:
            return states.SUSPENDED   # its memory is on disk
        return states.OF_POWER[power_state]


def _at_rest(row):
    return row.task_state is None and row.vm_state != states.BUILDING
