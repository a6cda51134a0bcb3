"""Servers as the Compute API shows them."""
import hashlib

from nova.api.compute import common
from nova.compute import states
from nova.network import model as network_model

# What administrators see besides from 2.3 on.
_SINCE_3 = ('hostname', 'kernel_id', 'launch_index', 'ramdisk_id', 'reservation_id', 'root_device_name', 'user_data')
_WITH_PROGRESS = ('ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING')


def summary(req, row):
    """id, name, links."""
    return {'id': row.uuid, 'name': row.display_name, 'links': common.links(req, 'servers', row.uuid)}


def detail(req, row, zone, fault=None, groups=(), with_host=False, volumes=()):
    """Everything. `fault` is the newest InstanceFault or None, `groups` the names of its security groups,
    `volumes` its attachments."""
    status = states.status(row.vm_state, row.task_state)
    shown = {
        **summary(req, row), 'status': status, 'tenant_id': row.project_id, 'user_id': row.user_id,
        'metadata': row.metadata_ or {}, 'hostId': host_id(row), 'image': image(req, row),
        'flavor': flavor(req, row), 'created': common.isotime(row.created_at),
        'updated': common.isotime(row.updated_at or row.created_at), 'addresses': addresses(row),
        'accessIPv4': row.access_ip_v4 or '', 'accessIPv6': row.access_ip_v6 or '',
        'OS-DCF:diskConfig': (row.config_options or {}).get('disk_config', 'AUTO'),
        'OS-EXT-AZ:availability_zone': zone, 'config_drive': 'True' if row.config_drive else '',
        'key_name': row.key_name, 'OS-SRV-USG:launched_at': common.microtime(row.launched_at),
        'OS-SRV-USG:terminated_at': common.microtime(row.terminated_at),
        'OS-EXT-STS:task_state': row.task_state, 'OS-EXT-STS:vm_state': row.vm_state,
        'OS-EXT-STS:power_state': row.power_state,
        'os-extended-volumes:volumes_attached': [_attached(req, each) for each in volumes],
    }
    if groups:
        shown['security_groups'] = [{'name': name} for name in groups]
    if status in _WITH_PROGRESS:
        shown['progress'] = row.progress or 0
    if fault is not None and status in ('ERROR', 'DELETED'):
        shown['fault'] = _fault(fault, with_host)
    if common.since(req, 9):
        shown['locked'] = row.locked_by is not None
    if with_host:
        shown.update({'OS-EXT-SRV-ATTR:host': row.host, 'OS-EXT-SRV-ATTR:hypervisor_hostname': row.node,
                      'OS-EXT-SRV-ATTR:instance_name': row.name})
        if common.since(req, 3):
            shown.update({f'OS-EXT-SRV-ATTR:{name}': getattr(row, name) for name in _SINCE_3})
    return shown


def _attached(req, attachment):
    shown = {'id': attachment.volume_uuid}
    if common.since(req, 3):
        shown['delete_on_termination'] = attachment.delete_on_termination
    return shown


def _fault(fault, with_details):
    shown = {'code': fault.code, 'message': fault.message, 'created': common.isotime(fault.created_at)}
    # Details of an internal error may tell more of the cloud's inside than its users should know.
    if fault.details and (with_details or fault.code != 500):
        shown['details'] = fault.details
    return shown


def host_id(row):
    """An id that tells one project's servers on one host apart from others, and nothing more."""
    return hashlib.sha224(f'{row.project_id}{row.host}'.encode()).hexdigest() if row.host else ''


def image(req, row):
    """id and bookmark; the empty string without an image."""
    if not row.image_ref:
        return ''
    return {'id': row.image_ref, 'links': [{'rel': 'bookmark', 'href': common.bookmark(req, 'images', row.image_ref)}]}


def flavor(req, row):
    """id and bookmark."""
    identity = row.flavor['flavorid']
    return {'id': identity, 'links': [{'rel': 'bookmark', 'href': common.bookmark(req, 'flavors', identity)}]}


def addresses(row, label=None):
    """{label: [{version, addr, type, mac}]}, of one network alone with `label`."""
    shown = {}
    for name, entries in network_model.addresses(row.network_info).items():
        if label in (None, name):
            shown[name] = [{'version': each['version'], 'addr': each['addr'], 'OS-EXT-IPS:type': each['type'],
                            'OS-EXT-IPS-MAC:mac_addr': each['mac']} for each in entries]
    return shown
