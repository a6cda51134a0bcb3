"""Floating addresses as users handle them: ownership, quota, association."""
import ipaddress

from essex import db
from nova import exception
from nova.compute import quota
from nova.db import allocations, fixed_ips, floating_ips, network_info, networks
from nova.network import refresh
from nova.network.options import CONF

# A /16: more would be a slip of the pen, and one transaction.
_MOST_ADDRESSES = 65536


class FloatingIps:
    """Part of nova.network.api.API. Rows are FloatingIp with .fixed_address and .instance_uuid (None: unassociated)."""

    def floating_pools(self, context):
        """The names of the pools."""
        return floating_ips.pools()

    def list_floating_ips(self, context):
        """The project's addresses."""
        return floating_ips.list_for(context)

    def get_floating_ip(self, context, id_or_uuid):
        """One of them. Raises FloatingIpNotFound."""
        return floating_ips.get_for(context, id_or_uuid)

    def get_floating_ip_by_address(self, context, address):
        """One of them. Raises FloatingIpNotFound."""
        return floating_ips.by_address_for(context, address)

    @db.retry
    def allocate_floating_ip(self, context, pool=None):
        """Give the project an address; returns its row. Raises QuotaExceeded, FloatingIpPoolNotFound,
        NoMoreFloatingIps."""
        with db.writer():
            quota.check(context.project_id, floating_ips=1)
            row = floating_ips.allocate(context.project_id, pool or CONF.default_floating_pool)
        row.fixed_address = row.instance_uuid = row.network_id = None
        return row

    def release_floating_ip(self, context, id_or_uuid):
        """Give an address back, disassociated first. Raises FloatingIpNotFound."""
        row = floating_ips.get_for(context, id_or_uuid)
        if row.fixed_ip_id is not None:
            self._disassociate(context, row)
        floating_ips.release(row.id)

    def associate_floating_ip(self, context, server, address, fixed_address=None):
        """Point a project's address at a server's fixed one (its first, when none is given). Repeatable.

        Raises FloatingIpNotFound, FloatingIpAssociated, InstanceNotFound, InstanceNotReady, FixedIpNotFound.
        """
        host = self._associate(context, server.uuid, address, fixed_address)
        refresh.nat(context, host)

    @db.retry
    def _associate(self, context, instance_uuid, address, fixed_address):
        with db.writer():
            instance = allocations.lock_server(instance_uuid)
            if instance is None or instance.deleted_at is not None:
                raise exception.InstanceNotFound(instance_id=instance_uuid)
            floating = floating_ips.by_address_for(context, address)
            if floating.project_id != instance.project_id:
                raise exception.FloatingIpNotFound(id=address)
            fixed = self._fixed(instance_uuid, fixed_address)
            host = networks.by_id(fixed.network_id).host
            floating_ips.associate(address, fixed.id, host, floating.project_id)
            network_info.refresh(instance_uuid, instance)
            return host

    @staticmethod
    def _fixed(instance_uuid, wanted):
        own = fixed_ips.of_instance(instance_uuid)
        if not own:
            raise exception.InstanceNotReady(f'Instance {instance_uuid} has no fixed IP address yet. Try again when '
                                             'its status is ACTIVE.')
        for fixed in own:
            if wanted in (None, fixed.address):
                return fixed
        raise exception.FixedIpNotFound(address=wanted)

    def disassociate_floating_ip(self, context, address, server=None):
        """Point an address at nothing. Raises FloatingIpNotFound, FloatingIpNotAssociated (with that server)."""
        row = floating_ips.by_address_for(context, address)
        if row.fixed_ip_id is None or (server is not None and row.instance_uuid != server.uuid):
            raise exception.FloatingIpNotAssociated(
                address=address, **{'with': f'server {server.uuid}' if server is not None else 'any server'})
        self._disassociate(context, row)

    @db.retry
    def _take_off(self, row):
        with db.writer():
            floating_ips.disassociate(row.address, row.fixed_ip_id)
            network_info.refresh(row.instance_uuid)
            return networks.by_id(row.network_id).host

    def _disassociate(self, context, row):
        refresh.nat(context, self._take_off(row))

    # -- administrators

    def create_floating_ips(self, context, cidr, pool=None, interface=None, missing_only=False):
        """Add the addresses of `cidr` (those of hosts, when it is a block) to a pool; returns how many.

        Raises InvalidNetwork, FloatingIpExists (not with `missing_only`: that leaves alone what is there).
        """
        addresses = _addresses(cidr)
        if missing_only:
            known = floating_ips.known_addresses()
            addresses = [address for address in addresses if address not in known]
        floating_ips.create(addresses, pool or CONF.default_floating_pool, interface)
        return len(addresses)

    def delete_floating_ips(self, context, cidr):
        """Remove the addresses of `cidr`. Raises FloatingIpNotFound, FloatingIpAssociated."""
        floating_ips.delete(_addresses(cidr))


def _addresses(cidr):
    try:
        block = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise exception.InvalidNetwork(reason=f'{cidr}: {error}') from None
    if block.num_addresses > _MOST_ADDRESSES:
        raise exception.InvalidNetwork(reason=f'{cidr} has more than {_MOST_ADDRESSES} addresses.')
    return [str(address) for address in block.hosts()]
