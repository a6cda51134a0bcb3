"""nova-network: gives servers their addresses and keeps its host's bridges, DHCP, NAT and floating addresses equal
to the database.

Nothing is remembered between calls but in the database: after a kill at any moment `reconcile` makes the host
right again, and so does whoever calls next.
"""
import logging

from essex import concurrency, failpoint, rpc
from essex import context as contexts
from essex.exception import EssexError
from nova.db import allocations, fixed_ips, floating_ips, networks
from nova.exception import NetworkNotFound
from nova.network import allocation, refresh
from nova.network import driver as drivers
from nova.network.coalesce import Coalesced
from nova.network.options import CONF
from nova.network.rpcapi import NetworkAPI

LOG = logging.getLogger(__name__)


class NetworkManager:
    """The RPC endpoint of topic `network`, and the periodic work. FlatDHCP: one bridge with DHCP a network."""

    def __init__(self, driver=None, host=None):
        self.driver = driver or drivers.load()
        self.host = host or CONF.host
        self._peers = NetworkAPI()
        self._nat = Coalesced(self._apply_nat)
        self._dhcp = {}
        self._setup = concurrency.Semaphore(1)
        self._ready = set()

    # -- what servers need

    @rpc.expose
    def allocate_for_instance(self, context, instance_uuid, compute_host=None, requested_networks=None):
        """Network info of the server, after it got cards and addresses and DHCP knows them. Repeatable."""
        info = allocation.allocate(instance_uuid, compute_host, requested_networks)
        failpoint.reach('network.allocate.after_database')
        for uuid in _network_ids(info):
            self._serve(context, networks.get(uuid))
        self._translate(context, _with_floating(info))
        refresh.filters_naming(context, instance_uuid)
        return info

    @rpc.expose
    def deallocate_for_instance(self, context, instance_uuid):
        """Take back all the server has. Repeatable."""
        info = allocation.deallocate(instance_uuid)
        failpoint.reach('network.deallocate.after_database')
        # What a kill here leaves (DHCP still knows the server) the next change or reconcile puts right.
        try:
            for uuid in _network_ids(info):
                self._withdraw(context, uuid)
            self._translate(context, _with_floating(info))
        except EssexError as error:
            # A host whose network is broken must not keep servers from being deleted.
            LOG.error('server %s has given its addresses back, but the host is not told yet: %s', instance_uuid, error)
        if info:
            refresh.filters_naming(context, instance_uuid)

    def _serve(self, context, network):
        """Have DHCP for what a network's servers have now, wherever the network lives."""
        if network.host is None:
            networks.claim(self.host)
            network = networks.get(network.uuid)
        if network.host == self.host:
            self._apply_here(network)
        else:
            self._peers.apply_network(context, network.host, network.uuid)

    def _withdraw(self, context, network_uuid):
        """The same without waiting for another host: for addresses that are given up."""
        host = _host_of(network_uuid)
        if host == self.host:
            self.apply_network(context, network_uuid)
        elif host is not None:
            self._peers.withdraw(context, host, network_uuid)

    def _translate(self, context, network_uuids):
        """Have the floating addresses of the networks' servers as the database has them."""
        for host in sorted({_host_of(uuid) for uuid in network_uuids} - {None}):
            if host == self.host:
                self._nat()
            else:
                self._peers.apply_nat(context, host)

    # -- what this host does

    @rpc.expose
    def apply_network(self, context, network_uuid):
        """Have DHCP on a network of this host equal to the database."""
        network = networks.get(network_uuid)
        if network.host == self.host:
            self._apply_here(network)

    @rpc.expose
    def apply_nat(self, context):
        """Have the floating addresses of this host equal to the database."""
        self._nat()

    @rpc.expose
    def network_changed(self, context):
        """Look at the networks again: one was made, changed or deleted."""
        self.reconcile()

    def _apply_here(self, network):
        spec = drivers.NetworkSpec.of(network)
        self._ensure(spec)
        self._serve_dhcp(spec, network.id)

    def _ensure(self, spec):
        """Set a network up that came after the start."""
        if spec in self._ready:
            return
        with self._setup:
            if spec not in self._ready:
                self.driver.setup_host()
                self.driver.setup_network(spec)
                self._nat()
                self._ready.add(spec)

    def _serve_dhcp(self, spec, network_id):
        if spec not in self._dhcp:
            self._dhcp[spec] = Coalesced(
                lambda: self.driver.apply_dhcp(spec, fixed_ips.dhcp_hosts(network_id)))
        self._dhcp[spec]()

    def _apply_nat(self):
        specs = [drivers.NetworkSpec.of(network) for network in networks.served_by(self.host)]
        self.driver.apply_nat(specs, [drivers.FloatingNat(*row) for row in floating_ips.nat(self.host)])

    # -- making it true again

    def reconcile(self):
        """Make this host equal to the database: bridges, DHCP, NAT, floating addresses; remove what is stale."""
        networks.claim(self.host)
        rows = networks.served_by(self.host)
        specs = [drivers.NetworkSpec.of(network) for network in rows]
        with self._setup:
            self.driver.setup_host()
            self.driver.remove_stale(specs)
            failed = [spec for spec in specs if not self._setup_network(spec)]
        for row, spec in zip(rows, specs):
            if spec not in failed:
                self._serve_dhcp(spec, row.id)
        self._ready = set(specs) - set(failed)
        self._dhcp = {spec: run for spec, run in self._dhcp.items() if spec in self._ready}
        self._nat()

    def _setup_network(self, spec):
        # One network that cannot be had (its interface is away) must not keep the others from working.
        try:
            self.driver.setup_network(spec)
        except EssexError as error:
            LOG.error('network %s (%s) is not served: %s', spec.label, spec.cidr, error)
            return False
        return True

    def sweep(self):
        """Take back the cards and addresses of servers that are gone; returns their uuids."""
        gone = allocations.ownerless()
        for instance_uuid in gone:
            LOG.warning('server %s is gone but had network cards or addresses: taking them back', instance_uuid)
            self.deallocate_for_instance(contexts.current(), instance_uuid)
        return gone


def _network_ids(info):
    return list(dict.fromkeys(vif['network']['id'] for vif in info))


def _with_floating(info):
    return {vif['network']['id'] for vif in info if any(fixed['floating_ips'] for fixed in vif['fixed_ips'])}


def _host_of(network_uuid):
    """The host that serves a network; None for one that nobody serves or that is gone."""
    try:
        return networks.get(network_uuid).host
    except NetworkNotFound:
        return None
