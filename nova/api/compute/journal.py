"""/os-essex-operations: long work on servers and volumes, above all what is stuck or failed, for administrators."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import journal

_ONE = {'type': 'array', 'maxItems': 1, 'items': {'type': 'string', 'pattern': '^[1-9][0-9]{0,8}$'}}
LIST = {'type': 'object', 'properties': {'limit': _ONE, 'marker': _ONE, 'state': {
    'type': 'array', 'maxItems': 1, 'items': {'enum': [*journal.STATES]}}}, 'additionalProperties': True}
ACTION = {'type': 'object', 'properties': {'finish': {'type': 'null'}, 'undo': {'type': 'null'}},
          'minProperties': 1, 'maxProperties': 1, 'additionalProperties': False}


class Operations(wsgi.Controller):
    """The journal of all servers and volumes."""

    @wsgi.route('GET', '/os-essex-operations', query=LIST)
    def index(self, req):
        common.authorize(req, 'operations:show')
        values = {name: given[-1] for name, given in req.query().items()}
        limit = min(int(values.get('limit', 100)), common.CONF.osapi_max_limit)
        marker = int(values['marker']) if 'marker' in values else None
        found = journal.list(values.get('state', 'attention'), limit, marker)
        return {'operations': [_view(each) for each in found]}

    @wsgi.route('GET', '/os-essex-operations/<operation_id>')
    def show(self, req, operation_id):
        common.authorize(req, 'operations:show')
        seen, steps = journal.get(operation_id)
        return {'operation': {**_view(seen), 'events': [_event(step) for step in steps]}}

    @wsgi.route('POST', '/os-essex-operations/<operation_id>/action', status=202, schema=ACTION)
    def action(self, req, operation_id, body):
        common.authorize(req, 'operations:change')
        (journal.finish if 'finish' in body else journal.undo)(operation_id)


def _view(seen):
    row, times = seen.row, ('created_at', 'updated_at', 'finished_at', 'heartbeat', 'not_before')
    return {'id': row.id, 'kind': row.kind, 'action': row.action, 'server_id': seen.server_id,
            'volume_id': seen.volume_id, 'snapshot_id': seen.snapshot_id, 'project_id': row.project_id,
            'user_id': row.user_id, 'request_id': row.request_id, 'state': row.state,
            'step': seen.step, 'steps': seen.steps, 'attempts': row.attempts, 'progress': row.progress,
            'host': seen.host, 'owner': row.owner.partition('#')[0] if row.owner else None, 'cancelled': row.cancel,
            'deadline': common.microtime(seen.deadline), 'error': row.error, 'error_type': row.error_type,
            'stuck': seen.stuck, 'can': seen.can, **{name: common.microtime(getattr(row, name)) for name in times}}


def _event(step):
    return {'step': step.name, 'undo': step.undo, 'host': step.host, 'started_at': common.microtime(step.started_at),
            'finished_at': common.microtime(step.finished_at), 'result': step.result, 'error': step.error}
