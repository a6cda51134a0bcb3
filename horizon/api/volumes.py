"""Block storage's volumes and snapshots."""
from urllib.parse import quote


def all_of(cloud, **filters):
    """[{id, name, size (GB), status, bootable, attachments ...}] of the project: one call."""
    return cloud.get('volumev3', '/volumes/detail', **filters)['volumes']


def snapshots(cloud, **filters):
    """[{id, name, size (GB), status, volume_id}] of the project: one call."""
    return cloud.get('volumev3', '/snapshots/detail', **filters)['snapshots']


def get(cloud, volume_id):
    """One volume."""
    return cloud.get('volumev3', f'/volumes/{quote(volume_id, safe="")}')['volume']
