"""nova-api: serves the Compute and the Block Storage API, each at a port of its own."""
from oslo_config import cfg

from essex import config
from essex.wsgi.server import loadapp, paste_file
from nova.service import NovaDaemon

OPTS = [
    cfg.StrOpt('osapi_compute_listen', default='0.0.0.0', help='Address the Compute API listens on.'),
    cfg.PortOpt('osapi_compute_listen_port', default=8774, help='Its port.'),
    cfg.StrOpt('osapi_volume_listen', default='0.0.0.0', help='Address the Block Storage API listens on.'),
    cfg.PortOpt('osapi_volume_listen_port', default=8776, help='Its port.'),
]
CONF = config.register(OPTS)


class ApiDaemon(NovaDaemon):
    """The Compute and the Block Storage API."""

    name = 'nova-api'

    def setup(self):
        super().setup()
        app = loadapp(paste_file('nova-api-paste.ini'), 'osapi_compute')
        self.add_wsgi(app, CONF.osapi_compute_listen, CONF.osapi_compute_listen_port)
        app = loadapp(paste_file('nova-api-paste.ini'), 'osapi_volume')
        self.add_wsgi(app, CONF.osapi_volume_listen, CONF.osapi_volume_listen_port)
