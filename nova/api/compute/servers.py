"""/servers: list, show, create, update, delete, addresses."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.compute import common, passwords, schemas, security_groups, server_views
from nova.api.compute.server_details import ServerDetails
from nova.compute import api as compute_api
from nova.compute import states
from nova.network import api as network_api

_FILTERS = ('name', 'status', 'image', 'flavor', 'changes-since', 'changes-before', 'reservation_id', 'ip', 'ip6',
            'access_ip_v4', 'access_ip_v6', 'user_id', 'tenant_id', 'project_id', 'host', 'node', 'uuid',
            'availability_zone', 'key_name', 'power_state', 'vm_state', 'task_state', 'launch_index', 'locked', 'tags')

_NETWORKS = {'type': 'array', 'items': {
    'type': 'object', 'properties': {'uuid': schemas.UUID, 'fixed_ip': {'type': 'string', 'format': 'ipv4'},
                                     'port': {'anyOf': [{'type': 'null'}, schemas.UUID]}},
    'additionalProperties': False}}
_BLOCK_DEVICE = {'type': 'object', 'properties': {
    'uuid': schemas.UUID, 'boot_index': {'anyOf': [{'type': 'integer'}, {'type': 'string'}, {'type': 'null'}]},
    'source_type': {'type': 'string', 'enum': ['image', 'volume', 'snapshot', 'blank']},
    'destination_type': {'type': 'string', 'enum': ['local', 'volume']}, 'delete_on_termination': schemas.BOOLEAN,
    'volume_size': schemas.count(), 'device_name': {'type': 'string'}, 'guest_format': {'type': 'string'},
    'device_type': {'type': 'string'}, 'disk_bus': {'type': 'string'}, 'no_device': {}, 'image_id': {},
    'volume_id': {}, 'snapshot_id': {}}, 'additionalProperties': False}
_HINTS = {'type': 'object', 'additionalProperties': True}

CREATE = schemas.wrapped('server', {
    'name': schemas.NAME, 'imageRef': {'type': 'string', 'maxLength': 2048},
    'flavorRef': schemas.FLAVOR_REF,
    'adminPass': {'type': 'string', 'minLength': 1, 'maxLength': 255}, 'metadata': schemas.METADATA,
    'networks': _NETWORKS, 'key_name': {'anyOf': [schemas.NAME, {'type': 'null'}]},
    'user_data': {'anyOf': [{'type': 'string', 'maxLength': 65535}, {'type': 'null'}]},
    'security_groups': {'type': 'array', 'items': {
        'type': 'object', 'properties': {'name': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
        'required': ['name'], 'additionalProperties': False}},
    'availability_zone': {'anyOf': [schemas.NAME, {'type': 'null'}]}, 'config_drive': {'anyOf': [
        schemas.BOOLEAN, {'type': 'null'}, {'type': 'string', 'maxLength': 0}]},
    'min_count': schemas.count(1), 'max_count': schemas.count(1), 'return_reservation_id': schemas.BOOLEAN,
    'OS-DCF:diskConfig': schemas.DISK_CONFIG, 'accessIPv4': schemas.ADDRESS_V4, 'accessIPv6': schemas.ADDRESS_V6,
    'personality': schemas.PERSONALITY,
    'block_device_mapping_v2': {'type': 'array', 'items': _BLOCK_DEVICE},
    'block_device_mapping': {'type': 'array', 'items': {'type': 'object'}},
    'os:scheduler_hints': _HINTS, 'OS-SCH-HNT:scheduler_hints': _HINTS,
}, required=('name', 'flavorRef'), more={'os:scheduler_hints': _HINTS, 'OS-SCH-HNT:scheduler_hints': _HINTS})

UPDATE = schemas.wrapped('server', {
    'name': schemas.NAME, 'accessIPv4': schemas.ADDRESS_V4, 'accessIPv6': schemas.ADDRESS_V6,
    'OS-DCF:diskConfig': schemas.DISK_CONFIG})


class Servers(wsgi.Controller):
    """The collection and its members."""

    def __init__(self):
        self.compute, self.network = compute_api.API(), network_api.API()
        self.details = ServerDetails(self.compute, self.network)

    @wsgi.route('GET', '/servers')
    def index(self, req):
        common.authorize(req, 'servers:index')
        rows, more = self._rows(req)
        return {'servers': [server_views.summary(req, row) for row in rows], **more}

    @wsgi.route('GET', '/servers/detail')
    def detail(self, req):
        common.authorize(req, 'servers:detail')
        rows, more = self._rows(req)
        return {'servers': self.details.several(req, rows), **more}

    @wsgi.route('GET', '/servers/<server_id>')
    def show(self, req, server_id):
        return {'server': self.details.one(req, self._get(req, server_id, 'servers:show'))}

    @wsgi.route('POST', '/servers', status=202, schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'servers:create')
        common.need_project(req)
        asked = body['server']
        request = _request(req, body, asked)
        rows = self.compute.create(req.context, request)
        if schemas.is_true(asked.get('return_reservation_id', False)):
            return {'reservation_id': rows[0].reservation_id}
        row = rows[0]
        shown = {'id': row.uuid, 'links': common.links(req, 'servers', row.uuid),
                 'OS-DCF:diskConfig': request.disk_config,
                 'security_groups': [{'name': name} for name in request.security_groups or ['default']]}
        shown.update(passwords.answer(asked.get('adminPass')))
        return wsgi.Reply({'server': shown}, headers={'Location': common.link(req, 'servers', row.uuid)})

    @wsgi.route('PUT', '/servers/<server_id>', schema=UPDATE)
    def update(self, req, server_id, body):
        self._get(req, server_id, 'servers:update')
        names = {'name': 'name', 'accessIPv4': 'access_ip_v4', 'accessIPv6': 'access_ip_v6',
                 'OS-DCF:diskConfig': 'disk_config'}
        changes = {names[key]: value for key, value in body['server'].items()}
        for address in ('access_ip_v4', 'access_ip_v6'):
            if changes.get(address) == '':
                changes[address] = None
        row = self.compute.update(req.context, server_id, **changes)
        return {'server': self.details.changed(req, row)}

    @wsgi.route('DELETE', '/servers/<server_id>', status=204)
    def delete(self, req, server_id):
        self._get(req, server_id, 'servers:delete')
        self.compute.delete(req.context, server_id)

    @wsgi.route('GET', '/servers/<server_id>/ips')
    def addresses(self, req, server_id):
        return {'addresses': server_views.addresses(self._get(req, server_id, 'servers:ips'))}

    @wsgi.route('GET', '/servers/<server_id>/ips/<label>')
    def addresses_of(self, req, server_id, label):
        found = server_views.addresses(self._get(req, server_id, 'servers:ips'), label)
        if not found:
            raise NotFound(f'The server has no network called {label[:80]}.')
        return found

    @wsgi.route('GET', '/servers/<server_id>/os-security-groups')
    def groups(self, req, server_id):
        self._get(req, server_id, 'servers:security_groups')
        groups = self.network.groups_of_server(req.context, server_id)
        return {'security_groups': security_groups.views(self.network, groups)}

    @wsgi.route('GET', '/servers/<server_id>/diagnostics')
    def diagnostics(self, req, server_id):
        self._get(req, server_id, 'servers:diagnostics')
        return self.compute.diagnostics(req.context, server_id)

    @wsgi.route('GET', '/servers/<server_id>/os-virtual-interfaces')
    def interfaces(self, req, server_id):
        row = self._get(req, server_id, 'servers:interfaces')
        shown = [{'id': vif['id'], 'mac_address': vif['address']} for vif in row.network_info or ()]
        if common.since(req, 12):
            for entry, vif in zip(shown, row.network_info or (), strict=True):
                entry['net_id'] = vif['network']['id']
        return {'virtual_interfaces': shown}

    @wsgi.route('GET', '/servers/<server_id>/os-interface')
    def interface_attachments(self, req, server_id):
        row = self._get(req, server_id, 'servers:interfaces')
        return {'interfaceAttachments': [
            {'port_id': vif['id'], 'net_id': vif['network']['id'], 'mac_addr': vif['address'], 'port_state': 'ACTIVE',
             'fixed_ips': [{'ip_address': fixed['address'], 'subnet_id': vif['network']['id']}
                           for fixed in vif['fixed_ips']]} for vif in row.network_info or ()]}

    def _get(self, req, server_id, rule):
        row = self.compute.get(req.context, server_id)
        common.authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})
        return row

    def _rows(self, req):
        values = req.query()
        filters = _filters(req, values)
        if filters is None:
            return [], {}
        limit, marker = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        if limit == 0:
            return [], {}
        rows = self.compute.list(req.context, filters, limit, marker, _sort(values))
        return rows, common.page_link(req, rows, limit, lambda row: row.uuid)


def _filters(req, values):
    """The filters of a list request; None when nothing can match."""
    filters = {name: values[name][-1] for name in _FILTERS if name in values}
    # Before 2.5 administrators alone could ask for it.
    if not common.since(req, 5) and not common.allowed(req, 'servers:index:all_tenants'):
        filters.pop('ip6', None)
    if 'tenant_id' in filters:
        filters['project_id'] = filters.pop('tenant_id')
    for name in ('changes-since', 'changes-before'):
        if name in filters:
            filters[name] = common.parse_time(name, filters[name])
    if 'image' in filters:
        filters['image'] = common.id_of(filters['image'], 'image')
    if 'status' in filters and common.is_legacy(req) and not states.vm_states_of(filters['status']):
        raise BadRequest(f"Invalid server status: {filters['status'][:40]}")
    if 'flavor' in filters:
        filters['flavor'] = common.id_of(filters['flavor'], 'flavor')
    if common.flag(values, 'all_tenants'):
        common.authorize(req, 'servers:index:all_tenants')
        filters['all_tenants'] = True
    else:
        filters.pop('project_id', None)    # one's own alone, as clients know it
    if 'deleted' in values:
        deleted = common.flag(values, 'deleted')
        if common.allowed(req, 'servers:index:all_tenants'):
            filters['deleted'] = deleted
    return filters


def _sort(values):
    keys, directions = values.get('sort_key', []), values.get('sort_dir', [])
    if not keys and not directions:
        return None
    keys = keys or ['created_at']
    for each in directions:
        if each not in ('asc', 'desc'):
            raise BadRequest(f'sort_dir must be asc or desc. The value was: {each[:40]!r}')
    return [(key, directions[index] if index < len(directions) else 'desc') for index, key in enumerate(keys)]


def _request(req, body, asked):
    devices = asked.get('block_device_mapping_v2') or ()
    image = _image(asked, devices)
    minimum, maximum = int(asked.get('min_count') or 1), int(asked.get('max_count') or asked.get('min_count') or 1)
    if minimum > maximum:
        if not common.is_legacy(req):
            raise BadRequest('min_count must be <= max_count')
        minimum = maximum
    hints = {}
    for place in (body, asked):
        for name in ('os:scheduler_hints', 'OS-SCH-HNT:scheduler_hints'):
            hints.update(place.get(name) or {})
    return compute_api.ServerRequest(
        name=asked['name'].strip(), flavor_id=common.id_of(str(asked['flavorRef']), 'flavorRef'), image_id=image,
        min_count=minimum, max_count=maximum, key_name=asked.get('key_name'), metadata=asked.get('metadata') or {},
        personality=asked.get('personality') or [], user_data=asked.get('user_data'),
        security_groups=list(dict.fromkeys(each['name'] for each in asked['security_groups']))
        if asked.get('security_groups') else None,
        networks=_networks(asked.get('networks')), availability_zone=asked.get('availability_zone'),
        access_ip_v4=asked.get('accessIPv4') or None, access_ip_v6=asked.get('accessIPv6') or None,
        config_drive=schemas.is_true(asked.get('config_drive')), scheduler_hints=hints,
        disk_config=asked.get('OS-DCF:diskConfig', 'AUTO'))


def _image(asked, devices):
    image = common.uuid_of(asked['imageRef'], 'imageRef') if asked.get('imageRef') else None
    if asked.get('block_device_mapping'):
        raise BadRequest('Servers cannot be booted from volumes here: name an image, and attach volumes when it runs.')
    for device in devices:
        local = device.get('source_type') == 'image' and device.get('destination_type', 'local') == 'local'
        if not local or str(device.get('boot_index', 0)) != '0':
            raise BadRequest('block_device_mapping_v2 may only name the boot image on the local disk: attach volumes '
                             'when the server runs.')
        if image not in (None, device.get('uuid')):
            raise BadRequest('imageRef and block_device_mapping_v2 name different images.')
        image = device.get('uuid')
    if image is None:
        raise BadRequest('Invalid imageRef provided: a server needs an image to boot from.')
    return image


def _networks(asked):
    """None: the default. Today's clients send an empty list for that."""
    if not asked:
        return None
    for each in asked:
        if each.get('port'):
            raise BadRequest('Ports need the Networking service, which this cloud does not have yet: name a network.')
        if 'uuid' not in each:
            raise BadRequest('Bad networks format: network uuid is missing.')
    return [{key: each[key] for key in ('uuid', 'fixed_ip') if key in each} for each in asked]
