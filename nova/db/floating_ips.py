"""Floating addresses: queries, and changes that only one of several racing callers wins."""
import uuid

from sqlalchemy import func, select
from sqlalchemy import update as sql_update

from essex import db
from nova import exception
from nova.db.models import FixedIp, FloatingIp, Network

_ATTEMPTS = 20


def _views():
    return (select(FloatingIp, FixedIp.address.label('fixed_address'), FixedIp.instance_uuid, FixedIp.network_id)
            .outerjoin(FixedIp, FixedIp.id == FloatingIp.fixed_ip_id).order_by(FloatingIp.id))


def _rows(statement):
    """Rows with .fixed_address, .instance_uuid and .network_id of what they are associated with (else None)."""
    with db.reader() as session:
        found = []
        for row, fixed_address, instance_uuid, network_id in session.execute(statement):
            row.fixed_address, row.instance_uuid, row.network_id = fixed_address, instance_uuid, network_id
            found.append(row)
        return found


def list_all(host=None):
    """Every floating address, free or not; those of a host alone when one is given."""
    statement = _views()
    return _rows(statement.where(FloatingIp.host == host) if host else statement)


def list_for(context):
    """The addresses of the caller's project."""
    return _rows(_views().where(FloatingIp.project_id == context.project_id))


def get_for(context, id_or_uuid):
    """The address with that row id or uuid. Raises FloatingIpNotFound."""
    text = str(id_or_uuid)
    by_row = text.isascii() and text.isdigit() and len(text) < 10
    return _one(context, FloatingIp.id == int(text) if by_row else FloatingIp.uuid == text, id_or_uuid)


def by_address_for(context, address):
    """The row of an address. Raises FloatingIpNotFound."""
    return _one(context, FloatingIp.address == str(address), address)


def _one(context, condition, name):
    statement = _views().where(condition)
    if not context.is_admin:
        statement = statement.where(FloatingIp.project_id == context.project_id)
    rows = _rows(statement)
    if not rows:
        raise exception.FloatingIpNotFound(id=name)
    return rows[0]


def pools():
    """The names of the pools there are."""
    with db.reader() as session:
        return session.scalars(select(FloatingIp.pool).distinct().order_by(FloatingIp.pool)).all()


@db.retry
def create(addresses, pool, interface=None):
    """Add addresses to a pool: all or none. Raises FloatingIpExists."""
    with db.writer() as session:
        known = session.scalars(select(FloatingIp.address).where(FloatingIp.address.in_(list(addresses)))).first()
        if known:
            raise exception.FloatingIpExists(address=known)
        session.add_all(FloatingIp(uuid=str(uuid.uuid4()), address=address, pool=pool, interface=interface)
                        for address in addresses)


@db.retry
def delete(addresses):
    """Remove addresses from their pools. Raises FloatingIpNotFound, FloatingIpAssociated."""
    with db.writer() as session:
        rows = session.scalars(select(FloatingIp).where(FloatingIp.address.in_(list(addresses)))
                               .with_for_update()).all()
        if not rows:
            raise exception.FloatingIpNotFound(id=next(iter(addresses), ''))
        for row in rows:
            if row.fixed_ip_id is not None:
                raise exception.FloatingIpAssociated(address=row.address)
            session.delete(row)


@db.retry
def allocate(project_id, pool, auto_assigned=False):
    """Give the project a free address of the pool; returns the row.

    Raises FloatingIpPoolNotFound, NoMoreFloatingIps.
    """
    with db.writer() as session:
        free = select(FloatingIp).where(FloatingIp.pool == pool, FloatingIp.project_id.is_(None))
        for _attempt in range(_ATTEMPTS):
            row = session.scalars(free.order_by(FloatingIp.id).limit(1)
                                  .with_for_update(skip_locked=_skips_locked(session))).first()
            if row is None:
                break
            taken = session.execute(
                sql_update(FloatingIp).where(FloatingIp.id == row.id, FloatingIp.project_id.is_(None))
                .values(project_id=project_id, auto_assigned=auto_assigned)
                .execution_options(synchronize_session=False)).rowcount
            if taken:
                session.refresh(row)
                return row
        if session.scalar(select(func.count()).select_from(FloatingIp).where(FloatingIp.pool == pool)):
            raise exception.NoMoreFloatingIps(pool=pool)
        raise exception.FloatingIpPoolNotFound(pool=pool)


