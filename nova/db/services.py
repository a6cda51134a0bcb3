"""Daemons that have reported: who is there, who is up, who is disabled."""
import datetime
import uuid

import sqlalchemy
from oslo_config import cfg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from essex import config, db
from nova.db import keys
from nova.db.models import AggregateHost, ComputeNode, Service
from nova.exception import HostBinaryNotFound, ServiceNotFound

OPTS = [cfg.IntOpt('service_down_time', default=60, min=1,
                   help='Seconds without a report after which a daemon counts as down.')]
CONF = config.register(OPTS)


@db.retry
def heartbeat(host, binary, topic, zone, started_at=None):
    """Record that a daemon lives; its first report enters it. One statement from the second on."""
    now = db.utcnow()
    with db.writer() as session:
        known = session.execute(
            sqlalchemy.update(Service).where(Service.host == host, Service.binary == binary)
            .values(last_seen_up=now, report_count=Service.report_count + 1, topic=topic, availability_zone=zone,
                    started_at=started_at, updated_at=now).execution_options(synchronize_session=False)).rowcount
        if known:
            return
        try:
            with session.begin_nested():
                session.add(Service(uuid=str(uuid.uuid4()), host=host, binary=binary, topic=topic,
                                    availability_zone=zone, report_count=1, last_seen_up=now, started_at=started_at))
        except IntegrityError:
            # Another worker of the same daemon entered it just now: that report counts for both.
            return


def is_up(row):
    """Whether a daemon reported lately and is not said to be down."""
    if row.forced_down or row.last_seen_up is None:
        return False
    return db.utcnow() - row.last_seen_up <= datetime.timedelta(seconds=CONF.service_down_time)


def list(host=None, binary=None, disabled=None):  # noqa: A001  (read with its module: services.list)
    """Rows by binary and host, all or those that match."""
    statement = select(Service).order_by(Service.binary, Service.host)
    for column, value in ((Service.host, host), (Service.binary, binary), (Service.disabled, disabled)):
        if value is not None:
            statement = statement.where(column == value)
    with db.reader() as session:
        return session.scalars(statement).all()


def get(service_id):
    """The row with an id or uuid. Raises ServiceNotFound."""
    number = keys.row_id(service_id)
    match = Service.id == number if number else Service.uuid == keys.text(service_id, 36)
    with db.reader() as session:
        row = session.scalars(select(Service).where(match)).first()
    if row is None:
        raise ServiceNotFound(service_id=str(service_id)[:80])
    return row


def get_by_host(host, binary):
    """The row. Raises HostBinaryNotFound."""
    with db.reader() as session:
        row = session.scalars(select(Service).where(Service.host == keys.text(host),
                                                    Service.binary == keys.text(binary, 64))).first()
    if row is None:
        raise HostBinaryNotFound(host=host, binary=binary)
    return row


@db.retry
def set_enabled(host, binary, enabled, reason=None):
    """Let the scheduler use a daemon's host, or not; returns the row. Raises HostBinaryNotFound."""
    return change(get_by_host(host, binary).id, disabled=not enabled, disabled_reason=None if enabled else reason)


@db.retry
def change(service_id, **values):
    """Set columns of the row with a number; returns it."""
    with db.writer() as session:
        row = session.get(Service, service_id, populate_existing=True)
        if row is None:
            raise ServiceNotFound(service_id=service_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        return row


@db.retry
def forget(row):
    """Remove a daemon, and with a nova-compute the hypervisor of its host and its places in aggregates."""
    with db.writer() as session:
        gone = [sqlalchemy.delete(Service).where(Service.id == row.id)]
        if row.binary == 'nova-compute':
            gone += [sqlalchemy.delete(table).where(table.host == row.host) for table in (ComputeNode, AggregateHost)]
        for statement in gone:
            session.execute(statement.execution_options(synchronize_session=False))
