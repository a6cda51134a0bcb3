"""nova-consoleauth and nova-novncproxy."""
from oslo_config import cfg

from essex import config
from essex.middleware.access_log import AccessLog
from essex.middleware.healthcheck import Healthcheck
from essex.middleware.request_id import RequestId
from nova.console.manager import ConsoleAuthManager
from nova.console.proxy import Proxy
from nova.db import consoles
from nova.service import NovaDaemon

OPTS = [
    cfg.HostAddressOpt('novncproxy_host', default='0.0.0.0', help='Address the console proxy listens on.'),
    cfg.PortOpt('novncproxy_port', default=6080, help='Its port.'),
]
CONF = config.register(OPTS)


class ConsoleAuthDaemon(NovaDaemon):
    """Answers for tokens, and forgets the expired ones."""

    name = 'nova-consoleauth'

    def setup(self):
        super().setup()
        self.add_rpc('consoleauth', [ConsoleAuthManager()])
        self.add_periodic(consoles.purge, 60)


class NoVncProxyDaemon(NovaDaemon):
    """Consoles in the browser."""

    name = 'nova-novncproxy'

    def setup(self):
        super().setup()
        app = RequestId(AccessLog(Healthcheck(Proxy())))
        self.add_wsgi(app, CONF.novncproxy_host, CONF.novncproxy_port)