def _skips_locked(session):
    # MariaDB before 10.6 does not know SKIP LOCKED: there the second waits and takes the next.
    return session.get_bind().dialect.name == 'postgresql'


@db.retry
def release(floating_ip_id):
    """Give an address back to its pool, if it is not associated. Raises FloatingIpAssociated."""
    with db.writer() as session:
        released = session.execute(
            sql_update(FloatingIp).where(FloatingIp.id == floating_ip_id, FloatingIp.fixed_ip_id.is_(None))
            .values(project_id=None, host=None, auto_assigned=False)
            .execution_options(synchronize_session=False)).rowcount
        if not released:
            row = session.get(FloatingIp, floating_ip_id)
            if row is not None:
                raise exception.FloatingIpAssociated(address=row.address)


@db.retry
def associate(address, fixed_ip_id, host, project_id):
    """Point a project's address that is not associated at a fixed one; True when this caller did it, False when
    it points there already. Raises FloatingIpAssociated, FloatingIpNotFound."""
    with db.writer() as session:
        changed = session.execute(
            sql_update(FloatingIp).where(FloatingIp.address == address, FloatingIp.fixed_ip_id.is_(None),
                                         FloatingIp.project_id == project_id)
            .values(fixed_ip_id=fixed_ip_id, host=host).execution_options(synchronize_session=False)).rowcount
        if changed:
            return True
        row = session.scalars(select(FloatingIp).where(FloatingIp.address == address,
                                                       FloatingIp.project_id == project_id)
                              .execution_options(populate_existing=True)).first()
        if row is None:
            raise exception.FloatingIpNotFound(id=address)
        if row.fixed_ip_id == fixed_ip_id:
            return False
        raise exception.FloatingIpAssociated(address=address)


@db.retry
def disassociate(address, fixed_ip_id=None):
    """Point an address at nothing (only if it points at `fixed_ip_id`, when given); True when it did point."""
    condition = FloatingIp.fixed_ip_id.is_not(None) if fixed_ip_id is None else FloatingIp.fixed_ip_id == fixed_ip_id
    with db.writer() as session:
        return bool(session.execute(
            sql_update(FloatingIp).where(FloatingIp.address == address, condition)
            .values(fixed_ip_id=None, host=None).execution_options(synchronize_session=False)).rowcount)


@db.retry
def let_go_of_instance(instance_uuid):
    """Disassociate the addresses of a server, and free those it got by itself; returns the addresses."""
    with db.writer() as session:
        rows = session.scalars(
            select(FloatingIp).join(FixedIp, FixedIp.id == FloatingIp.fixed_ip_id)
            .where(FixedIp.instance_uuid == instance_uuid)).all()
        for row in rows:
            row.fixed_ip_id = row.host = None
            if row.auto_assigned:
                row.project_id, row.auto_assigned = None, False
        session.flush()
        return [row.address for row in rows]


def nat(host):
    """[(floating address, fixed address, interface or None)] that `host` has to translate."""
    statement = (select(FloatingIp.address, FixedIp.address, FloatingIp.interface)
                 .join(FixedIp, FixedIp.id == FloatingIp.fixed_ip_id)
                 .join(Network, Network.id == FixedIp.network_id)
                 .where(Network.host == host).order_by(FloatingIp.id))
    with db.reader() as session:
        return [tuple(row) for row in session.execute(statement)]


def known_addresses():
    """Every floating address the cloud has, as a set."""
    with db.reader() as session:
        return set(session.scalars(select(FloatingIp.address)))
