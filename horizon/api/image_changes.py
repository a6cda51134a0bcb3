"""Glance's images: pages of a list, and changes."""
from urllib.parse import quote

_PATCH = 'application/openstack-images-v2.1-json-patch'
# How many are looked through for a part of a name, which Glance cannot search for.
_LOOKED_THROUGH = 1000


def page(cloud, limit, marker=None, search='', sort='name', **filters):
    """([image], marker of the next page or None): one call."""
    key = sort.lstrip('-')
    wanted = {'sort': f'{key}:{"desc" if sort.startswith("-") else "asc"}', **filters}
    if search:
        found = cloud.get('image', '/v2/images', limit=_LOOKED_THROUGH, **wanted)['images']
        text = search.lower()
        return [each for each in found if text in (each.get('name') or '').lower() or text in each['id']], None
    found = cloud.get('image', '/v2/images', limit=limit, marker=marker, **wanted)
    return found['images'], found['images'][-1]['id'] if found.get('next') and found['images'] else None


def act(cloud, image_id, action):
    """'deactivate' or 'reactivate' it."""
    cloud.call('image', 'POST', f'/v2/images/{quote(image_id, safe="")}/actions/{action}')


def delete(cloud, image_id):
    """Remove it with its data."""
    cloud.call('image', 'DELETE', f'/v2/images/{quote(image_id, safe="")}')


def update(cloud, image_id, old, new):
    """Make {attribute: value} `old` into `new`; None takes one away. One call, none without a change."""
    steps = [{'op': 'remove', 'path': f'/{_pointer(name)}'} for name, value in new.items()
             if value is None and old.get(name) is not None]
    steps += [{'op': 'replace' if name in old else 'add', 'path': f'/{_pointer(name)}', 'value': value}
              for name, value in new.items() if value is not None and old.get(name) != value]
    if steps:
        cloud.send('image', 'PATCH', f'/v2/images/{quote(image_id, safe="")}', steps,
                   headers={'Content-Type': _PATCH})


def _pointer(name):
    return name.replace('~', '~0').replace('/', '~1')
