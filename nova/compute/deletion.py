"""The end of servers: in every state, at any time, and again."""
import logging

from essex import db
from essex.context import RequestContext
from essex.operation import Run
from essex.operation.models import OPEN
from nova.compute import operations, states
from nova.db import instances, services, volume_attachments
from nova.db.journal import JOURNAL
from nova.exception import HostBinaryNotFound
from nova.volume import attachments
from nova.volume.volumes import enter_deletion

LOG = logging.getLogger(__name__)


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


def free_volumes_of_the_lost():
    """Detach the volumes of deleted servers from hosts that are gone for good; returns the servers' uuids.

    A host that merely does not report may still run the guests, which write to what they have. That it does not, an
    administrator says: by forced_down, or by removing its nova-compute.
    """
    uuids = volume_attachments.of_the_lost()
    for uuid in uuids:
        _free_volumes(uuid)
        LOG.warning('server %s was deleted, and its host is gone: its volumes are free', uuid)
    return uuids


@db.retry
def _free_volumes(uuid):
    with db.writer():
        operation = next((each for each in JOURNAL.of_resource(uuid) if each.kind == operations.DELETE.kind), None)
        asked = Run(operation, operations.DELETE, JOURNAL, None).context if operation else RequestContext()
        for volume in attachments.release_all(uuid):
            enter_deletion(asked, volume)


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
