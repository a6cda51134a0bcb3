"""/os-services: the daemons of the cloud."""
from essex import wsgi
from nova.api.compute import common, schemas
from nova.compute import services
from nova.exception import HostBinaryNotFound

_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255}
UPDATE = {'type': 'object', 'properties': {'host': _NAME, 'binary': _NAME, 'disabled_reason': _NAME},
          'required': ['host', 'binary'], 'additionalProperties': False}
FORCE_DOWN = {'type': 'object', 'properties': {'host': _NAME, 'binary': _NAME, 'forced_down': schemas.BOOLEAN},
              'required': ['host', 'binary', 'forced_down'], 'additionalProperties': False}


class Services(wsgi.Controller):
    """Daemons, for administrators."""

    @wsgi.route('GET', '/os-services')
    def index(self, req):
        common.authorize(req, 'services:show')
        values = req.query()
        rows = services.list(req.context, values.get('host', [None])[-1], values.get('binary', [None])[-1])
        shown = [_view(row) for row in rows]
        if common.since(req, 11):
            for entry, row in zip(shown, rows, strict=True):
                entry['forced_down'] = bool(row.forced_down)
        return {'services': shown}

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

    @wsgi.route('PUT', '/os-services/force-down', schema=FORCE_DOWN, versions=('2.11', None))
    def force_down(self, req, body):
        common.authorize(req, 'services:change')
        found = services.list(req.context, body['host'], body['binary'])
        if not found:
            raise HostBinaryNotFound(host=body['host'][:80], binary=body['binary'][:80])
        row = services.update(req.context, found[0].id, forced_down=schemas.is_true(body['forced_down']))
        return {'service': {'host': row.host, 'binary': row.binary, 'forced_down': row.forced_down}}

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
