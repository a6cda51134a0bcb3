"""Looks for what is stuck or failed, and says why."""
import datetime
import functools

from django.utils.translation import gettext as _

from horizon.api import client, errors, identity, operations, servers, services
from horizon.ui.templatetags.ui import parse_time

# Minutes after which work is called stuck: most takes seconds.
SERVER_MINUTES, IMAGE_MINUTES = 10, 30
_IMAGE_STATES = ('queued', 'saving', 'uploading', 'importing', 'pending_delete', 'killed')
_VOLUME_STATES = ('error', 'error_deleting', 'error_extending', 'error_restoring', 'creating', 'deleting')
_LIMIT, _LOOKED_UP = 100, 10


def everything(cloud):
    """{kind: rows or ApiError}; calls, all at once: four of compute, one of identity, one of images where there are
    any, and of block storage one a state and one."""
    calls = {'projects': lambda: identity.names(cloud, 'projects')}
    if cloud.has('compute'):
        calls |= {'operations': lambda: operations.attention(cloud),
                  'failed': lambda: servers.page(cloud, _LIMIT, all_tenants='1', status='ERROR')[0],
                  'busy': lambda: busy(cloud),
                  'resized': lambda: servers.page(cloud, _LIMIT, all_tenants='1', status='VERIFY_RESIZE')[0]}
    if cloud.has('image'):
        calls['images'] = lambda: stuck_images(cloud)
    if cloud.has('volumev3'):
        calls |= {f'volumes {state}': lambda state=state: _volumes(cloud, state) for state in _VOLUME_STATES}
    calls['daemons'] = lambda: services.all_of(cloud)
    return client.settled(**calls)


def once(found):
    """The same without what is listed twice: a stuck operation tells more than a server that hangs, and a server that
    failed is where the reason is."""
    operations, busy_ones, failed = found.get('operations'), found.get('busy'), found.get('failed')
    if isinstance(operations, list):
        broken = {row['id'] for row in failed} if isinstance(failed, list) else set()
        found['operations'] = [each for each in operations if each['stuck'] or each['server_id'] not in broken]
        stuck = {each['server_id'] for each in operations if each['stuck']}
        if isinstance(busy_ones, list):
            found['busy'] = [row for row in busy_ones if row['id'] not in stuck]
    return found


def names_of_servers(cloud, operations, known):
    """{id: name} of the servers of operations: those of `known` rows, and a call for each other one, up to ten. None
    for one that is gone."""
    names = {row['id']: row['name'] for row in known}
    missing = [key for key in dict.fromkeys(each['server_id'] for each in operations) if key and key not in names]
    calls = {key: functools.partial(servers.get, cloud, key) for key in missing[:_LOOKED_UP]}
    found = client.settled(**calls) if calls else {}
    for key, server in found.items():
        if not isinstance(server, errors.ApiError):
            names[key] = server['name']
        elif server.status == 404:
            names[key] = None
    return names


def busy(cloud):
    """Servers something has been done to for long; those with a task come first when sorted by it."""
    found = cloud.get('compute', '/servers/detail', all_tenants='1', sort_key='task_state', sort_dir='asc',
                      limit=_LIMIT)['servers']
    return [each for each in found if (each.get('OS-EXT-STS:task_state') or each['status'] == 'BUILD')
            and minutes_since(each['updated']) >= SERVER_MINUTES]


def stuck_images(cloud):
    """Images that have had no data for long."""
    found = cloud.get('image', '/v2/images', status=f'in:{",".join(_IMAGE_STATES)}', visibility='all',
                      limit=_LIMIT)['images']
    return [each for each in found if each['status'] == 'killed' or minutes_since(each['updated_at']) >= IMAGE_MINUTES]


def _volumes(cloud, state):
    found = cloud.get('volumev3', '/volumes/detail', all_tenants='1', status=state, limit=_LIMIT)['volumes']
    return [each for each in found if 'error' in state
            or minutes_since(each.get('updated_at') or each['created_at']) >= SERVER_MINUTES]


def minutes_since(text):
    """Minutes since a time of the APIs; 0 without one."""
    found = parse_time(text)
    return (datetime.datetime.now(datetime.UTC) - found).total_seconds() / 60 if found else 0


def why_server(row):
    """One sentence: the fault, or what has been going on for how long."""
    if row.get('fault'):
        return row['fault'].get('message') or _('It failed without saying why.')
    task = (row.get('OS-EXT-STS:task_state') or row['status']).replace('_', ' ').lower()
    return _('“%(task)s” for %(minutes)d minutes: the daemon that did it may be down.') % {
        'task': task, 'minutes': minutes_since(row['updated'])} if row['status'] != 'ERROR' else _(
        'No reason was recorded.')


def why_image(row):
    """One sentence."""
    return {'queued': _('Nobody has sent its data.'), 'saving': _('Its data stopped coming: the upload died.'),
            'uploading': _('Its data stopped coming: the upload died.'),
            'importing': _('The import does not end: the daemon that did it may be down.'),
            'pending_delete': _('Its data waits for the scrubber.'),
            'killed': _('Its data was refused or lost.')}.get(row['status'], row['status'])


def why_volume(row):
    """One sentence."""
    said = row.get('reason') or (row.get('metadata') or {}).get('reason')
    return said or (_('It failed.') if 'error' in row['status'] else _('It has been “%s” for long.') % row['status'])
