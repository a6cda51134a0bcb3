"""Fixed addresses. An address is taken by its row's unique (network, address): who inserts first has it."""
import ipaddress
import secrets
import time

from sqlalchemy import delete as sql_delete
from sqlalchemy import exc, select

from essex import db
from nova import exception
from nova.db.models import FixedIp, Instance, Network, VirtualInterface

_FIRST_WINDOW, _LAST_WINDOW = 64, 1024
_ATTEMPTS = 50
# After so long the lowest address is looked for from the start again: another process may have freed one.
_HINT_SECONDS = 60

# network uuid -> (number of the address below which all are in use or about to be, when that was seen)
_hints = {}


def excluded(network):
    """The addresses of a network that no server gets, as numbers."""
    block = ipaddress.ip_network(network.cidr)
    own = {network.gateway, network.dhcp_server, network.broadcast, block[0], block[-1]}
    return {int(ipaddress.ip_address(address)) for address in own if address}


def check_usable(network, address):
    """Why `address` cannot belong to a server on `network` whatever is in use; None when it can."""
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return 'it is not an IP address'
    if wanted not in ipaddress.ip_network(network.cidr):
        return f'it is not in {network.cidr}'
    if int(wanted) in excluded(network):
        return 'it is the gateway, the DHCP server, the broadcast or the network address'
    return None


@db.retry
def allocate(network, instance_uuid, virtual_interface_id=None, host=None, address=None):
    """Take the lowest free address from dhcp_start on, or `address`; returns the row.

    Raises NoMoreFixedIps, FixedIpAlreadyInUse and, for an address that is not the network's, RequestedFixedIpInvalid.
    """
    values = {'network_id': network.id, 'instance_uuid': instance_uuid, 'virtual_interface_id': virtual_interface_id,
              'host': host}
    if address:
        problem = check_usable(network, address)
        if problem:
            raise exception.RequestedFixedIpInvalid(address=address, network_id=network.uuid, reason=problem)
        row = _insert(address=str(ipaddress.ip_address(address)), **values)
        if row is None:
            raise exception.FixedIpAlreadyInUse(address=address, network_id=network.uuid)
        return row
    for attempt in range(_ATTEMPTS):
        candidates = _lowest_free(network)
        # Whoever lost a race steps aside: others are after the same lowest address.
        chosen = candidates[0] if attempt == 0 else secrets.choice(candidates[:2 * attempt + 2])
        if chosen == candidates[0]:
            # Before the insert: green threads that come meanwhile take the next one.
            _hints[network.uuid] = (chosen + 1, _hints[network.uuid][1])
        row = _insert(address=str(ipaddress.ip_address(chosen)), **values)
        if row is not None:
            return row
    raise exception.NoMoreFixedIps(network_id=network.uuid, cidr=network.cidr)


def _insert(**values):
    with db.writer() as session:
        row = FixedIp(**values)
        try:
            with session.begin_nested():
                session.add(row)
        except exc.IntegrityError:
            return None
        return row


def _lowest_free(network):
    """Free addresses (numbers) of the first part of the range that has any. Raises NoMoreFixedIps.

    The range is read in growing parts from where the last search ended, so that a big network that is nearly
    full costs no more than a new one.
    """
    first = int(ipaddress.ip_address(network.dhcp_start))
    last = int(ipaddress.ip_network(network.cidr)[-1])
    start, seen = _hints.get(network.uuid, (first, 0))
    if time.monotonic() - seen > _HINT_SECONDS or not first <= start <= last:
        start, seen = first, time.monotonic()
        _hints[network.uuid] = (start, seen)
    free = _search(network, start, last)
    if not free and start > first:
        seen = time.monotonic()
        free = _search(network, first, start - 1)
    if not free:
        _hints.pop(network.uuid, None)
        raise exception.NoMoreFixedIps(network_id=network.uuid, cidr=network.cidr)
    _hints[network.uuid] = (free[0], seen)
    return free


