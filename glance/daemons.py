"""glance-api and glance-registry as daemons: their addresses, applications and periodic work."""
import datetime

from oslo_config import cfg

from essex import config, db, service, vitals
from essex.db import facts, migration
from essex.wsgi.server import loadapp, paste_file
from glance.api.app import manager
from glance.api.settings import CONF
from glance.db import tasks
from glance.image import upload
from glance.image.importing import worker

OPTS = [
    cfg.PortOpt('bind_port', help='Port the daemon listens on; 9292 for glance-api, 9191 for glance-registry.'),
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
        vitals.tell('database', lambda: facts.describe('glance'))
        vitals.tell('stores', rules.stores.facts)
        app = loadapp(paste_file('glance-api-paste.ini'), flavored('glance-api'))
        self.add_wsgi(app, CONF.bind_host, 9292 if CONF.bind_port is None else CONF.bind_port)
        self.add(worker.ImportWorker(rules))
        self.add_periodic(lambda: run_once(rules), CONF.recover_interval, initial_delay=0)


class RegistryDaemon(service.Daemon):
    """glance-registry."""

    name = 'glance-registry'

    def __init__(self, port=None):
        super().__init__()
        self._port = port

    def setup(self):
        migration.require('glance')
        vitals.tell('database', lambda: facts.describe('glance'))
        app = loadapp(self._paste_file(), flavored('glance-registry'))
        port = self._port or CONF.bind_port
        self.add_wsgi(app, CONF.bind_host, 9191 if port is None else port)

    def _paste_file(self):
        # In a process that serves both, api_paste_config is the API's.
        name = 'glance-registry-paste.ini'
        return CONF.find_file(name) or name if self._port else paste_file(name)


def run_once(rules):
    """Undo dead uploads, take over dead imports, forget old tasks; end removals of copies, and deletions whose time
    has come."""
    upload.recover(rules.stores)
    worker.adopt()
    tasks.expire()
    rules.finish_removals()
    wait = CONF.scrub_time if CONF.delayed_delete else 0
    rules.finish_deletes(db.utcnow() - datetime.timedelta(seconds=wait))


def both():
    """The daemons of a process that serves everything configured."""
    found = [ApiDaemon()]
    if CONF.registry.bind_port:
        found.append(RegistryDaemon(CONF.registry.bind_port))
    return found


def flavored(name):
    """The application's name in the Paste file. The registry has no data, and so none of the flavors with a cache."""
    flavor = CONF.paste_deploy.flavor
    if name == 'glance-registry' and flavor:
        flavor = '+'.join(part for part in flavor.split('+') if part not in ('caching', 'cachemanagement'))
    return f'{name}-{flavor}' if flavor else name
