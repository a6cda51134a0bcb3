"""What a project contains: named before one deletes it."""
import functools

from horizon.api import client, errors

_LIMIT = 100


def of_project(cloud, project_id):
    """[(label key, [names], more)] of servers, images, volumes; an ApiError in place of the names of a service that
    fails. A call each, in parallel."""
    return of_projects(cloud, [project_id])[0]


def of_projects(cloud, project_ids):
    """The same for several projects, in parallel."""
    calls = {(key, kind): functools.partial(ask, cloud, key) for key in project_ids for kind, (service, ask)
             in _KINDS.items() if cloud.has(service)}
    found = client.settled(**{'/'.join(each): ask for each, ask in calls.items()})
    return [[{'kind': kind, **_shown(found[f'{key}/{kind}'])} for kind in _KINDS if f'{key}/{kind}' in found]
            for key in project_ids]


def _shown(rows):
    if isinstance(rows, errors.ApiError):
        return {'problem': rows}
    return {'names': [row.get('name') or row['id'] for row in rows[:10]], 'count': len(rows),
            'more': max(0, len(rows) - 10), 'at_least': len(rows) >= _LIMIT}


def _servers(cloud, key):
    return cloud.get('compute', '/servers', all_tenants='1', project_id=key, limit=_LIMIT)['servers']


def _images(cloud, key):
    return cloud.get('image', '/v2/images', owner=key, limit=_LIMIT)['images']


def _volumes(cloud, key):
    return cloud.get('volumev3', '/volumes', all_tenants='1', project_id=key, limit=_LIMIT)['volumes']


_KINDS = {'servers': ('compute', _servers), 'images': ('image', _images), 'volumes': ('volumev3', _volumes)}
