"""/os-services: the daemons that keep volumes."""
from essex import wsgi
from nova.api.volume import common
from nova.compute import services
from nova.exception import HostBinaryNotFound
from nova.volume.placement import BINARY

# What there is, and what scripts for later releases call it.
_NAMES = (BINARY, 'cinder-volume')
_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255}
UPDATE = {'type': 'object', 'properties': {'host': _NAME, 'binary': _NAME, 'disabled_reason': _NAME},
          'required': ['host'], 'additionalProperties': False}


class Services(wsgi.Controller):
    """Daemons, for administrators."""

    @wsgi.route('GET', '/os-services')
    def index(self, req):
        common.authorize(req, 'volume_services:show')
        values = req.query()
        host, binary = values.get('host', [None])[-1], values.get('binary', [BINARY])[-1]
        rows = services.list(req.context, host and _host(host), BINARY) if binary in _NAMES else []
        return {'services': [{**_view(row), 'binary': binary} for row in rows]}

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
        if body.get('binary', BINARY) not in _NAMES:
            raise HostBinaryNotFound(host=body['host'], binary=body['binary'])
        row = services.set_enabled(req.context, _host(body['host']), BINARY, enabled, body.get('disabled_reason'))
        return {'host': row.host, 'service': row.binary, 'binary': row.binary, 'disabled': row.disabled,
                'status': row.status, **({'disabled_reason': row.disabled_reason} if row.disabled_reason else {})}


def _host(name):
    """Clients may say host@backend, as volumes show it."""
    return name.partition('@')[0]


def _view(row):
    return {'binary': row.binary, 'host': row.host, 'zone': row.availability_zone, 'status': row.status,
            'state': row.state, 'updated_at': common.time(row.last_seen_up), 'disabled_reason': row.disabled_reason}
