"""Why servers failed."""
import traceback

from sqlalchemy import func, select

from essex import db
from essex.exception import EssexError
from nova.db.models import InstanceFault

_MESSAGE_LIMIT, _DETAILS_LIMIT = 4000, 16000


@db.retry
def add(uuid, error, host=None, request_id=None):
    """Record why a server failed; returns the row.

    The user reads the text of an EssexError; of anything else its class alone, with the traceback in the details.
    """
    meant = isinstance(error, EssexError)
    details = None if meant else ''.join(traceback.format_exception(error))[-_DETAILS_LIMIT:]
    row = InstanceFault(instance_uuid=uuid, code=getattr(error, 'code', 500),
                        message=(str(error) if meant else type(error).__name__)[:_MESSAGE_LIMIT], details=details,
                        host=host, request_id=request_id)
    with db.writer() as session:
        session.add(row)
        session.flush()
    return row


def latest(uuids):
    """{uuid: newest fault} of those that have one: one statement."""
    uuids = list(uuids)
    if not uuids:
        return {}
    newest = (select(func.max(InstanceFault.id)).where(InstanceFault.instance_uuid.in_(uuids))
              .group_by(InstanceFault.instance_uuid))
    with db.reader() as session:
        rows = session.scalars(select(InstanceFault).where(InstanceFault.id.in_(newest)))
        return {row.instance_uuid: row for row in rows}
