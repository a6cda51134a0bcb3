"""Finds and removes what servers left on a host that are not there any more, and purges unused base images."""
import logging
import time

from oslo_config import cfg

from essex import config
from essex.exception import EssexError
from nova.compute.executors.base import spec_of
from nova.db import instance_states, instances, resizes

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('leftovers_interval', default=60, min=0,
               help='Seconds between two searches for guests, disks and filter rules without a server; 0: never.'),
    cfg.IntOpt('leftovers_grace', default=120, min=0,
               help='Seconds for which something must have had no server before it is removed.'),
    cfg.StrOpt('running_deleted_instance_action', default='reap', choices=['reap', 'log', 'noop'],
               help='What is done with what deleted servers left on this host: remove it, only log it, or nothing.'),
]
CONF = config.register(OPTS)


class Leftovers:
    """The search on one host. What belongs to no server of this database at all is another cloud's, and stays."""

    def __init__(self, driver, host):
        self.driver, self.host = driver, host
        self._since, self._unknown = {}, set()

    def sweep(self):
        """One search; returns the uuids of what was removed."""
        if CONF.running_deleted_instance_action == 'noop':
            return []
        ownerless = self._ownerless({*self.driver.list_leftovers(), *self.driver.list_instances()})
        now = time.monotonic()
        self._since = {uuid: self._since.get(uuid, now) for uuid in ownerless}
        return [uuid for uuid, since in self._since.items() if now - since >= CONF.leftovers_grace
                and self._remove(uuid)]

    def forget_former_disks(self):
        """Remove the disks of servers here to which no way leads back: their resize was ended by os-resetState. Returns
        their uuids."""
        rows = instances.by_uuids(self.driver.list_aside())
        busy = instance_states.busy(rows)
        return [uuid for uuid, row in rows.items() if row.host == self.host and uuid not in busy
                and resizes.unconfirmed(uuid) is None and self._forget(row)]

    def _forget(self, row):
        if CONF.running_deleted_instance_action != 'reap':
            LOG.warning('server %s has former disks on host %s that nobody needs', row.uuid, self.host)
            return False
        try:
            self.driver.forget_disks(spec_of(row))
        except EssexError as error:
            LOG.error('former disks of server %s on host %s cannot be removed: %s', row.uuid, self.host, error)
            return False
        LOG.warning('removed former disks of server %s, whose resize an administrator ended', row.uuid)
        return True

    def _ownerless(self, uuids):
        """Those whose server is deleted or on another host, and on which nothing is at work."""
        known = instance_states.placed(uuids)
        strange = uuids - set(known)
        for uuid in strange - self._unknown:
            LOG.warning('%s on this host belongs to no server of this cloud: it is left alone', uuid)
        self._unknown = strange
        gone = {uuid for uuid, (host, deleted) in known.items() if deleted or host != self.host}
        return gone - instance_states.busy(gone)

    def _remove(self, uuid):
        if CONF.running_deleted_instance_action == 'log':
            LOG.warning('server %s is not on host %s, but left something there', uuid, self.host)
            return False
        try:
            row = instances.get(uuid, deleted=True)
            self.driver.destroy(spec_of(row), row.network_info)
            self.driver.delete_disks(spec_of(row))
        except EssexError as error:
            LOG.error('what server %s left on host %s cannot be removed: %s', uuid, self.host, error)
            return False
        LOG.warning('removed what server %s, which is not on host %s, left there', uuid, self.host)
        return True
