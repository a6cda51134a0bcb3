"""Confirms resizes that nobody has decided about for long."""
import logging

from oslo_config import cfg

from essex import config
from essex.context import RequestContext
from essex.exception import EssexError
from nova.compute import api
from nova.db import resizes

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('resize_confirm_window', default=0, min=0,
               help='Seconds after which a finished resize is confirmed by itself: until then its former disks take '
                    'room. 0: never.'),
]
CONF = config.register(OPTS)


class UnconfirmedResizes:
    """Those on one host."""

    def __init__(self, host):
        self.host, self.compute = host, api.API()

    @property
    def interval(self):
        """Seconds between two looks; 0: none."""
        return min(60, CONF.resize_confirm_window)

    def sweep(self):
        """One look; returns the uuids of the servers whose resize is confirmed."""
        return [uuid for uuid, project_id, user_id in resizes.waiting(self.host, CONF.resize_confirm_window)
                if self._confirm(uuid, RequestContext(user_id=user_id, project_id=project_id, is_admin=True))]

    def _confirm(self, uuid, context):
        try:
            self.compute.confirm_resize(context, uuid)
        except EssexError as error:
            LOG.warning('the resize of server %s cannot be confirmed: %s', uuid, error)
            return False
        LOG.info('the resize of server %s is confirmed: nobody did so in %d s', uuid, CONF.resize_confirm_window)
        return True
