"""/flavors, their extra specs and access."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from nova.api.compute import common, schemas
from nova.compute import flavors
from nova.exception import FlavorIsPublic

CREATE = schemas.wrapped('flavor', {
    'name': schemas.NAME, 'id': {'anyOf': [{'type': 'string', 'maxLength': 255}, {'type': 'integer'},
                                           {'type': 'null'}]},
    'ram': schemas.count(1), 'vcpus': schemas.count(1), 'disk': schemas.count(), 'swap': schemas.count(),
    'OS-FLV-EXT-DATA:ephemeral': schemas.count(),
    'rxtx_factor': {'anyOf': [{'type': 'number', 'minimum': 0},
                              {'type': 'string', 'pattern': r'^[0-9]+(\.[0-9]+)?$', 'maxLength': 40}]},
    # Flavors have one since 2.55; clients send null for what is not asked.
    'description': {'type': 'null'},
    'os-flavor-access:is_public': schemas.BOOLEAN}, required=('name', 'ram', 'vcpus', 'disk'))
SPECS = {'type': 'object', 'properties': {'extra_specs': {'type': 'object'}}, 'required': ['extra_specs'],
         'additionalProperties': False}
SPEC = {'type': 'object', 'minProperties': 1, 'maxProperties': 1}
_PROJECT = {'type': 'object', 'properties': {'tenant': {'type': 'string', 'minLength': 1, 'maxLength': 255}},
            'required': ['tenant'], 'additionalProperties': False}
ACCESS = {'type': 'object', 'minProperties': 1, 'maxProperties': 1,
          'properties': {'addTenantAccess': _PROJECT, 'removeTenantAccess': _PROJECT}, 'additionalProperties': False}


class Flavors(wsgi.Controller):
    """Sizes of servers."""

    @wsgi.route('GET', '/flavors')
    def index(self, req):
        rows, more = self._rows(req)
        return {'flavors': [_summary(req, row) for row in rows], **more}

    @wsgi.route('GET', '/flavors/detail')
    def detail(self, req):
        rows, more = self._rows(req)
        return {'flavors': [_view(req, row) for row in rows], **more}

    @wsgi.route('GET', '/flavors/<flavor_id>')
    def show(self, req, flavor_id):
        common.authorize(req, 'flavors:show')
        return {'flavor': _view(req, flavors.get(req.context, flavor_id))}

    @wsgi.route('POST', '/flavors', schema=CREATE)
    def create(self, req, body):
        common.authorize(req, 'flavors:change')
        asked = body['flavor']
        row = flavors.create(
            req.context, asked['name'], asked['ram'], asked['vcpus'], asked['disk'], flavorid=asked.get('id'),
            ephemeral_gb=asked.get('OS-FLV-EXT-DATA:ephemeral', 0), swap_mb=asked.get('swap', 0),
            rxtx_factor=asked.get('rxtx_factor', 1.0),
            is_public=schemas.is_true(asked.get('os-flavor-access:is_public', True)))
        return {'flavor': _view(req, row)}

    @wsgi.route('DELETE', '/flavors/<flavor_id>', status=202)
    def delete(self, req, flavor_id):
        common.authorize(req, 'flavors:change')
        flavors.delete(req.context, flavor_id)

    @wsgi.route('GET', '/flavors/<flavor_id>/os-extra_specs')
    def specs(self, req, flavor_id):
        common.authorize(req, 'flavors:show')
        return {'extra_specs': flavors.get(req.context, flavor_id).extra_specs}

    @wsgi.route('POST', '/flavors/<flavor_id>/os-extra_specs', schema=SPECS)
    def set_specs(self, req, flavor_id, body):
        common.authorize(req, 'flavors:extra_specs')
        flavors.set_extra_specs(req.context, flavor_id, body['extra_specs'])
        return body

    @wsgi.route('GET', '/flavors/<flavor_id>/os-extra_specs/<key>')
    def spec(self, req, flavor_id, key):
        common.authorize(req, 'flavors:show')
        return {key: flavors.extra_spec(req.context, flavor_id, key)}

    @wsgi.route('PUT', '/flavors/<flavor_id>/os-extra_specs/<key>', schema=SPEC)
    def set_spec(self, req, flavor_id, key, body):
        common.authorize(req, 'flavors:extra_specs')
        if key not in body:
            raise BadRequest('Request body and URI mismatch')
        flavors.set_extra_specs(req.context, flavor_id, body)
        return body

    @wsgi.route('DELETE', '/flavors/<flavor_id>/os-extra_specs/<key>')
    def delete_spec(self, req, flavor_id, key):
        common.authorize(req, 'flavors:extra_specs')
        flavors.delete_extra_spec(req.context, flavor_id, key)

    @wsgi.route('GET', '/flavors/<flavor_id>/os-flavor-access')
    def access(self, req, flavor_id):
        common.authorize(req, 'flavors:access')
        try:
            return self._access(flavor_id, flavors.access(req.context, flavor_id))
        except FlavorIsPublic as error:
            raise NotFound(f'Access list not available for public flavors such as {flavor_id}.') from error

    @wsgi.route('POST', '/flavors/<flavor_id>/action', schema=ACCESS)
    def action(self, req, flavor_id, body):
        common.authorize(req, 'flavors:access')
        name, value = next(iter(body.items()))
        change = flavors.add_access if name == 'addTenantAccess' else flavors.remove_access
        return self._access(flavor_id, change(req.context, flavor_id, value['tenant']))

    @staticmethod
    def _access(flavor_id, projects):
        return {'flavor_access': [{'flavor_id': flavor_id, 'tenant_id': project} for project in projects]}

    def _rows(self, req):
        common.authorize(req, 'flavors:show')
        values = req.query()
        limit, marker = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        if limit == 0:
            return [], {}
        rows = flavors.list(
            req.context, _is_public(req, values), _number(values, 'minRam'), _number(values, 'minDisk'),
            values.get('sort_key', ['flavorid'])[-1], _direction(values), limit, marker)
        return rows, common.page_link(req, rows, limit, lambda row: row.flavorid)


def _is_public(req, values):
    """True for users; administrators may ask for the others too (None: all)."""
    text = values.get('is_public', ['true'])[-1].lower()
    if not common.allowed(req, 'flavors:change'):
        return True
    return None if text == 'none' else common.flag(values, 'is_public', True)


def _number(values, name):
    text = values.get(name, [None])[-1]
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f'Invalid {name} filter [{text[:40]}]')
    return min(int(text[:12]), 2 ** 31 - 1)


def _direction(values):
    direction = values.get('sort_dir', ['asc'])[-1]
    if direction not in ('asc', 'desc'):
        raise BadRequest(f'sort_dir must be asc or desc. The value was: {direction[:40]!r}')
    return direction


def _summary(req, row):
    return {'id': row.flavorid, 'name': row.name, 'links': common.links(req, 'flavors', row.flavorid)}


def _view(req, row):
    return {**_summary(req, row), 'ram': row.memory_mb, 'vcpus': row.vcpus, 'disk': row.root_gb,
            'swap': row.swap_mb or '', 'OS-FLV-EXT-DATA:ephemeral': row.ephemeral_gb,
            'OS-FLV-DISABLED:disabled': row.disabled, 'os-flavor-access:is_public': row.is_public,
            'rxtx_factor': row.rxtx_factor}
