"""glance-api under another WSGI server: `gunicorn glance.wsgi.api`.

The configuration is GLANCE_CONFIG_FILE, or the usual places. Such a server's threads are native ones.
Most of them drop headers with underscores (x-image-meta-disk_format) unless told otherwise; version 1 understands
x-image-meta-disk-format as well.
"""
import os

from essex import config
from essex.db import migration
from essex.wsgi.server import loadapp, paste_file
from glance import daemons
from glance.image.importing import worker

_file = os.environ.get('GLANCE_CONFIG_FILE')
config.load('glance', prog='glance-api', config_files=[_file] if _file else None)
migration.require('glance')
# Here nothing runs from time to time but imports: what dead uploads left is undone at the start, and by
# `glance-manage recover`.
daemons.run_once(daemons.manager())
worker.in_background(daemons.manager())
application = loadapp(paste_file('glance-api-paste.ini'), daemons.flavored('glance-api'))
