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

    The user reads the public text of an EssexError; of anything else its class alone. What else there is to say, or the
    traceback, is in the details.
    """
    meant = isinstance(error, EssexError)
    message = error.public if meant else type(error).__name__
    details = ''.join(traceback.format_exception(error))[-_DETAILS_LIMIT:] if not meant else (
        str(error)[:_DETAILS_LIMIT] if str(error) != message else None)
    row = InstanceFault(instance_uuid=uuid, code=getattr(error, 'code', 500),
                        message=message[:_MESSAGE_LIMIT], details=details,
                        host=host, request_id=request_id)
    with db.writer() as session:
        session.add(row)
        session.flush()
    return row


def texts(uuid):
    """{request id: what the user was told} of a server, the newest of each request: one statement."""
    with db.reader() as session:
        return dict(session.execute(select(InstanceFault.request_id, InstanceFault.message)
                                    .where(InstanceFault.instance_uuid == uuid).order_by(InstanceFault.id)).all())


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
