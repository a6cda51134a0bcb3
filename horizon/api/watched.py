"""A small server to look at while it is made: what follows a launch begins one and ends it again."""
import secrets

from horizon.api import client, errors


def launch(cloud):
    """Begin the smallest server there can be; returns {id, name, flavor, image, request_id}. Three calls at once, and
    one. Raises ApiError: also when there is no image."""
    found = client.together(
        flavors=lambda: cloud.get('compute', '/flavors/detail')['flavors'],
        images=lambda: cloud.get('image', '/v2/images', status='active', limit=100)['images'],
        networks=lambda: cloud.get('compute', '/os-networks')['networks'])
    disks = [each for each in found['images'] if each.get('disk_format') not in ('aki', 'ari')]
    if not disks:
        raise errors.ApiError('image', 'GET /v2/images', 'There is no image to start a server from.', 404)
    image = min(disks, key=lambda each: each.get('size') or 0)
    flavor = min((each for each in found['flavors'] if each['ram'] >= (image.get('min_ram') or 0)
                  and each['disk'] >= (image.get('min_disk') or 0)),
                 key=lambda each: (each['ram'], each['disk']), default=None)
    if flavor is None:
        raise errors.ApiError('compute', 'GET /flavors', 'There is no flavor large enough for an image.', 404)
    name = f'watched-{secrets.token_hex(2)}'
    answer = cloud.call('compute', 'POST', '/servers', json={'server': {
        'name': name, 'imageRef': image['id'], 'flavorRef': flavor['id']}})
    return {'id': answer.json()['server']['id'], 'name': name, 'flavor': flavor['name'], 'image': image['name'],
            'request_id': answer.headers['X-Openstack-Request-Id']}


def delete(cloud, server_id):
    """Delete it; returns the id of that request: one call."""
    return cloud.call('compute', 'DELETE', f'/servers/{server_id}').headers['X-Openstack-Request-Id']
