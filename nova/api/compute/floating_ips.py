"""/os-floating-ips and /os-floating-ip-pools."""
from essex import wsgi
from nova.api.compute import common
from nova.network import api as network_api

_CREATE = {'type': 'object', 'properties': {'pool': {'anyOf': [
    {'type': 'string', 'minLength': 1, 'maxLength': 255}, {'type': 'null'}]}}, 'additionalProperties': False}


class FloatingIps(wsgi.Controller):
    """Floating addresses of a project."""

    def __init__(self):
        self.network = network_api.API()

    @wsgi.route('GET', '/os-floating-ip-pools')
    def pools(self, req):
        common.authorize(req, 'floating_ips:show')
        return {'floating_ip_pools': [{'name': name} for name in self.network.floating_pools(req.context)]}

    @wsgi.route('GET', '/os-floating-ips')
    def index(self, req):
        common.authorize(req, 'floating_ips:show')
        return {'floating_ips': [_view(row) for row in self.network.list_floating_ips(req.context)]}

    @wsgi.route('GET', '/os-floating-ips/<floating_id>')
    def show(self, req, floating_id):
        return {'floating_ip': _view(self._get(req, floating_id, 'floating_ips:show'))}

    @wsgi.route('POST', '/os-floating-ips')
    def create(self, req):
        common.authorize(req, 'floating_ips:change')
        common.need_project(req)
        # The body may be missing: that asks for an address of the default pool.
        body = {} if req.json is None else req.json
        if common.is_legacy(req):
            body = wsgi.drop_unknown(_CREATE, body)
        _check(body)
        return {'floating_ip': _view(self.network.allocate_floating_ip(req.context, body.get('pool')))}

    @wsgi.route('DELETE', '/os-floating-ips/<floating_id>', status=202)
    def delete(self, req, floating_id):
        row = self._get(req, floating_id, 'floating_ips:change')
        self.network.release_floating_ip(req.context, row.id)

    def _get(self, req, floating_id, rule):
        row = self.network.get_floating_ip(req.context, floating_id)
        common.authorize(req, rule, {'project_id': row.project_id})
        return row


_check = wsgi.compile_schema(_CREATE)


def _view(row):
    return {'id': row.id, 'ip': row.address, 'pool': row.pool, 'fixed_ip': row.fixed_address,
            'instance_id': row.instance_uuid}
