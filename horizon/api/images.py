"""Glance's images."""
from urllib.parse import quote

_MOST = 1000


def all_of(cloud, **filters):
    """The images a project sees, by name: one call."""
    return cloud.get('image', '/v2/images', limit=_MOST, sort='name:asc', **filters)['images']


def names(cloud, ids):
    """{id: name} of those that can be seen: one call, none for no ids."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = cloud.get('image', '/v2/images', id=f'in:{",".join(wanted)}', limit=len(wanted))['images']
    return {each['id']: each.get('name') or each['id'] for each in found}


def get(cloud, image_id):
    """One image."""
    return cloud.get('image', f'/v2/images/{quote(image_id, safe="")}')
