"""The files of a config drive: the same trees, as paths and bytes."""
import json

from nova import exception
from nova.api.metadata import ec2, instance, openstack


def config_drive_files(instance_uuid):
    """{path: bytes} of a server's config drive. Raises InstanceNotFound."""
    described = instance.by_uuid(instance_uuid)
    if described is None:
        raise exception.InstanceNotFound(instance_id=instance_uuid)
    files = {}
    for version in (*openstack.VERSIONS, ec2.LATEST):
        for name, value in openstack.tree(described, version).items():
            # A drive is not written back to: no place for a password.
            if name != 'password':
                files[f'openstack/{version}/{name}'] = _bytes(value)
        if f'openstack/{version}/network_data.json' in files:
            files[f'openstack/{version}/network_data.json'] = json.dumps(
                openstack.static_network_data(described.row.network_info or ())).encode()
    for name, value in openstack.content(described).items():
        files[f'openstack/content/{name}'] = value
    tree = ec2.tree(described)
    for version in ('2009-04-04', ec2.LATEST):
        files[f'ec2/{version}/meta-data.json'] = json.dumps(_plain(tree['meta-data'])).encode()
        if 'user-data' in tree:
            files[f'ec2/{version}/user-data'] = _bytes(tree['user-data'])
    return files


def _bytes(value):
    return value if isinstance(value, bytes) else value.encode()


def _plain(value):
    """The tree as cloud-init expects it in JSON: keys by number with their names."""
    if isinstance(value, ec2.Keys):
        return {number: {'_name': f'{number}={name}', **value[number]}
                for number, name in zip(value, value.names)}
    return {name: _plain(child) for name, child in value.items()} if isinstance(value, dict) else value
