"""`application` for mod_wsgi, gunicorn or uWSGI: the public API.

KEYSTONE_CONFIG_FILES names files to read instead of the usual ones (separated by colons), KEYSTONE_PASTE_APP the
pipeline instead of `public`.
"""
import os

from essex import config
from keystone import pipelines


def _load():
    files = os.environ.get('KEYSTONE_CONFIG_FILES')
    config.load('keystone', config_files=files.split(':') if files else None)
    return pipelines.load(os.environ.get('KEYSTONE_PASTE_APP', 'public'))


application = _load()
