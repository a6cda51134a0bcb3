"""Compute's flavors: sizes of servers."""
from urllib.parse import quote


def all_of(cloud, **filters):
    """[{id, name, vcpus, ram (MB), disk (GB) ...}], smallest first: one call."""
    found = cloud.get('compute', '/flavors/detail', **filters)['flavors']
    return sorted(found, key=lambda each: (each['ram'], each['vcpus'], each['disk'], each['name']))


def get(cloud, flavor_id):
    """One flavor."""
    return cloud.get('compute', f'/flavors/{quote(flavor_id, safe="")}')['flavor']
