"""New servers: everything a request names is looked up and checked, then rows and work are entered at once."""
import dataclasses
import ipaddress
import secrets
import string
import uuid

from oslo_config import cfg

from essex import config, db
from nova import exception
from nova.compute import flavors, hostname, images, operations, quota, request_checks, states, zones
from nova.db import compute_nodes, fixed_ips, instances, keypairs, networks, security_groups, services
from nova.db.journal import JOURNAL

OPTS = [cfg.StrOpt('default_schedule_zone', help='Availability zone of servers that name none. Any when unset.')]
CONF = config.register(OPTS)

_ALPHABET = string.ascii_lowercase + string.digits


@dataclasses.dataclass
class _Plan:
    """A checked request."""

    flavor: object
    allowed: dict                  # the project's limits
    group_ids: list
    common: dict                   # columns all its servers share
    work: dict                     # what the boot operation is given besides the server


def create(context, request):
    """[(row, operation)] of the servers of a ServerRequest; see nova.compute.api."""
    return _enter(context, request, _plan(context, request))


def _plan(context, request):
    request_checks.counts(request)
    allowed = quota.limits(context.project_id)
    _check_texts(context, request, allowed)
    flavor = flavors.usable(context, request.flavor_id)
    zone, work = _place(context, request)
    groups = _groups(context, request)
    requested = _networks(context, request)
    key = _key(context, request.key_name)
    image = _image(context, request, flavor)
    common = {**_identity(context, request), **flavors.columns(flavor), **image, **key,
              'availability_zone': zone, 'requested_networks': requested, 'scheduler_hints': request.scheduler_hints,
              'user_data': request.user_data, 'personality': request.personality or None,
              'metadata_': request.metadata, 'tags': request.tags,
              **{column: request_checks.access_address(column, getattr(request, column))
                 for column in ('access_ip_v4', 'access_ip_v6')},
              'config_options': {'disk_config': request.disk_config}}
    return _Plan(flavor, allowed, [group.id for group in groups], common, work)


def _check_texts(context, request, allowed):
    if not request.name or not request.name.strip():
        raise request_checks.invalid('name', 'it must not be empty.')
    request_checks.texts(name=request.name, description=request.description, key_name=request.key_name,
                         hostname=request.hostname)
    request_checks.metadata(context.project_id, request.metadata, allowed)
    request_checks.personality(context.project_id, request.personality, allowed)
    request_checks.user_data(request.user_data)


def _image(context, request, flavor):
    """The columns that say what the server boots from."""
    if not request.image_id:
        raise request_checks.invalid('imageRef', 'an image is needed: servers cannot be booted from a volume yet.')
    return images.columns(context, request.image_id, flavor, request.config_drive, request.kernel_id,
                          request.ramdisk_id)


def _key(context, name):
    if name is None:
        return {}
    try:
        row = keypairs.get(context.user_id, name)
    except exception.KeypairNotFound as error:
        raise exception.RequestedKeypairNotFound(name=name) from error
    return {'key_name': row.name, 'key_data': row.public_key}


def _groups(context, request):
    if request.networks == []:
        return []
    names = request.security_groups if request.security_groups is not None else [security_groups.DEFAULT]
    try:
        return security_groups.by_names(context, names)
    except exception.SecurityGroupNotFound as error:
        raise exception.RequestedSecurityGroupNotFound(name=error.kwargs['group_id'],
                                                       project_id=context.project_id) from error


def _networks(context, request):
    """The networks asked for as the row keeps them."""
    if not request.networks:
        return request.networks
    usable = {row.uuid: row for row in networks.usable_by(context.project_id)}
    result, seen = [], set()
    for asked in request.networks:
        network_id, address = asked.get('uuid'), asked.get('fixed_ip')
        if network_id is not None and network_id not in usable:
            raise exception.RequestedNetworkNotFound(network_id=str(network_id)[:255])
        if network_id is not None and network_id in seen:
            raise request_checks.invalid('networks', f'network {network_id} is named twice.')
        if address is not None:
            _check_address(address, network_id, usable, request)
        seen.add(network_id)
        result.append({'network_id': network_id, **({'fixed_ip': address} if address else {})})
    return result


def _check_address(address, network_id, usable, request):
    def refuse(reason):
        return exception.RequestedFixedIpInvalid(address=str(address)[:80], network_id=network_id, reason=reason)
    if request.max_count > 1:
        raise refuse('only one of several servers could have it.')
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError as error:
        raise refuse('it is no IPv4 address.') from error
    if network_id is None:
        raise refuse('name the network it belongs to.')
    network = usable[network_id]
    if parsed not in ipaddress.ip_network(network.cidr):
        raise refuse(f'it is outside of {network.cidr}.')
    if fixed_ips.by_address(str(parsed)) is not None:
        raise refuse('it is in use.')


def _place(context, request):
    """(availability zone, what the scheduler must keep to)."""
    zone, host, node = request.availability_zone, request.host, None
    if zone and ':' in zone:
        zone, host, *rest = zone.split(':')
        node = rest[0] if rest else None
        zone, host = zone or None, host or request.host
    zone = zone or CONF.default_schedule_zone
    if host or node:
        if not context.is_admin:
            raise exception.ForcedHostForbidden(host=host or node)
        host = _known_host(host, node)
    if zone and zone not in zones.names():
        raise exception.AvailabilityZoneNotFound(zone=zone)
    return zone, {'forced_host': host, **({'forced_node': node} if node else {})} if host else {}


def _known_host(host, node):
    if not host:
        hosts = [row.host for row in compute_nodes.list() if row.hypervisor_hostname == node]
        if not hosts:
            raise exception.RequestedHostNotFound(host=node)
        return hosts[0]
    try:
        return services.get_by_host(host, 'nova-compute').host
    except exception.HostBinaryNotFound as error:
        raise exception.RequestedHostNotFound(host=host) from error


def _identity(context, request):
    return {'project_id': context.project_id, 'user_id': context.user_id, 'vm_state': states.BUILDING,
            'task_state': states.SCHEDULING, 'display_description': request.description,
            'reservation_id': 'r-' + ''.join(secrets.choice(_ALPHABET) for _each in range(8))}


@db.retry
def _enter(context, request, plan):
    """Insert the servers and their work, as many as the quotas allow: one transaction."""
    with db.writer():
        count = quota.grant(context.project_id, plan.flavor.vcpus, plan.flavor.memory_mb, request.min_count,
                            request.max_count, plan.allowed)
        try:
            rows = instances.create_all([{**plan.common, **_own(request, index)} for index in range(count)],
                                        plan.group_ids)
        except exception.SecurityGroupNotFound as error:
            raise exception.RequestedSecurityGroupNotFound(name=error.kwargs['group_id'],
                                                           project_id=context.project_id) from error
        return [(row, JOURNAL.add(operations.BOOT, row.uuid, context, {'instance_uuid': row.uuid, **plan.work}))
                for row in rows]


def _own(request, index):
    """The columns in which the servers of one request differ."""
    own = str(uuid.uuid4())
    name, host = request.name.strip(), request.hostname
    if request.max_count > 1:
        suffix = f'-{index + 1}'
        name = name[:255 - len(suffix)] + suffix
        host = host and f'{host[:63 - len(suffix)]}{suffix}'
    return {'uuid': own, 'display_name': name, 'hostname': host or hostname.from_name(name, own),
            'launch_index': index}
