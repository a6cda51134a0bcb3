"""The closed answers of the Compute API as JSON schemas: no key too few, none too many. By microversion 2.1."""
DATE = {'type': 'string', 'pattern': r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'}
MICRO = {'type': 'string', 'pattern': r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$'}
UUID = {'type': 'string', 'format': 'uuid'}
TEXT, NUMBER, FLAG, NULL = {'type': 'string'}, {'type': 'integer'}, {'type': 'boolean'}, {'type': 'null'}
MAYBE_TEXT, MAYBE_NUMBER = {'type': ['string', 'null']}, {'type': ['integer', 'null']}
MAYBE_MICRO = {'anyOf': [MICRO, NULL]}


def closed(required, optional=None):
    """An object with these keys."""
    return {'type': 'object', 'properties': {**required, **(optional or {})}, 'required': sorted(required),
            'additionalProperties': False}


def several(items):
    """A list that must not be empty: an empty one would prove nothing."""
    return {'type': 'array', 'items': items, 'minItems': 1}


def maybe(items):
    """A list."""
    return {'type': 'array', 'items': items}


def mapping(values):
    """An object with free keys."""
    return {'type': 'object', 'additionalProperties': values}


LINK = closed({'rel': TEXT, 'href': {'type': 'string', 'pattern': '^http://cloud:8774/'}})
LINKS = several(LINK)
NEXT = maybe(LINK)
SHORT_SERVER = closed({'id': UUID, 'name': TEXT, 'links': LINKS})
_ADDRESS = {'version': {'enum': [4, 6]}, 'addr': TEXT}


def _addresses(more):
    return {'type': 'object', 'additionalProperties': False,
            'patternProperties': {'^[a-zA-Z0-9-_.]+$': several(closed(_ADDRESS, more))}}


ADDRESSES = _addresses({'OS-EXT-IPS:type': TEXT, 'OS-EXT-IPS-MAC:mac_addr': TEXT})
FAULT = closed({'code': NUMBER, 'created': DATE, 'message': TEXT}, {'details': TEXT})
_SERVER = {
    'addresses': ADDRESSES, 'created': DATE, 'flavor': closed({'id': TEXT, 'links': LINKS}), 'hostId': TEXT, 'id': UUID,
    'image': {'anyOf': [closed({'id': UUID, 'links': LINKS}), {'enum': ['']}]}, 'links': LINKS,
    'metadata': mapping(TEXT), 'name': TEXT, 'status': TEXT, 'tenant_id': TEXT, 'updated': DATE, 'user_id': TEXT}
_BRIEF = {'OS-DCF:diskConfig': TEXT, 'accessIPv4': TEXT, 'accessIPv6': TEXT, 'fault': FAULT, 'progress': NUMBER}
_FULL = {
    **_BRIEF, 'OS-EXT-AZ:availability_zone': TEXT,
    'OS-EXT-STS:power_state': NUMBER, 'OS-EXT-STS:task_state': MAYBE_TEXT,
    'OS-EXT-STS:vm_state': TEXT, 'OS-SRV-USG:launched_at': MAYBE_MICRO, 'OS-SRV-USG:terminated_at': MAYBE_MICRO,
    'config_drive': TEXT, 'key_name': MAYBE_TEXT, 'security_groups': several(closed({'name': TEXT})),
    'os-extended-volumes:volumes_attached': maybe(closed({'id': TEXT}))}
HOST_SIDE = {f'OS-EXT-SRV-ATTR:{name}': MAYBE_TEXT for name in ('host', 'hypervisor_hostname', 'instance_name')}
SERVER = closed(_SERVER, _FULL)
SERVER_FOR_ADMINS = closed({**_SERVER, **HOST_SIDE}, _FULL)
_CHANGED = {**_SERVER, 'addresses': _addresses({})}
SERVER_AFTER_UPDATE = closed(_CHANGED, _BRIEF)
REBUILT_SERVER = closed({**_CHANGED, 'adminPass': TEXT}, _BRIEF)
NEW_SERVER = closed({'id': UUID, 'links': LINKS, 'adminPass': TEXT},
                    {'OS-DCF:diskConfig': TEXT, 'security_groups': several(closed({'name': TEXT}))})
FLAVOR = closed(
    {'disk': NUMBER, 'id': TEXT, 'links': LINKS, 'name': TEXT, 'ram': NUMBER, 'vcpus': NUMBER,
     'swap': {'anyOf': [NUMBER, {'enum': ['']}]}},
    {'OS-FLV-DISABLED:disabled': FLAG, 'OS-FLV-EXT-DATA:ephemeral': NUMBER, 'os-flavor-access:is_public': FLAG,
     'rxtx_factor': {'type': 'number'}})
KEYPAIR = {'fingerprint': TEXT, 'name': TEXT, 'public_key': TEXT}
SHOWN_KEYPAIR = {**KEYPAIR, 'created_at': MICRO, 'deleted': FLAG, 'deleted_at': MAYBE_MICRO, 'id': NUMBER,
                 'updated_at': MAYBE_MICRO, 'user_id': TEXT}
ACTION = {'action': TEXT, 'instance_uuid': UUID, 'message': MAYBE_TEXT, 'project_id': TEXT, 'request_id': TEXT,
          'start_time': MICRO, 'user_id': TEXT}
EVENT = closed({'event': TEXT, 'start_time': MAYBE_MICRO, 'finish_time': MAYBE_MICRO, 'result': MAYBE_TEXT},
               {'traceback': MAYBE_TEXT})
_QUOTAS = dict.fromkeys((
    'cores', 'fixed_ips', 'floating_ips', 'injected_file_content_bytes', 'injected_file_path_bytes', 'injected_files',
    'instances', 'key_pairs', 'metadata_items', 'ram', 'security_group_rules', 'security_groups'), NUMBER)
_GROUP_QUOTAS = dict.fromkeys(('server_group_members', 'server_groups'), NUMBER)
QUOTAS = closed({'id': TEXT, **_QUOTAS}, _GROUP_QUOTAS)
CHANGED_QUOTAS = closed(_QUOTAS, _GROUP_QUOTAS)
_USED = closed({'limit': NUMBER, 'in_use': NUMBER, 'reserved': NUMBER})
QUOTA_DETAILS = closed({'id': TEXT, **dict.fromkeys(_QUOTAS, _USED)}, dict.fromkeys(_GROUP_QUOTAS, _USED))
LIMITS = closed({'rate': maybe(closed({})), 'absolute': closed(dict.fromkeys((
    'maxImageMeta', 'maxPersonality', 'maxPersonalitySize', 'maxSecurityGroupRules', 'maxSecurityGroups',
    'maxServerMeta', 'maxTotalCores', 'maxTotalFloatingIps', 'maxTotalInstances', 'maxTotalKeypairs',
    'maxTotalRAMSize', 'totalCoresUsed', 'totalFloatingIpsUsed', 'totalInstancesUsed', 'totalRAMUsed',
    'totalSecurityGroupsUsed'), NUMBER), dict.fromkeys((
        'maxServerGroupMembers', 'maxServerGroups', 'totalServerGroupsUsed'), NUMBER))})
EXTENSION = closed({**dict.fromkeys(('alias', 'description', 'name', 'namespace', 'updated'), TEXT),
                    'links': maybe(LINK)})
IMAGE_LINKS = several(closed({'rel': TEXT, 'href': TEXT}, {'type': TEXT}))
IMAGE = closed({'created': DATE, 'id': UUID, 'links': IMAGE_LINKS, 'metadata': mapping(TEXT), 'minDisk': NUMBER,
                'minRam': NUMBER, 'name': TEXT, 'progress': NUMBER, 'status': TEXT, 'updated': DATE},
               {'OS-DCF:diskConfig': TEXT, 'OS-EXT-IMG-SIZE:size': MAYBE_NUMBER,
                'server': closed({'id': UUID, 'links': LINKS})})
RULE = closed({
    'from_port': MAYBE_NUMBER, 'to_port': MAYBE_NUMBER, 'id': NUMBER, 'ip_protocol': MAYBE_TEXT,
    'parent_group_id': NUMBER, 'group': {'anyOf': [closed({}), closed({'name': TEXT, 'tenant_id': TEXT})]},
    'ip_range': {'anyOf': [closed({}), closed({'cidr': TEXT})]}})
GROUP = closed({'description': TEXT, 'id': NUMBER, 'name': TEXT, 'tenant_id': TEXT, 'rules': maybe(RULE)})
FLOATING = closed({'fixed_ip': MAYBE_TEXT, 'id': NUMBER, 'instance_id': MAYBE_TEXT, 'ip': TEXT, 'pool': TEXT})
ATTACHMENT = closed({'fixed_ips': several(closed({'ip_address': TEXT, 'subnet_id': TEXT})), 'mac_addr': TEXT,
                     'net_id': UUID, 'port_id': UUID, 'port_state': TEXT})
SHORT_HYPERVISOR = {'id': NUMBER, 'hypervisor_hostname': TEXT, 'state': {'enum': ['up', 'down']},
                    'status': {'enum': ['enabled', 'disabled']}}
HYPERVISOR = closed({
    **SHORT_HYPERVISOR, **dict.fromkeys((
        'current_workload', 'free_disk_gb', 'free_ram_mb', 'hypervisor_version', 'local_gb', 'local_gb_used',
        'memory_mb', 'memory_mb_used', 'running_vms', 'vcpus', 'vcpus_used'), NUMBER),
    'disk_available_least': MAYBE_NUMBER, 'cpu_info': TEXT, 'host_ip': TEXT, 'hypervisor_type': TEXT,
    'service': closed({'host': TEXT, 'id': NUMBER, 'disabled_reason': MAYBE_TEXT})})
STATISTICS = closed(dict.fromkeys((
    'count', 'current_workload', 'disk_available_least', 'free_disk_gb', 'free_ram_mb', 'local_gb', 'local_gb_used',
    'memory_mb', 'memory_mb_used', 'running_vms', 'vcpus', 'vcpus_used'), NUMBER))
HOST_RESOURCE = closed({'resource': closed({'cpu': NUMBER, 'disk_gb': NUMBER, 'host': TEXT, 'memory_mb': NUMBER,
                                            'project': TEXT})})
SERVICE = closed({'id': NUMBER, 'zone': TEXT, 'host': TEXT, 'state': TEXT, 'binary': TEXT, 'status': TEXT,
                  'updated_at': MAYBE_MICRO, 'disabled_reason': MAYBE_TEXT})
OPERATION = {
    'id': NUMBER, 'kind': TEXT, 'action': TEXT, 'server_id': MAYBE_TEXT, 'volume_id': MAYBE_TEXT,
    'snapshot_id': MAYBE_TEXT, 'project_id': MAYBE_TEXT, 'user_id': MAYBE_TEXT,
    'request_id': MAYBE_TEXT, 'state': TEXT, 'step': MAYBE_TEXT, 'steps': {'type': 'array', 'items': TEXT},
    'attempts': NUMBER, 'progress': NUMBER, 'host': MAYBE_TEXT, 'owner': MAYBE_TEXT, 'cancelled': FLAG,
    'deadline': MAYBE_MICRO, 'error': MAYBE_TEXT, 'error_type': MAYBE_TEXT, 'stuck': MAYBE_TEXT,
    'can': {'type': 'array', 'items': {'enum': ['finish', 'undo']}}, 'created_at': MICRO, 'updated_at': MICRO,
    'finished_at': MAYBE_MICRO, 'heartbeat': MAYBE_MICRO, 'not_before': MAYBE_MICRO}
OPERATION_STEP = closed({'step': TEXT, 'undo': FLAG, 'host': MAYBE_TEXT, 'started_at': MICRO,
                         'finished_at': MAYBE_MICRO, 'result': MAYBE_TEXT, 'error': MAYBE_TEXT})
MIGRATION = closed({**dict.fromkeys(('source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host'),
                                    MAYBE_TEXT), 'id': NUMBER, 'instance_uuid': UUID, 'status': TEXT,
                    'old_instance_type_id': MAYBE_NUMBER, 'new_instance_type_id': MAYBE_NUMBER, 'created_at': MICRO,
                    'updated_at': MAYBE_MICRO})
NEW_AGGREGATE = {'availability_zone': MAYBE_TEXT, 'created_at': MICRO, 'deleted': FLAG, 'deleted_at': MAYBE_MICRO,
                 'id': NUMBER, 'name': TEXT, 'updated_at': MAYBE_MICRO}
AGGREGATE = {**NEW_AGGREGATE, 'hosts': maybe(TEXT), 'metadata': mapping(TEXT)}
FLOAT = {'type': 'number'}
_USAGE = {'start': MICRO, 'stop': MICRO, 'tenant_id': TEXT, 'total_hours': FLOAT, 'total_local_gb_usage': FLOAT,
          'total_memory_mb_usage': FLOAT, 'total_vcpus_usage': FLOAT}
SERVER_USAGE = closed({'ended_at': MAYBE_MICRO, 'flavor': TEXT, 'hours': FLOAT, 'instance_id': UUID, 'local_gb': NUMBER,
                       'memory_mb': NUMBER, 'name': TEXT, 'started_at': MICRO, 'state': TEXT, 'tenant_id': TEXT,
                       'uptime': NUMBER, 'vcpus': NUMBER})
USAGE = closed({**_USAGE, 'server_usages': several(SERVER_USAGE)})
USAGE_SUM = closed(_USAGE)
ZONE = closed({'zoneName': TEXT, 'zoneState': closed({'available': FLAG}), 'hosts': NULL})
ZONE_DETAIL = closed({'zoneName': TEXT, 'zoneState': closed({'available': FLAG}), 'hosts': mapping(mapping(closed(
    {'available': FLAG, 'active': FLAG, 'updated_at': MAYBE_MICRO})))})
_VERSION = {'id': TEXT, 'links': several(closed({'href': TEXT, 'rel': TEXT}, {'type': TEXT})), 'status': TEXT,
            'updated': DATE, 'version': TEXT, 'min_version': TEXT}
VERSION = closed({**_VERSION, 'media-types': several(closed({'base': TEXT, 'type': TEXT}))})
LISTED_VERSION = closed(_VERSION)
VOLUME_ATTACHMENT = closed({'id': UUID, 'serverId': UUID, 'volumeId': UUID, 'device': TEXT})


def of(**parts):
    """A body with these keys; `servers_links` and its like may come beside a list."""
    return closed(parts, {f'{name}_links': NEXT for name in parts})
_PROXIED = {'id': UUID, 'status': TEXT, 'size': NUMBER, 'createdAt': MICRO, 'displayName': MAYBE_TEXT,
            'displayDescription': MAYBE_TEXT}
_VOLUME = {**_PROXIED, 'availabilityZone': TEXT, 'metadata': mapping(TEXT), 'snapshotId': MAYBE_TEXT,
           'volumeType': MAYBE_TEXT, 'attachments': {'anyOf': [several(VOLUME_ATTACHMENT), {'enum': [[{}]]}]}}
PROXIED_VOLUME = closed(_VOLUME)
PROXIED_VOLUME_FOR_ADMINS = closed({**_VOLUME, 'os-vol-host-attr:host': TEXT})
PROXIED_SNAPSHOT = closed({**_PROXIED, 'volumeId': UUID})
