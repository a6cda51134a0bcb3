"""Networks: queries."""
from sqlalchemy import delete as sql_delete
from sqlalchemy import exc, func, or_, select
from sqlalchemy import update as sql_update

from essex import db
from nova import exception
from nova.db.models import FixedIp, Network


def _ordered(statement):
    return statement.order_by(Network.priority, Network.id)


def list_all():
    """Every network, in the order servers get cards of them."""
    with db.reader() as session:
        return session.scalars(_ordered(select(Network))).all()


def list_for(context):
    """The networks of the caller's project and those of nobody; an administrator's: all."""
    statement = select(Network)
    if not context.is_admin:
        statement = statement.where(_usable(context.project_id))
    with db.reader() as session:
        return session.scalars(_ordered(statement)).all()


def usable_by(project_id):
    """The networks a server of the project may have cards of, in the order of the cards."""
    with db.reader() as session:
        return session.scalars(_ordered(select(Network).where(_usable(project_id)))).all()


def _usable(project_id):
    return or_(Network.project_id.is_(None), Network.project_id == project_id)


def get(uuid):
    """The network. Raises NetworkNotFound."""
    with db.reader() as session:
        return _found(session.scalars(select(Network).where(Network.uuid == str(uuid))).first(), uuid)


def get_for(context, uuid):
    """The network, if the caller may see it. Raises NetworkNotFound."""
    network = get(uuid)
    if not context.is_admin and network.project_id not in (None, context.project_id):
        raise exception.NetworkNotFound(network_id=uuid)
    return network


def by_id(network_id):
    """The network with that row id. Raises NetworkNotFound."""
    with db.reader() as session:
        return _found(session.get(Network, network_id), network_id)


def _found(network, name):
    if network is None:
        raise exception.NetworkNotFound(network_id=name)
    return network


def served_by(host):
    """The networks whose nova-network runs on `host`."""
    with db.reader() as session:
        return session.scalars(_ordered(select(Network).where(Network.host == host))).all()


@db.retry
def claim(host):
    """Have `host` serve every network nobody serves yet; returns how many it got."""
    with db.reader() as session:
        unserved = session.scalar(select(func.count()).select_from(Network).where(Network.host.is_(None)))
    if not unserved:
        return 0
    with db.writer() as session:
        return session.execute(sql_update(Network).where(Network.host.is_(None)).values(host=host)
                               .execution_options(synchronize_session=False)).rowcount


@db.retry
def create(values):
    """Insert a network and return it. Raises NetworkExists."""
    with db.writer() as session:
        network = Network(**values)
        try:
            with session.begin_nested():
                session.add(network)
        except exc.IntegrityError:
            raise exception.NetworkExists(cidr=values['cidr'], other=f'of the uuid {values["uuid"]} or of that cidr'
                                          ) from None
        return network


@db.retry
def update(uuid, **values):
    """Change columns; returns the row. Raises NetworkNotFound."""
    with db.writer() as session:
        network = get(uuid)
        network = session.merge(network)
        for name, value in values.items():
            setattr(network, name, value)
        session.flush()
        return network


@db.retry
def delete(uuid):
    """Forget a network no server has a card of. Raises NetworkNotFound, NetworkInUse."""
    with db.writer() as session:
        statement = select(Network).where(Network.uuid == str(uuid)).with_for_update()
        network = _found(session.scalars(statement).first(), uuid)
        used = session.scalar(select(func.count(func.distinct(FixedIp.instance_uuid)))
                              .where(FixedIp.network_id == network.id, FixedIp.instance_uuid.is_not(None)))
        if used:
            raise exception.NetworkInUse(network_id=uuid, count=used)
        session.execute(sql_delete(FixedIp).where(FixedIp.network_id == network.id))
        session.delete(network)
