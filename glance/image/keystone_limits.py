"""Limits that the identity service keeps: how many images a project may have, and how many bytes, in all.

Read with this service's own account and remembered for a short while. A limit that is registered nowhere is 0, as
it is for every service of the field that uses them.
"""
import time

from keystoneauth1 import exceptions as keystone_exceptions
from oslo_config import cfg

from essex import config
from essex.client import session
from essex.exception import ServiceUnavailable
from glance.db import images, staging
from glance.exception import LimitExceeded

OPTS = [
    cfg.BoolOpt('use_keystone_limits', default=False,
                help='Ask the identity service for the limits image_size_total and image_stage_total (MiB), '
                     'image_count_total and image_count_uploading of each project, and keep to them.'),
]
CONF = config.register(OPTS)

_MIB = 1024 * 1024
_SECONDS = 10
NAMES = ('image_size_total', 'image_stage_total', 'image_count_total', 'image_count_uploading')
_remembered = {}


def usage(project):
    """{name: {'limit', 'usage'}} of a project; empty where the limits are not used."""
    if not CONF.use_keystone_limits:
        return {}
    return {name: {'limit': limit, 'usage': _used(name, project)} for name, limit in _limits(project).items()}


def check(project, name, more=1):
    """Raise LimitExceeded when `more` (bytes for sizes) of something is over the limit of `project`."""
    if not CONF.use_keystone_limits:
        return
    limit = _limits(project)[name]
    wanted = _used(name, project) + (-(-more // _MIB) if name in NAMES[:2] else more)
    if 0 <= limit < wanted:
        raise LimitExceeded(name=name, project=project, limit=limit, wanted=wanted)


def _used(name, project):
    if name == 'image_size_total':
        return images.stored_bytes(project) // _MIB
    if name == 'image_stage_total':
        return staging.bytes_of(project) // _MIB
    return images.count(project, ('saving', 'uploading', 'importing') if name == 'image_count_uploading' else None)


def _limits(project):
    """The limit of each name for a project."""
    made, found = _remembered.get(project, (0, None))
    if found is None or time.monotonic() - made > _SECONDS:
        found = _ask(project)
        if len(_remembered) > 10000:
            _remembered.clear()
        _remembered[project] = (time.monotonic(), found)
    return found


def _ask(project):
    service = _get('/services', 'services', type='image')
    if not service:
        raise ServiceUnavailable('The identity service knows no service of type image: its limits cannot be read.')
    service_id = service[0]['id']
    limits = dict.fromkeys(NAMES, 0)
    for each in _get('/registered_limits', 'registered_limits', service_id=service_id):
        _take(limits, each, 'default_limit')
    for each in _get('/limits', 'limits', service_id=service_id, project_id=project):
        _take(limits, each, 'resource_limit')
    return limits


def _take(limits, found, field):
    # One that is for a region alone counts in that region.
    if found['resource_name'] in limits and found.get('region_id') in (None, CONF[session.GROUP].region_name):
        limits[found['resource_name']] = found[field]


def _get(path, name, **filters):
    try:
        response = session.service_adapter('identity', CONF[session.GROUP].auth_url).get(path, params=filters)
    except keystone_exceptions.ClientException as error:
        raise ServiceUnavailable('The identity service cannot be asked for the limits of your project. Try again '
                                 'shortly.') from error
    return response.json()[name]


def forget():
    """Ask again (tests)."""
    _remembered.clear()
