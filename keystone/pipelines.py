"""The ports, and the pipelines of the Paste file, for the daemon and for foreign WSGI servers."""
from oslo_config import cfg

from essex import config
from essex.db import migration
from essex.wsgi.server import loadapp, paste_file

OPTS = [
    cfg.PortOpt('public_port', default=5000, help='Port of the API.'),
    cfg.PortOpt('admin_port', default=35357,
                help='Port of the same API in its admin variant, as v2.0 clients expect. 0: none.'),
]
CONF = config.register(OPTS)


def load(name):
    """The pipeline `name` (public or admin). Raises ConfigError: no such file, or a database of another version."""
    migration.require('keystone')
    return loadapp(paste_file('keystone-api-paste.ini'), name)
