"""/os-hosts."""
from essex import wsgi
from essex.exception import NotImplementedHere
from nova.api.compute import common
from nova.compute import hosts

UPDATE = {'type': 'object', 'properties': {
    'status': {'type': 'string', 'enum': ['enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE']},
    'maintenance_mode': {'type': 'string', 'enum': ['enable', 'disable']}},
    'minProperties': 1, 'additionalProperties': False}


class Hosts(wsgi.Controller):
    """Hosts of the cloud, for administrators."""

    @wsgi.route('GET', '/os-hosts')
    def index(self, req):
        common.authorize(req, 'hosts:show')
        values = req.query()
        zone, service = (values.get(name, [None])[-1] or None for name in ('zone', 'service'))
        return {'hosts': hosts.list(req.context, zone, service)}

    @wsgi.route('GET', '/os-hosts/<host>')
    def show(self, req, host):
        common.authorize(req, 'hosts:show')
        return {'host': [{'resource': entry} for entry in hosts.describe(req.context, host)]}

    @wsgi.route('PUT', '/os-hosts/<host>', schema=UPDATE)
    def update(self, req, host, body):
        common.authorize(req, 'hosts:change')
        if 'maintenance_mode' in body:
            hosts.describe(req.context, host)
            raise NotImplementedHere('No hypervisor driver of this cloud has a maintenance mode: disable the host and '
                                     'move its servers instead.')
        changed = hosts.update(req.context, host, body['status'].lower())
        return {'host': changed['host'], 'status': changed['status']}

    @wsgi.route('GET', '/os-hosts/<host>/startup')
    @wsgi.route('GET', '/os-hosts/<host>/shutdown')
    @wsgi.route('GET', '/os-hosts/<host>/reboot')
    def power(self, req, host):
        common.authorize(req, 'hosts:change')
        hosts.describe(req.context, host)
        raise NotImplementedHere('No hypervisor driver of this cloud can turn hosts on or off.')
