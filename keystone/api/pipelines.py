"""Loads a pipeline of the Paste file, for the daemon and for foreign WSGI servers."""
from oslo_config import cfg

from essex import config
from essex.db import migration
from essex.wsgi.server import loadapp

CONF = config.register([
    cfg.StrOpt('api_paste_config', default='/etc/keystone/keystone-api-paste.ini',
               help='Paste file of the pipelines.')])


def load(name):
    """The pipeline `name` (public or admin). Raises ConfigError: no such file, or a database of another version."""
    migration.require('keystone')
    return loadapp(CONF.find_file(CONF.api_paste_config) or CONF.api_paste_config, name)
