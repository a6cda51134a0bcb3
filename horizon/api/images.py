"""Glance's images."""
from urllib.parse import quote

_MOST = 1000
# Seconds a page waits for names of images: it has their ids already.
_PATIENCE = 3


def all_of(cloud, **filters):
    """The images a project sees, by name: one call."""
    return cloud.get('image', '/v2/images', limit=_MOST, sort='name:asc', **filters)['images']


def names(cloud, ids):
    """{id: name} of those that can be seen: one call, none for no ids. Waits a short time only."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    answer = cloud.call('image', 'GET', '/v2/images', params={'id': f'in:{",".join(wanted)}', 'limit': len(wanted)},
                        headers={'Accept': 'application/json'}, timeout=_PATIENCE)
    return {each['id']: each.get('name') or each['id'] for each in answer.json()['images']}


def get(cloud, image_id):
    """One image."""
    return cloud.get('image', f'/v2/images/{quote(image_id, safe="")}')


def create(cloud, values):
    """A new image's record, without data."""
    return cloud.send('image', 'POST', '/v2/images', values)


def upload(cloud, image_id, data, timeout=None):
    """Give an image its data: bytes, or an iterable of them."""
    cloud.call('image', 'PUT', f'/v2/images/{quote(image_id, safe="")}/file', data=data, log=False,
               headers={'Content-Type': 'application/octet-stream'}, **({'timeout': timeout} if timeout else {}))


def import_from(cloud, image_id, url):
    """Let Glance fetch the data: it goes on by itself."""
    cloud.send('image', 'POST', f'/v2/images/{quote(image_id, safe="")}/import',
               {'method': {'name': 'web-download', 'uri': url}})


def members(cloud, image_id):
    """[{member_id, status}] of the projects an image is shared with: one call."""
    return cloud.get('image', f'/v2/images/{quote(image_id, safe="")}/members')['members']


def add_member(cloud, image_id, project_id):
    """Share an image with a project, which has to accept it to have it in its list."""
    cloud.send('image', 'POST', f'/v2/images/{quote(image_id, safe="")}/members', {'member': project_id})


def remove_member(cloud, image_id, project_id):
    """Share it no longer."""
    cloud.call('image', 'DELETE', f'/v2/images/{quote(image_id, safe="")}/members/{quote(project_id, safe="")}')


def answer_offer(cloud, image_id, project_id, status):
    """As the project an image is shared with: 'accepted', 'rejected' or 'pending'."""
    cloud.send('image', 'PUT', f'/v2/images/{quote(image_id, safe="")}/members/{quote(project_id, safe="")}',
               {'status': status})
