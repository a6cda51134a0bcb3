"""What nova-compute puts right before it serves: filters of guests that went on without it, guests that a reboot of
the host has ended. Interrupted operations are the journal's business."""
import logging

from oslo_config import cfg

from essex import config
from nova.compute import states
from nova.compute.executors.base import rules_of, spec_of
from nova.db import instance_states, instances

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.BoolOpt('resume_guests_state_on_host_boot', default=True,
                help='Start guests that ran before the host was restarted.'),
]
CONF = config.register(OPTS)


def recover(driver, manager, power):
    """Compare the host's guests with the records and repair what differs; nothing that fails stops the rest."""
    rows = instances.on_host(manager.host)
    busy = instance_states.busy([row.uuid for row in rows])
    found = driver.list_instances()
    for row in rows:
        if row.uuid in busy or row.vm_state != states.ACTIVE:
            continue
        if row.uuid in found and found[row.uuid].state in (states.RUNNING, states.POWER_PAUSED):
            manager.refresh(row)
        elif row.power_state == states.RUNNING and CONF.resume_guests_state_on_host_boot:
            _start(driver, power, row)
    power.sync()


def _start(driver, power, row):
    LOG.warning('server %s ran when this host or its nova-compute went down: starting it', row.uuid)
    try:
        driver.power_on(spec_of(row), row.network_info, rules_of(row))
    except Exception:
        # It is shown as SHUTOFF then; its owner can start it, and is told why that fails.
        LOG.exception('server %s could not be started', row.uuid)
