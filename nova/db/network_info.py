"""A server's network info (nova.network.model) made from the tables, for many servers at once."""
from sqlalchemy import select

from essex import db
from nova.db.models import FixedIp, FloatingIp, Instance, Network, VirtualInterface
from nova.network import model


def build(instance_uuids):
    """{uuid: network info} of those servers, in two statements."""
    uuids = list(instance_uuids)
    cards = (select(VirtualInterface, Network).join(Network, Network.id == VirtualInterface.network_id)
             .where(VirtualInterface.instance_uuid.in_(uuids)).order_by(VirtualInterface.id))
    addresses = (select(FixedIp.virtual_interface_id, FixedIp.id, FixedIp.address, FloatingIp.address)
                 .outerjoin(FloatingIp, FloatingIp.fixed_ip_id == FixedIp.id)
                 .where(FixedIp.instance_uuid.in_(uuids)).order_by(FixedIp.id, FloatingIp.id))
    with db.reader() as session:
        by_card = {}
        for card_id, fixed_id, fixed, floating in session.execute(addresses):
            entry = by_card.setdefault(card_id, {}).setdefault(
                fixed_id, {'address': fixed, 'version': 4, 'floating_ips': []})
            if floating:
                entry['floating_ips'].append(floating)
        result = {uuid: [] for uuid in uuids}
        for card, network in session.execute(cards):
            result[card.instance_uuid].append(vif(card, network, by_card.get(card.id, {}).values()))
        return result


def vif(card, network, fixed_ips):
    """One network card as nova.network.model describes it."""
    return {'id': card.uuid, 'address': card.address, 'devname': model.devname(card.uuid),
            'network': {'id': network.uuid, 'label': network.label, 'bridge': network.bridge, 'cidr': network.cidr,
                        'gateway': network.gateway, 'netmask': network.netmask, 'broadcast': network.broadcast,
                        'dhcp_server': network.dhcp_server, 'dns': [dns for dns in (network.dns1, network.dns2) if dns],
                        'mtu': network.mtu, 'multi_host': network.multi_host},
            'fixed_ips': list(fixed_ips)}


@db.retry
def refresh(instance_uuid, row=None):
    """Write a server's network info anew from the tables; returns it. `row`: its row, if it is in this session."""
    with db.writer() as session:
        info = build([instance_uuid])[instance_uuid]
        row = row or session.scalars(select(Instance).where(Instance.uuid == instance_uuid)).first()
        if row is not None and row.network_info != info:
            row.network_info = info
            session.flush()
        return info
