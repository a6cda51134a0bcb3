"""Named sets of hosts."""
import uuid

import sqlalchemy
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db import keys
from nova.db.models import Aggregate, AggregateHost
from nova.exception import AggregateHostExists, AggregateHostNotFound, AggregateNameExists, AggregateNotFound

ZONE = 'availability_zone'


def list_all():
    """Rows with their hosts, by id: two statements."""
    with db.reader() as session:
        return list(session.scalars(select(Aggregate).order_by(Aggregate.id)
                                    .execution_options(populate_existing=True)))


def get(aggregate_id):
    """The row with an id or uuid. Raises AggregateNotFound."""
    number = keys.row_id(aggregate_id)
    match = Aggregate.id == number if number else Aggregate.uuid == keys.text(aggregate_id, 36)
    with db.reader() as session:
        row = session.scalars(select(Aggregate).where(match).execution_options(populate_existing=True)).first()
    if row is None:
        raise AggregateNotFound(aggregate_id=str(aggregate_id)[:80])
    return row


def zones():
    """{host: availability zone} of hosts that an aggregate puts in one."""
    return {member.host: row.metadata_[ZONE] for row in list_all() if row.metadata_.get(ZONE) for member in row.hosts}


@db.retry
def create(name, metadata):
    """Insert one; returns the row. Raises AggregateNameExists."""
    row = Aggregate(uuid=str(uuid.uuid4()), name=name, metadata_=metadata, hosts=[])
    with db.writer() as session:
        _flush_named(session, row, name)
        return row


def _flush_named(session, row, name):
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise AggregateNameExists(name=name) from error


@db.retry
def change(aggregate_id, name=None, metadata=None):
    """Rename one, and merge metadata into it (None removes a key); returns the row."""
    with db.writer() as session:
        row = session.scalars(select(Aggregate).where(Aggregate.id == aggregate_id).with_for_update()
                              .execution_options(populate_existing=True)).first()
        if row is None:
            raise AggregateNotFound(aggregate_id=aggregate_id)
        if metadata:
            merged = {**row.metadata_, **metadata}
            row.metadata_ = {key: value for key, value in merged.items() if value is not None}
        if name is None:
            session.flush()
            return row
        session.flush()
        try:
            with session.begin_nested():
                row.name = name
        except IntegrityError as error:
            raise AggregateNameExists(name=name) from error
        return row


@db.retry
def delete(aggregate_id):
    """Remove one (its hosts' entries go with it)."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(Aggregate).where(Aggregate.id == aggregate_id)
                        .execution_options(synchronize_session=False))


@db.retry
def add_host(aggregate_id, host):
    """Put a host in; returns the row. Raises AggregateHostExists."""
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(AggregateHost(aggregate_id=aggregate_id, host=host))
        except IntegrityError as error:
            raise AggregateHostExists(aggregate_id=aggregate_id, host=host) from error
        return get(aggregate_id)


@db.retry
def remove_host(aggregate_id, host):
    """Take a host out; returns the row. Raises AggregateHostNotFound."""
    with db.writer() as session:
        gone = session.execute(sqlalchemy.delete(AggregateHost).where(
            AggregateHost.aggregate_id == aggregate_id, AggregateHost.host == keys.text(host))
            .execution_options(synchronize_session=False))
        if not gone.rowcount:
            raise AggregateHostNotFound(aggregate_id=aggregate_id, host=host)
        return get(aggregate_id)
