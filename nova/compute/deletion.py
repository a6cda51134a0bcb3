"""The end of servers: in every state, at any time, and again."""
from essex import db
from essex.operation.models import OPEN
from nova.compute import operations, states
from nova.db import instances, services
from nova.db.journal import JOURNAL
from nova.exception import HostBinaryNotFound


def begin(row, context):
    """Enter the deletion of a server, in the caller's transaction; returns its operation.

    What is being done to the server is asked to unwind first. Without a working nova-compute on its host the server
    is gone from the records at once, and the operation waits for the host to clean up.
    """
    with db.writer():
        row = instances.update(row.uuid, task_state=states.DELETING, progress=0)
        operation = _open_deletion(row.uuid) or JOURNAL.add(
            operations.DELETE, row.uuid, context, {'instance_uuid': row.uuid, 'host': row.host})
        JOURNAL.cancel(row.uuid, before=operation.id)
        if row.host and not host_is_up(row.host):
            instances.mark_deleted(row.uuid)
        return operation


def _open_deletion(uuid):
    for operation in JOURNAL.of_resource(uuid):
        if operation.kind == operations.DELETE.kind and operation.state in OPEN:
            return operation
    return None


def host_is_up(host):
    """Whether nova-compute of a host reports."""
    try:
        return services.is_up(services.get_by_host(host, 'nova-compute'))
    except HostBinaryNotFound:
        return False
