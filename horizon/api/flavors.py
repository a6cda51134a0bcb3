"""Compute's flavors: sizes of servers."""
from urllib.parse import quote


def all_of(cloud, **filters):
    """[{id, name, vcpus, ram (MB), disk (GB) ...}], smallest first: one call."""
    found = cloud.get('compute', '/flavors/detail', **filters)['flavors']
    return sorted(found, key=lambda each: (each['ram'], each['vcpus'], each['disk'], each['name']))


def get(cloud, flavor_id):
    """One flavor."""
    return cloud.get('compute', f'/flavors/{quote(flavor_id, safe="")}')['flavor']


def create(cloud, name, ram, vcpus, disk, ephemeral=0, swap=0, flavor_id=None, public=True):
    """A new flavor; `ram` and `swap` in MB, disks in GB. {id ...}: one call."""
    body = {'name': name, 'ram': ram, 'vcpus': vcpus, 'disk': disk, 'swap': swap, 'id': flavor_id or None,
            'OS-FLV-EXT-DATA:ephemeral': ephemeral, 'os-flavor-access:is_public': public}
    return cloud.send('compute', 'POST', '/flavors', {'flavor': body})['flavor']


def delete(cloud, flavor_id):
    """Remove it; servers that have it keep it."""
    cloud.call('compute', 'DELETE', f'/flavors/{quote(flavor_id, safe="")}')


def specs(cloud, flavor_id):
    """{key: value} of its extra specs: one call."""
    return cloud.get('compute', f'/flavors/{quote(flavor_id, safe="")}/os-extra_specs')['extra_specs']


def set_specs(cloud, flavor_id, values):
    """Set these extra specs: one call."""
    cloud.send('compute', 'POST', f'/flavors/{quote(flavor_id, safe="")}/os-extra_specs', {'extra_specs': values})


def delete_spec(cloud, flavor_id, key):
    """Take one away."""
    cloud.call('compute', 'DELETE', f'/flavors/{quote(flavor_id, safe="")}/os-extra_specs/{quote(key, safe="")}')


def access(cloud, flavor_id):
    """Ids of the projects that may use a private flavor: one call."""
    found = cloud.get('compute', f'/flavors/{quote(flavor_id, safe="")}/os-flavor-access')['flavor_access']
    return [each['tenant_id'] for each in found]


def set_access(cloud, flavor_id, project_id, allowed):
    """Let a project use a private flavor, or no longer."""
    action = 'addTenantAccess' if allowed else 'removeTenantAccess'
    cloud.send('compute', 'POST', f'/flavors/{quote(flavor_id, safe="")}/action', {action: {'tenant': project_id}})
