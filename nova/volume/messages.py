"""What users of block storage are told when something failed: they find it under the volume or snapshot concerned."""
from essex.exception import public_text
from nova.db import volume_messages
from nova.db.volume_messages import KEPT

__all__ = ['KEPT', 'SNAPSHOT', 'VOLUME', 'delete', 'get', 'list', 'tell', 'words']

VOLUME, SNAPSHOT = 'VOLUME', 'VOLUME_SNAPSHOT'


def words(error):
    """What the user is told of an error."""
    return public_text(error)[:2000]


def tell(row, kind, run, error):
    """Tell the owner of a volume or a snapshot (a row; None: it is gone) why an operation failed."""
    if row is not None:
        volume_messages.add(row.project_id, kind, row.uuid, run.definition.kind, words(error), run.context.request_id)


def get(context, message_id):
    """The row. Raises VolumeMessageNotFound."""
    return volume_messages.get_for(context, message_id)


def list(context, filters, **paging):  # noqa: A001  (read with its module: messages.list)
    """Rows of the caller's project, newest first."""
    return volume_messages.list_for(context, filters, **paging)


def delete(context, message_id):
    """Forget one."""
    volume_messages.delete(volume_messages.get_for(context, message_id).uuid)
