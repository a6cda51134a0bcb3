"""Giving a server its network cards and addresses, and taking them back: database alone, each in one transaction."""
import logging

from sqlalchemy import exists, select

from essex import db
from essex.operation import models as operation_models
from nova import exception
from nova.compute import states
from nova.db import fixed_ips, floating_ips, network_info, networks, virtual_interfaces
from nova.db.models import FixedIp, FloatingIp, Instance, Operation, VirtualInterface
from nova.network.options import CONF

LOG = logging.getLogger(__name__)


@db.retry
def allocate(instance_uuid, host, requested=None):
    """Have cards and addresses for a server; returns its network info. Repeatable: what it has is kept.

    `requested`: [{'network_id' or 'uuid': ..., 'fixed_ip': address or None}]; None: a card on every network the
    project may use. Raises InstanceNotFound (also for a server being deleted), RequestedNetworkNotFound,
    FixedIpAlreadyInUse, NoMoreFixedIps, RequestedFixedIpInvalid.
    """
    with db.writer():
        instance = lock_server(instance_uuid)
        if instance is None or instance.deleted_at is not None or instance.task_state == states.DELETING:
            raise exception.InstanceNotFound(instance_id=instance_uuid)
        present = _present(instance_uuid)
        for network, address in _wanted(instance, requested):
            if not _take(present, network, address):
                card = virtual_interfaces.create(network.id, instance_uuid)
                fixed_ips.allocate(network, instance_uuid, card.id, host, address)
        if CONF.auto_assign_floating_ip:
            _assign_floating(instance)
        return network_info.refresh(instance_uuid, instance)


def lock_server(instance_uuid):
    """The row of a server, or None; until the transaction ends others who change its network wait."""
    with db.writer() as session:
        return session.scalars(select(Instance).where(Instance.uuid == instance_uuid).with_for_update()
                               .execution_options(populate_existing=True)).first()


def _present(instance_uuid):
    """[(network id, address)] the server has."""
    with db.reader() as session:
        return [tuple(row) for row in session.execute(
            select(VirtualInterface.network_id, FixedIp.address)
            .join(FixedIp, FixedIp.virtual_interface_id == VirtualInterface.id)
            .where(VirtualInterface.instance_uuid == instance_uuid).order_by(VirtualInterface.id))]


def _take(present, network, address):
    for entry in present:
        if entry[0] == network.id and address in (None, entry[1]):
            present.remove(entry)
            return True
    return False


def _wanted(instance, requested):
    """[(network, address or None)]."""
    usable = networks.usable_by(instance.project_id)
    if requested is None:
        return [(network, None) for network in usable]
    by_uuid, wanted = {network.uuid: network for network in usable}, []
    for each in requested:
        uuid, address = each.get('network_id') or each.get('uuid'), each.get('fixed_ip')
        network = by_uuid.get(uuid) if uuid else network_of(usable, address)
        if network is None:
            raise exception.RequestedNetworkNotFound(network_id=uuid or address)
        wanted.append((network, address))
    return wanted


def network_of(candidates, address):
    """The network among `candidates` that `address` belongs to; the first one when no address is asked; or None."""
    for network in candidates:
        if not address or fixed_ips.check_usable(network, address) is None:
            return network
    return None


def _assign_floating(instance):
    """A floating address for a server that has none; a pool that is used up stops no server."""
    first = next(iter(fixed_ips.of_instance(instance.uuid)), None)
    if first is None or _has_floating(instance.uuid):
        return
    try:
        floating = floating_ips.allocate(instance.project_id, CONF.default_floating_pool, auto_assigned=True)
    except exception.NotFound as error:
        LOG.warning('server %s gets no floating address: %s', instance.uuid, error)
        return
    floating_ips.associate(floating.address, first.id, networks.by_id(first.network_id).host, instance.project_id)


def _has_floating(instance_uuid):
    with db.reader() as session:
        return session.scalar(select(exists().where(FloatingIp.fixed_ip_id == FixedIp.id,
                                                    FixedIp.instance_uuid == instance_uuid)))


@db.retry
def deallocate(instance_uuid):
    """Have nothing of a server; returns its last network info (with its floating addresses). Repeatable."""
    with db.writer():
        instance = lock_server(instance_uuid)
        info = network_info.build([instance_uuid])[instance_uuid]
        floating_ips.let_go_of_instance(instance_uuid)
        fixed_ips.release_of_instance(instance_uuid)
        virtual_interfaces.delete_of_instance(instance_uuid)
        if instance is not None and instance.network_info:
            instance.network_info = []
        return info


def ownerless():
    """uuids of servers that are gone for good, but have cards or addresses.

    A deleted server whose deletion is still under way on its host may yet run there: it keeps its addresses.
    """
    live = exists().where(Instance.uuid == VirtualInterface.instance_uuid, Instance.deleted_at.is_(None))
    with db.reader() as session:
        cards = select(VirtualInterface.instance_uuid).where(~live, ~_busy(VirtualInterface.instance_uuid)).distinct()
        live = exists().where(Instance.uuid == FixedIp.instance_uuid, Instance.deleted_at.is_(None))
        addresses = select(FixedIp.instance_uuid).where(
            FixedIp.instance_uuid.is_not(None), ~live, ~_busy(FixedIp.instance_uuid)).distinct()
        return sorted({*session.scalars(cards), *session.scalars(addresses)})


def _busy(column):
    return exists().where(Operation.resource_id == column, Operation.state.in_(operation_models.OPEN))
