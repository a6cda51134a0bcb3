"""/os-services: the daemons of the cloud."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import services

_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255}
UPDATE = {'type': 'object', 'properties': {'host': _NAME, 'binary': _NAME, 'disabled_reason': _NAME},
          'required': ['host', 'binary'], 'additionalProperties': False}


class Services(wsgi.Controller):
    """Daemons, for administrators."""

    @wsgi.route('GET', '/os-services')
    def index(self, req):
        common.authorize(req, 'services:show')
        values = req.query()
        rows = services.list(req.context, values.get('host', [None])[-1], values.get('binary', [None])[-1])
        return {'services': [_view(row) for row in rows]}

    @wsgi.route('PUT', '/os-services/enable', schema=UPDATE)
    def enable(self, req, body):
        return self._set(req, body, True)

    @wsgi.route('PUT', '/os-services/disable', schema=UPDATE)
    def disable(self, req, body):
        return self._set(req, body, False)

    @wsgi.route('PUT', '/os-services/disable-log-reason', schema={**UPDATE, 'required': ['host', 'binary',
                                                                                        'disabled_reason']})
    def disable_with_reason(self, req, body):
        return self._set(req, body, False, body['disabled_reason'])

    @wsgi.route('DELETE', '/os-services/<service_id>', status=204)
    def delete(self, req, service_id):
        common.authorize(req, 'services:change')
        services.delete(req.context, service_id)

    @staticmethod
    def _set(req, body, enabled, reason=None):
        common.authorize(req, 'services:change')
        row = services.set_enabled(req.context, body['host'], body['binary'], enabled, reason)
        shown = {'host': row.host, 'binary': row.binary, 'status': row.status}
        if reason:
            shown['disabled_reason'] = reason
        return {'service': shown}


def _view(row):
    return {'id': row.id, 'binary': row.binary, 'host': row.host, 'zone': row.zone, 'status': row.status,
            'state': row.state, 'updated_at': common.microtime(row.last_seen_up),
            'disabled_reason': row.disabled_reason}
