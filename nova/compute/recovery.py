"""What nova-compute puts right before it serves: filters of guests that went on without it, guests that a reboot of
the host has ended. Interrupted operations are the journal's business."""
import logging
import time

from oslo_config import cfg

from essex import concurrency, config
from nova.compute import states
from nova.compute.executors.base import rules_of, spec_of
from nova.db import instance_states, instances

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.BoolOpt('resume_guests_state_on_host_boot', default=True,
                help='Start guests that ran before the host was restarted.'),
    cfg.FloatOpt('resume_guests_wait', default=20, min=0,
                 help='Seconds in which that is tried again: after a restart of the host the bridge of the guests is '
                      'there only when nova-network has made it.'),
]
CONF = config.register(OPTS)

_PAUSE = 2   # seconds


def recover(driver, manager, power):
    """Compare the host's guests with the records and repair what differs; nothing that fails stops the rest."""
    rows = instances.on_host(manager.host)
    busy = instance_states.busy([row.uuid for row in rows])
    found, to_start = driver.list_instances(), []
    for row in rows:
        if row.uuid in busy or row.vm_state not in (states.ACTIVE, states.RESIZED):
            continue
        if row.uuid in found and found[row.uuid].state in (states.RUNNING, states.POWER_PAUSED):
            manager.refresh(row)
        elif row.power_state == states.RUNNING and CONF.resume_guests_state_on_host_boot:
            to_start.append(row)
    _start_all(driver, to_start)
    power.sync()


def _start_all(driver, rows):
    end = time.monotonic() + CONF.resume_guests_wait
    while rows:
        rows = [row for row in rows if not _start(driver, row)]
        if not rows or time.monotonic() + _PAUSE > end:
            return
        concurrency.sleep(_PAUSE)


def _start(driver, row):
    LOG.warning('server %s ran when this host or its nova-compute went down: starting it', row.uuid)
    try:
        driver.power_on(spec_of(row), row.network_info, rules_of(row))
    except Exception:
        # Shown as SHUTOFF in the end; its owner can start it, and is told why that fails.
        LOG.exception('server %s could not be started', row.uuid)
        return False
    return True
