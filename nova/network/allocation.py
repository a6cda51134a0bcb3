"""Giving a server its network cards and addresses, and taking them back: database alone, each in one transaction."""
import logging

from essex import db
from nova import exception
from nova.compute import states
from nova.db import allocations, fixed_ips, floating_ips, network_info, networks, virtual_interfaces
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
        instance = allocations.lock_server(instance_uuid)
        if instance is None or instance.deleted_at is not None or instance.task_state == states.DELETING:
            raise exception.InstanceNotFound(instance_id=instance_uuid)
        present = allocations.held(instance_uuid)
        for network, address in _wanted(instance, requested):
            if not _take(present, network, address):
                card = virtual_interfaces.create(network.id, instance_uuid)
                fixed_ips.allocate(network, instance_uuid, card.id, host, address)
        if CONF.auto_assign_floating_ip:
            _assign_floating(instance)
        return network_info.refresh(instance_uuid, instance)


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
    if first is None or allocations.has_floating(instance.uuid):
        return
    try:
        floating = floating_ips.allocate(instance.project_id, CONF.default_floating_pool, auto_assigned=True)
    except exception.NotFound as error:
        LOG.warning('server %s gets no floating address: %s', instance.uuid, error)
        return
    floating_ips.associate(floating.address, first.id, networks.by_id(first.network_id).host, instance.project_id)


@db.retry
def deallocate(instance_uuid):
    """Have nothing of a server; returns its last network info (with its floating addresses). Repeatable."""
    with db.writer():
        instance = allocations.lock_server(instance_uuid)
        info = network_info.build([instance_uuid])[instance_uuid]
        floating_ips.let_go_of_instance(instance_uuid)
        fixed_ips.release_of_instance(instance_uuid)
        virtual_interfaces.delete_of_instance(instance_uuid)
        if instance is not None and instance.network_info:
            instance.network_info = []
        return info
