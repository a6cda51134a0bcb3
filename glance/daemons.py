"""glance-api and glance-registry as daemons: their addresses, applications and periodic work."""
import datetime
import os

from oslo_config import cfg

from essex import config, db, service
from essex.db import migration
from essex.wsgi.server import loadapp
from glance.api.app import manager
from glance.api.settings import CONF
from glance.image import upload

OPTS = [
    cfg.HostAddressOpt('bind_host', default='0.0.0.0', help='Address the daemon listens on.'),
    cfg.PortOpt('bind_port', help='Port the daemon listens on; 9292 for glance-api, 9191 for glance-registry.'),
    cfg.StrOpt('paste_config', help='The Paste file. Unset: the one named like the configuration file with -paste.ini '
                                    'instead of .conf.'),
    cfg.IntOpt('recover_interval', default=30, min=1,
               help='Seconds between two searches for uploads and deletions that died under way.'),
]
PASTE_OPTS = [
    cfg.StrOpt('flavor', default='keystone',
               help='Which pipeline of the Paste file is used: keystone, or nothing for a service that takes every '
                    'caller for an administrator.'),
]
REGISTRY_OPTS = [
    cfg.PortOpt('bind_port', default=0, help='Where one process serves both daemons: port of the registry, 0: none.'),
    cfg.StrOpt('paste_config', help='Its Paste file. Unset: glance-registry-paste.ini beside that of the API.'),
]
config.register(OPTS)
config.register(PASTE_OPTS, 'paste_deploy')
config.register(REGISTRY_OPTS, 'registry')


class ApiDaemon(service.Daemon):
    """glance-api."""

    name = 'glance-api'

    def setup(self):
        migration.require('glance')
        rules = manager()
        app = loadapp(paste_file('glance-api'), flavored('glance-api'))
        self.add_wsgi(app, CONF.bind_host, 9292 if CONF.bind_port is None else CONF.bind_port)
        self.add_periodic(lambda: run_once(rules), CONF.recover_interval, initial_delay=0)


class RegistryDaemon(service.Daemon):
    """glance-registry."""

    name = 'glance-registry'

    def __init__(self, port=None, paste=None):
        super().__init__()
        self._port, self._paste = port, paste

    def setup(self):
        migration.require('glance')
        app = loadapp(self._paste or paste_file('glance-registry'), flavored('glance-registry'))
        port = self._port or CONF.bind_port
        self.add_wsgi(app, CONF.bind_host, 9191 if port is None else port)


def run_once(rules):
    """Undo dead uploads and end deletions whose time has come."""
    upload.recover(rules.stores)
    wait = CONF.scrub_time if CONF.delayed_delete else 0
    rules.finish_deletes(db.utcnow() - datetime.timedelta(seconds=wait))


def both():
    """The daemons of a process that serves everything configured."""
    found = [ApiDaemon()]
    if CONF.registry.bind_port:
        beside = os.path.join(os.path.dirname(paste_file('glance-api')), 'glance-registry-paste.ini')
        found.append(RegistryDaemon(CONF.registry.bind_port, CONF.registry.paste_config or beside))
    return found


def paste_file(name):
    """The path of the Paste file."""
    if CONF.paste_config:
        return CONF.paste_config
    for path in CONF.config_file or ():
        candidate = os.path.splitext(path)[0] + '-paste.ini'
        if os.path.exists(candidate):
            return candidate
    return f'/etc/glance/{name}-paste.ini'


def flavored(name):
    """The application's name in the Paste file."""
    return f'{name}-{CONF.paste_deploy.flavor}' if CONF.paste_deploy.flavor else name
