"""Block storage's volumes and snapshots."""
from urllib.parse import quote

_MOST = 1000


def all_of(cloud, **filters):
    """[{id, name, size (GB), status, bootable, attachments ...}] of the project: a call for each thousand."""
    return _all(cloud, 'volumes', filters)


def snapshots(cloud, **filters):
    """[{id, name, size (GB), status, volume_id}] of the project: a call for each thousand."""
    return _all(cloud, 'snapshots', filters)


def _all(cloud, kind, filters):
    rows, marker = [], None
    while True:
        found = cloud.get('volumev3', f'/{kind}/detail', limit=_MOST, marker=marker, **filters)
        rows += found[kind]
        if not found[kind] or not any(each.get('rel') == 'next' for each in found.get(f'{kind}_links', ())):
            return rows
        marker = rows[-1]['id']


def _path(kind, key, more=''):
    return f'/{kind}/{quote(key, safe="")}{more}'


def get(cloud, volume_id):
    """One volume."""
    return cloud.get('volumev3', _path('volumes', volume_id))['volume']


def create(cloud, values):
    """A new volume: {name, description, size (GB), volume_type, imageRef or snapshot_id or source_volid}."""
    return cloud.send('volumev3', 'POST', '/volumes', {'volume': values})['volume']


def update(cloud, volume_id, name, description):
    """Give it another name and description."""
    cloud.send('volumev3', 'PUT', _path('volumes', volume_id), {'volume': {'name': name, 'description': description}})


def set_bootable(cloud, volume_id, bootable):
    """Whether servers may start from it."""
    cloud.send('volumev3', 'POST', _path('volumes', volume_id, '/action'), {'os-set_bootable': {'bootable': bootable}})


def extend(cloud, volume_id, size):
    """Make it larger: `size` in GB, all of it. The API answers before it is done."""
    cloud.send('volumev3', 'POST', _path('volumes', volume_id, '/action'), {'os-extend': {'new_size': size}})


def delete(cloud, volume_id):
    """Delete it; the API answers before it is done."""
    cloud.call('volumev3', 'DELETE', _path('volumes', volume_id))


def messages(cloud, key, most=5):
    """[{user_message, request_id, created_at}] of a volume's or snapshot's failures, newest first: one call."""
    return cloud.call('volumev3', 'GET', '/messages', params={'resource_uuid': key, 'limit': most}, microversion='3.3',
                      headers={'Accept': 'application/json'}).json()['messages']


def types(cloud):
    """[{id, name, description, is_public}]: one call."""
    return cloud.get('volumev3', '/types')['volume_types']


def get_snapshot(cloud, snapshot_id):
    """One snapshot."""
    return cloud.get('volumev3', _path('snapshots', snapshot_id))['snapshot']


def create_snapshot(cloud, volume_id, name, description, force=False):
    """A snapshot; `force` of a volume that a server has."""
    return cloud.send('volumev3', 'POST', '/snapshots', {'snapshot': {
        'volume_id': volume_id, 'name': name, 'description': description, 'force': force}})['snapshot']


def update_snapshot(cloud, snapshot_id, name, description):
    """Give it another name and description."""
    cloud.send('volumev3', 'PUT', _path('snapshots', snapshot_id),
               {'snapshot': {'name': name, 'description': description}})


def delete_snapshot(cloud, snapshot_id):
    """Delete it; the API answers before it is done."""
    cloud.call('volumev3', 'DELETE', _path('snapshots', snapshot_id))
