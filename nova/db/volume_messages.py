"""What users of block storage are told when something failed."""
import datetime
import uuid as uuids

import sqlalchemy
from sqlalchemy import select

from essex import db
from nova.db import keys, paging
from nova.db.models import VolumeMessage
from nova.volume.exception import InvalidVolumeRequest, VolumeMarkerNotFound, VolumeMessageNotFound

KEPT = datetime.timedelta(days=30)
_COLUMNS = {'resource_uuid': VolumeMessage.resource_uuid, 'resource_type': VolumeMessage.resource_type,
            'request_id': VolumeMessage.request_id, 'event_id': VolumeMessage.event}
_SORT_KEYS = {**_COLUMNS, 'id': VolumeMessage.uuid, 'created_at': VolumeMessage.created_at}


@db.retry
def add(project_id, resource_type, resource_uuid, event, text, request_id):
    """Keep one."""
    with db.writer() as session:
        session.add(VolumeMessage(uuid=str(uuids.uuid4()), project_id=project_id, resource_type=resource_type,
                                  resource_uuid=resource_uuid, event=event, text=text, request_id=request_id))


def get_for(context, uuid):
    """The row if the caller may see it. Raises VolumeMessageNotFound."""
    with db.reader() as session:
        row = session.scalars(select(VolumeMessage).where(VolumeMessage.uuid == keys.text(uuid, 36))).first()
    if row is None or (not context.is_admin and row.project_id != context.project_id):
        raise VolumeMessageNotFound(message_id=str(uuid)[:80])
    return row


def list_for(context, filters, limit=None, marker=None, sort=None, offset=None):
    """Rows of the caller's project, newest first. Raises VolumeMarkerNotFound, InvalidVolumeRequest."""
    statement = select(VolumeMessage).where(VolumeMessage.project_id == context.project_id)
    for name, value in filters.items():
        if name in _COLUMNS:
            statement = statement.where(_COLUMNS[name] == keys.text(value))
    ordered = [(_SORT_KEYS.get(name), direction) for name, direction in sort or [('created_at', 'desc')]]
    if any(column is None for column, _ in ordered):
        raise InvalidVolumeRequest(reason='messages are sorted by ' + ', '.join(_SORT_KEYS) + '.')
    ordered.append((VolumeMessage.id, ordered[-1][1]))
    with db.reader() as session:
        last = None
        if marker is not None:
            try:
                last = get_for(context, marker)
            except VolumeMessageNotFound as error:
                raise VolumeMarkerNotFound(marker=str(marker)[:80]) from error
        statement = paging.page(statement, ordered, last, limit)
        return list(session.scalars(statement.offset(offset) if offset else statement))


@db.retry
def delete(uuid):
    """Have no such row."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(VolumeMessage).where(VolumeMessage.uuid == uuid)
                        .execution_options(synchronize_session=False))


@db.retry
def purge():
    """Forget those whose time is over."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(VolumeMessage).where(VolumeMessage.created_at < db.utcnow() - KEPT)
                        .execution_options(synchronize_session=False))
