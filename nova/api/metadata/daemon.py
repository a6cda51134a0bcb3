"""nova-api-metadata: serves the metadata of servers."""
import os

from essex.middleware.access_log import AccessLog
from essex.middleware.healthcheck import Healthcheck
from essex.middleware.request_id import RequestId
from essex.wsgi.server import loadapp, paste_file
from nova.api.metadata.app import Application
from nova.network.options import CONF
from nova.service import NovaDaemon


class MetadataDaemon(NovaDaemon):
    """The metadata service."""

    name = 'nova-api-metadata'
    topic = 'metadata'

    def setup(self):
        super().setup()
        self.add_wsgi(application(), CONF.metadata_listen, CONF.metadata_listen_port)


def application():
    """The pipeline `metadata` of the Paste file, or the usual filters where there is no such file."""
    path = paste_file('nova-api-paste.ini')
    if os.path.exists(path):
        return loadapp(path, 'metadata')
    return RequestId(AccessLog(Healthcheck(Application())))
