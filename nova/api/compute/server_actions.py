"""POST /servers/{id}/action: one key in the body says what to do."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.compute import common, passwords, schemas
from nova.api.compute.server_details import ServerDetails
from nova.compute import api as compute_api
from nova.image import glance
from nova.network import api as network_api

_ANY = {}
_NAMED = {'type': 'object', 'properties': {'name': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
          'required': ['name'], 'additionalProperties': False}
_ADDRESS = {'type': 'object', 'properties': {
    'address': {'type': 'string', 'format': 'ipv4'},
    'fixed_address': {'anyOf': [{'type': 'string', 'format': 'ipv4'}, {'type': 'null'}]}},
    'required': ['address'], 'additionalProperties': False}
_LENGTH = {'anyOf': [{'type': 'integer', 'minimum': -1}, {'type': 'string', 'pattern': '^-?[0-9]+$', 'maxLength': 10},
                     {'type': 'null'}]}

# Each action with the schema of its value.
_ACTIONS = {
    'reboot': {'type': 'object', 'properties': {'type': {'type': 'string', 'enum': [
        'SOFT', 'HARD', 'soft', 'hard', 'Soft', 'Hard']}}, 'required': ['type'], 'additionalProperties': False},
    'os-start': _ANY, 'os-stop': _ANY, 'pause': _ANY, 'unpause': _ANY, 'suspend': _ANY, 'resume': _ANY,
    'lock': _ANY, 'unlock': _ANY, 'forceDelete': _ANY,
    'createImage': {'type': 'object', 'properties': {'name': schemas.NAME, 'metadata': schemas.METADATA},
                    'required': ['name'], 'additionalProperties': False},
    'createBackup': {'type': 'object', 'properties': {
        'name': schemas.NAME, 'backup_type': schemas.NAME, 'rotation': schemas.count(0), 'metadata': schemas.METADATA},
        'required': ['name', 'backup_type', 'rotation'], 'additionalProperties': False},
    'rebuild': {'type': 'object', 'properties': {
        'imageRef': {'type': 'string', 'maxLength': 2048}, 'name': schemas.NAME, 'metadata': schemas.METADATA,
        'adminPass': {'type': 'string', 'minLength': 1, 'maxLength': 255}, 'personality': schemas.PERSONALITY,
        'accessIPv4': schemas.ADDRESS_V4, 'accessIPv6': schemas.ADDRESS_V6, 'OS-DCF:diskConfig': schemas.DISK_CONFIG,
        'preserve_ephemeral': schemas.BOOLEAN}, 'required': ['imageRef'], 'additionalProperties': False},
    'resize': {'type': 'object', 'properties': {
        'flavorRef': schemas.FLAVOR_REF, 'OS-DCF:diskConfig': schemas.DISK_CONFIG},
        'required': ['flavorRef'], 'additionalProperties': False},
    'confirmResize': _ANY, 'revertResize': _ANY,
    'os-resetState': {'type': 'object', 'properties': {'state': {'type': 'string', 'enum': ['active', 'error']}},
                      'required': ['state'], 'additionalProperties': False},
    'os-getConsoleOutput': {'type': ['object', 'null'], 'properties': {'length': _LENGTH},
                            'additionalProperties': False},
    'os-getVNCConsole': {'type': 'object', 'properties': {'type': {'type': 'string'}}, 'required': ['type'],
                         'additionalProperties': False},
    'addFloatingIp': _ADDRESS, 'removeFloatingIp': _ADDRESS, 'addSecurityGroup': _NAMED,
    'removeSecurityGroup': _NAMED,
}
# Protocols of consoles with their types, since 2.6; mks since 2.8. Those no driver has are refused one by one.
_CONSOLES = {'vnc': ('novnc', 'xvpvnc'), 'spice': ('spice-html5',), 'rdp': ('rdp-html5',), 'serial': ('serial',),
             'mks': ('webmks',)}


def _console(protocols):
    return schemas.wrapped('remote_console', {
        'protocol': {'type': 'string', 'enum': list(protocols)},
        'type': {'type': 'string', 'enum': [kind for protocol in protocols for kind in _CONSOLES[protocol]]},
    }, required=('protocol', 'type'))


CONSOLE, CONSOLE_8 = _console(('vnc', 'spice', 'rdp', 'serial')), _console(_CONSOLES)
_SCHEMAS = {name: schemas.action(name, inner) for name, inner in _ACTIONS.items()}
_CHECKS = {name: wsgi.compile_schema(schema) for name, schema in _SCHEMAS.items()}
_BODY = {'type': 'object'}
_SIMPLE = {'os-start': ('start', 'servers:start'), 'os-stop': ('stop', 'servers:stop'),
           'pause': ('pause', 'servers:pause'), 'unpause': ('unpause', 'servers:unpause'),
           'suspend': ('suspend', 'servers:suspend'), 'resume': ('resume', 'servers:resume'),
           'lock': ('lock', 'servers:lock'), 'unlock': ('unlock', 'servers:unlock'),
           'forceDelete': ('force_delete', 'servers:force_delete'),
           'revertResize': ('revert_resize', 'servers:revert_resize')}
_METHODS = {'reboot': '_reboot', 'createImage': '_create_image', 'createBackup': '_create_backup',
            'rebuild': '_rebuild', 'resize': '_resize', 'confirmResize': '_confirm_resize',
            'os-resetState': '_reset_state',
            'os-getConsoleOutput': '_console_output', 'os-getVNCConsole': '_vnc_console',
            'addFloatingIp': '_add_floating_ip', 'removeFloatingIp': '_remove_floating_ip',
            'addSecurityGroup': '_add_group', 'removeSecurityGroup': '_remove_group'}


class ServerActions(wsgi.Controller):
    """All actions."""

    def __init__(self):
        self.compute, self.network = compute_api.API(), network_api.API()
        self.details = ServerDetails(self.compute, self.network)

    @wsgi.route('POST', '/servers/<server_id>/action', status=202, schema=_BODY)
    def act(self, req, server_id, body):
        if len(body) != 1:
            raise BadRequest("The body of an action must have exactly one key, the action's name.")
        name = next(iter(body))
        if name == 'os-getVNCConsole' and common.since(req, 6):
            raise NotFound('From 2.6 on consoles are asked for at remote-consoles.')
        if name not in _ACTIONS:
            raise BadRequest(f'There is no such action: {name[:80]}')
        if common.is_legacy(req):
            body = wsgi.drop_unknown(_SCHEMAS[name], body)
        _CHECKS[name](body)
        row = self.compute.get(req.context, server_id)
        if name in _SIMPLE:
            method, rule = _SIMPLE[name]
            self._authorize(req, row, rule)
            getattr(self.compute, method)(req.context, row.uuid)
            return None
        return getattr(self, _METHODS[name])(req, row, body[name])

    @wsgi.route('POST', '/servers/<server_id>/remote-consoles', schema=CONSOLE, versions=('2.6', '2.7'))
    @wsgi.route('POST', '/servers/<server_id>/remote-consoles', schema=CONSOLE_8, versions=('2.8', None))
    def remote_console(self, req, server_id, body):
        row = self.compute.get(req.context, server_id)
        self._authorize(req, row, 'servers:remote_console')
        protocol, kind = body['remote_console']['protocol'], body['remote_console']['type']
        if kind not in _CONSOLES[protocol]:
            raise BadRequest(f'Unavailable console type {kind} for protocol {protocol}.')
        console = self.compute.vnc_console(req.context, row.uuid, kind)
        return {'remote_console': {'protocol': protocol, 'type': console['type'], 'url': console['url']}}

    @staticmethod
    def _authorize(req, row, rule):
        common.authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})

    def _reboot(self, req, row, value):
        self._authorize(req, row, 'servers:reboot')
        self.compute.reboot(req.context, row.uuid, value['type'])

    def _create_image(self, req, row, value):
        self._authorize(req, row, 'servers:create_image')
        metadata = value.get('metadata') or {}
        glance.check_properties(metadata)
        image = self.compute.snapshot(req.context, row.uuid, value['name'].strip(), metadata)
        return wsgi.Reply(headers={'Location': common.link(req, 'images', image)})

    def _create_backup(self, req, row, value):
        self._authorize(req, row, 'servers:create_image')
        metadata = value.get('metadata') or {}
        glance.check_properties(metadata)
        image = self.compute.backup(req.context, row.uuid, value['name'].strip(), value['backup_type'].strip(),
                                    common.whole_number(value['rotation'], 'rotation'), metadata)
        return wsgi.Reply(headers={'Location': common.link(req, 'images', image)})

    def _rebuild(self, req, row, value):
        self._authorize(req, row, 'servers:rebuild')
        names = {'name': 'name', 'metadata': 'metadata', 'personality': 'personality', 'accessIPv4': 'access_ip_v4',
                 'accessIPv6': 'access_ip_v6', 'OS-DCF:diskConfig': 'disk_config'}
        row = self.compute.rebuild(req.context, row.uuid, compute_api.RebuildRequest(
            image_id=common.uuid_of(value['imageRef'], 'imageRef'),
            preserve_ephemeral=schemas.is_true(value.get('preserve_ephemeral', False)),
            **{names[key]: value[key] for key in value if key in names}))
        shown = {**self.details.changed(req, row), **passwords.answer(value.get('adminPass'))}
        return wsgi.Reply({'server': shown}, headers={'Location': common.link(req, 'servers', row.uuid)})

    def _resize(self, req, row, value):
        self._authorize(req, row, 'servers:resize')
        options = {'disk_config': value['OS-DCF:diskConfig']} if 'OS-DCF:diskConfig' in value else {}
        self.compute.resize(req.context, row.uuid, common.id_of(str(value['flavorRef']), 'flavorRef'), **options)

    def _confirm_resize(self, req, row, value):
        self._authorize(req, row, 'servers:confirm_resize')
        self.compute.confirm_resize(req.context, row.uuid)
        return wsgi.Reply(status=204)

    def _reset_state(self, req, row, value):
        self._authorize(req, row, 'servers:reset_state')
        self.compute.reset_state(req.context, row.uuid, value['state'])

    def _console_output(self, req, row, value):
        self._authorize(req, row, 'servers:console_output')
        length = (value or {}).get('length')
        # -1 is how some clients say "all".
        lines = None if length in (None, -1, '-1') else int(length)
        return wsgi.Reply({'output': self.compute.console_output(req.context, row.uuid, lines)}, status=200)

    def _vnc_console(self, req, row, value):
        self._authorize(req, row, 'servers:remote_console')
        console = self.compute.vnc_console(req.context, row.uuid, value['type'])
        return wsgi.Reply({'console': {'type': console['type'], 'url': console['url']}}, status=200)

    def _add_floating_ip(self, req, row, value):
        self._authorize(req, row, 'servers:floating_ip')
        self.network.associate_floating_ip(req.context, row, value['address'], value.get('fixed_address'))

    def _remove_floating_ip(self, req, row, value):
        self._authorize(req, row, 'servers:floating_ip')
        self.network.disassociate_floating_ip(req.context, value['address'], row)

    def _add_group(self, req, row, value):
        self._authorize(req, row, 'servers:change_security_groups')
        self.network.add_group_to_server(req.context, row, value['name'])

    def _remove_group(self, req, row, value):
        self._authorize(req, row, 'servers:change_security_groups')
        self.network.remove_group_from_server(req.context, row, value['name'])
