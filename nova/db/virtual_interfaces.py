"""Network cards of servers: queries, and MAC addresses nobody else has."""
import contextlib
import secrets
import uuid

from sqlalchemy import delete as sql_delete
from sqlalchemy import exc, select

from essex import db
from nova.db.models import VirtualInterface

_ATTEMPTS = 10


def new_mac():
    """A MAC address in the range OpenStack uses: fa:16:3e and three bytes, the first below 0x80."""
    number = secrets.randbelow(1 << 23)
    return f'fa:16:3e:{number >> 16:02x}:{number >> 8 & 0xff:02x}:{number & 0xff:02x}'


@db.retry
def create(network_id, instance_uuid):
    """Insert a card with an address that is unique; returns the row."""
    with db.writer() as session:
        for _attempt in range(_ATTEMPTS - 1):
            # A savepoint: a clash must not spoil the transaction around it.
            with contextlib.suppress(exc.IntegrityError), session.begin_nested():
                return _insert(session, network_id, instance_uuid)
        return _insert(session, network_id, instance_uuid)


def _insert(session, network_id, instance_uuid):
    card = VirtualInterface(uuid=str(uuid.uuid4()), address=new_mac(), network_id=network_id,
                            instance_uuid=instance_uuid)
    session.add(card)
    session.flush()
    return card


def of_instance(instance_uuid):
    """The cards of a server, in the order they were made."""
    with db.reader() as session:
        return session.scalars(select(VirtualInterface).where(VirtualInterface.instance_uuid == instance_uuid)
                               .order_by(VirtualInterface.id)).all()


def by_address(mac):
    """The card with that MAC address, or None."""
    with db.reader() as session:
        return session.scalars(select(VirtualInterface).where(VirtualInterface.address == mac.lower())).first()


@db.retry
def delete_of_instance(instance_uuid):
    """Forget the cards of a server."""
    with db.writer() as session:
        session.execute(sql_delete(VirtualInterface).where(VirtualInterface.instance_uuid == instance_uuid)
                        .execution_options(synchronize_session=False))
