"""/os-services: the daemons that keep volumes."""
from essex import wsgi
from nova.api.volume import common
from nova.compute import services
from nova.volume.placement import BINARY

_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255}
UPDATE = {'type': 'object', 'properties': {'host': _NAME, 'binary': _NAME, 'disabled_reason': _NAME},
          'required': ['host'], 'additionalProperties': False}


class Services(wsgi.Controller):
    """Daemons, for administrators."""

    @wsgi.route('GET', '/os-services')
    def index(self, req):
        common.authorize(req, 'volume_services:show')
        values = req.query()
        rows = services.list(req.context, values.get('host', [None])[-1], values.get('binary', [BINARY])[-1])
        return {'services': [_view(row) for row in rows if row.binary == BINARY]}

    @wsgi.route('PUT', '/os-services/enable', schema=UPDATE)
    def enable(self, req, body):
        return self._set(req, body, True)

    @wsgi.route('PUT', '/os-services/disable', schema=UPDATE)
    def disable(self, req, body):
        return self._set(req, body, False)

    @wsgi.route('PUT', '/os-services/disable-log-reason', schema={**UPDATE, 'required': ['host', 'disabled_reason']})
    def disable_with_reason(self, req, body):
        return self._set(req, body, False)

    @staticmethod
    def _set(req, body, enabled):
        common.authorize(req, 'volume_services:change')
        # Clients of other block storages say host@backend.
        row = services.set_enabled(req.context, body['host'].partition('@')[0], BINARY, enabled,
                                   body.get('disabled_reason'))
        return {'host': row.host, 'service': row.binary, 'binary': row.binary, 'disabled': row.disabled,
                'status': row.status, **({'disabled_reason': row.disabled_reason} if row.disabled_reason else {})}


def _view(row):
    return {'binary': row.binary, 'host': row.host, 'zone': row.availability_zone, 'status': row.status,
            'state': row.state, 'updated_at': common.time(row.last_seen_up), 'disabled_reason': row.disabled_reason}