def _search(network, start, last):
    own, window = excluded(network), _FIRST_WINDOW
    with db.reader() as session:
        while start <= last:
            end = min(start + window - 1, last)
            numbers = {number: str(ipaddress.ip_address(number))
                       for number in range(start, end + 1) if number not in own}
            taken = set(session.scalars(select(FixedIp.address).where(
                FixedIp.network_id == network.id, FixedIp.address.in_(list(numbers.values())))))
            free = [number for number, text in numbers.items() if text not in taken]
            if free:
                return free
            start, window = end + 1, min(window * 2, _LAST_WINDOW)
    return []


def _freed(rows):
    for network_uuid, address in rows:
        number = int(ipaddress.ip_address(address))
        if network_uuid in _hints and number < _hints[network_uuid][0]:
            _hints[network_uuid] = (number, _hints[network_uuid][1])


@db.retry
def release_of_instance(instance_uuid):
    """Free the addresses of a server."""
    with db.writer() as session:
        rows = session.execute(select(Network.uuid, FixedIp.address).join(Network, Network.id == FixedIp.network_id)
                               .where(FixedIp.instance_uuid == instance_uuid)).all()
        session.execute(sql_delete(FixedIp).where(FixedIp.instance_uuid == instance_uuid)
                        .execution_options(synchronize_session=False))
    _freed(rows)


def of_instance(instance_uuid):
    """The addresses of a server, oldest first."""
    with db.reader() as session:
        return session.scalars(select(FixedIp).where(FixedIp.instance_uuid == instance_uuid)
                               .order_by(FixedIp.id)).all()


def by_address(address):
    """The row of an address that is in use or reserved, or None."""
    with db.reader() as session:
        return session.scalars(select(FixedIp).where(FixedIp.address == address)).first()


def dhcp_hosts(network_id):
    """[(mac, hostname, address)] of every server on the network, in the order of the addresses' rows."""
    with db.reader() as session:
        return [tuple(row) for row in session.execute(
            select(VirtualInterface.address, Instance.hostname, FixedIp.address)
            .join(VirtualInterface, VirtualInterface.id == FixedIp.virtual_interface_id)
            .join(Instance, Instance.uuid == FixedIp.instance_uuid)
            .where(FixedIp.network_id == network_id).order_by(FixedIp.id))]


def list_all(host=None):
    """[{'address', 'network', 'network_label', 'hostname', 'instance_uuid', 'mac', 'host', 'reserved'}]."""
    statement = (select(FixedIp.address, Network.cidr.label('network'), Network.label.label('network_label'),
                        Instance.hostname, FixedIp.instance_uuid, VirtualInterface.address.label('mac'),
                        FixedIp.host, FixedIp.reserved)
                 .join(Network, Network.id == FixedIp.network_id)
                 .outerjoin(VirtualInterface, VirtualInterface.id == FixedIp.virtual_interface_id)
                 .outerjoin(Instance, Instance.uuid == FixedIp.instance_uuid).order_by(FixedIp.id))
    if host:
        statement = statement.where(FixedIp.host == host)
    with db.reader() as session:
        return [dict(row) for row in session.execute(statement).mappings()]


@db.retry
def reserve(address):
    """Keep an address from servers. Raises FixedIpNotFound when no network has it, FixedIpAlreadyInUse."""
    with db.writer() as session:
        try:
            wanted = ipaddress.ip_address(address)
        except ValueError:
            raise exception.FixedIpNotFound(address=address) from None
        for network in session.scalars(select(Network)):
            if wanted in ipaddress.ip_network(network.cidr):
                break
        else:
            raise exception.FixedIpNotFound(address=address)
        row = session.scalars(select(FixedIp).where(FixedIp.network_id == network.id,
                                                    FixedIp.address == str(wanted))).first()
        if row is not None and row.reserved:
            return row
        row = _insert(network_id=network.id, address=str(wanted), reserved=True) if row is None else None
        if row is None:
            raise exception.FixedIpAlreadyInUse(address=address, network_id=network.uuid)
        return row


@db.retry
def unreserve(address):
    """Let servers have a reserved address again. Raises FixedIpNotFound when it is not reserved."""
    with db.writer() as session:
        rows = session.scalars(select(FixedIp).where(FixedIp.address == address, FixedIp.reserved.is_(True))).all()
        if not rows:
            raise exception.FixedIpNotFound(address=address)
        for row in rows:
            session.delete(row)
