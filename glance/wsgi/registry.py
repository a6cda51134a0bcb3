"""glance-registry under another WSGI server: `gunicorn glance.wsgi.registry`.

The configuration is GLANCE_CONFIG_FILE, or the usual places. Such a server's threads are native ones.
"""
import os

from essex import config
from essex.db import migration
from essex.wsgi.server import loadapp, paste_file
from glance import daemons

_file = os.environ.get('GLANCE_CONFIG_FILE')
config.load('glance', prog='glance-registry', config_files=[_file] if _file else None)
migration.require('glance')
application = loadapp(paste_file('glance-registry-paste.ini'), daemons.flavored('glance-registry'))
