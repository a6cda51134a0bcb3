"""What was done to a server: a view of the journal."""
from essex.operation.models import CANCELLED, FAILED
from nova import exception
from nova.db import faults, instances
from nova.db.journal import JOURNAL


def list(context, uuid):  # noqa: A001  (read with its module: instance_actions.list)
    """Newest first: [{'action', 'instance_uuid', 'message', 'project_id', 'request_id', 'start_time', 'user_id',
    'updated_at'}]. Deleted servers are answered for too. Raises InstanceNotFound."""
    instances.get_for(context, uuid, deleted=True)
    told = _told(context, uuid)
    return [_shown(row, told) for row in JOURNAL.of_resource(uuid)]


def get(context, uuid, request_id):
    """One with its 'events': [{'event', 'start_time', 'finish_time', 'result', 'traceback', 'host'}], one a step.
    Raises ActionNotFound."""
    instances.get_for(context, uuid, deleted=True)
    row = JOURNAL.by_request(uuid, request_id) if len(request_id) <= 64 and '\0' not in request_id else None
    if row is None:
        raise exception.ActionNotFound(request_id=request_id[:80], instance_uuid=uuid)
    return {**_shown(row, _told(context, uuid)), 'events': [_event(row, step) for step in JOURNAL.steps(row.id)]}


def _told(context, uuid):
    """What users were told of the requests that failed; None for administrators, who read the journal's own words."""
    return None if context.is_admin else faults.texts(uuid)


def _shown(row, told):
    failed = row.error if told is None else told.get(row.request_id, 'Error')
    message = failed if row.state == FAILED else 'cancelled' if row.state == CANCELLED else None
    return {'action': row.action, 'instance_uuid': row.resource_id, 'message': message, 'project_id': row.project_id,
            'request_id': row.request_id, 'start_time': row.created_at, 'user_id': row.user_id,
            'updated_at': row.updated_at}


def _event(row, step):
    name = f'undo_{step.name}' if step.undo else step.name
    return {'event': f'{row.kind}_{name}', 'start_time': step.started_at, 'finish_time': step.finished_at,
            'result': step.result, 'traceback': step.error, 'host': step.host}
