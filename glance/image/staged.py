"""Staging: data that a client sends now for an import to come. It waits on the node that took it."""
from oslo_config import cfg

from essex import config, db
from glance.db import images, staging
from glance.image import keystone_limits, status
from glance.image.formats import Unlooked
from glance.image.importing import marks
from glance.image.shelf import Shelf
from glance.image.upload import Upload

OPTS = [
    cfg.StrOpt('worker_self_reference_url',
               help='Address of this node\'s API for the other nodes: where data is staged on one node and its import '
                    'asked for at another, that one passes the request on. Unset: public_endpoint.'),
]
CONF = config.register(OPTS)


def own_address():
    """How other nodes reach this one, or None."""
    return CONF.worker_self_reference_url or CONF.public_endpoint


class Stage(Upload):
    """Data into the staging directory; the image is `uploading` until its import."""

    def __init__(self, image, stores):
        super().__init__(image, Shelf(stores))

    def _check_limits(self, size):
        keystone_limits.check(self.image.owner, 'image_count_uploading')
        keystone_limits.check(self.image.owner, 'image_stage_total', size)

    def _enter(self):
        if not images.change_status(self.image.id, (status.QUEUED,), status=status.UPLOADING, updated_at=db.utcnow()):
            return False
        self.image.status = status.UPLOADING
        return True

    def _inspection(self):
        return Unlooked()

    def _verifier(self):
        return None   # what is stored in the end is checked

    def _has(self, url):
        found = staging.get(self.image.id)
        return found is not None and found.name == self.id

    def _arrive(self, url, facts):
        if not images.change_status(self.image.id, (status.UPLOADING,), updated_at=db.utcnow()):
            return False
        staging.put(self.image.id, name=self.id, host=CONF.host, address=own_address(), size=facts.size)
        if own_address():
            images.set_property(self.image.id, marks.STAGE_HOST, own_address())
        return True
