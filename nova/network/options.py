"""Options of the network side, under the names operators know."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.StrOpt('network_driver', default='linux',
               help='What nova-network does on its host: linux (bridge, dnsmasq, nftables) or fake (nothing: for the '
                    'fake hypervisor and for ordinary users). Or a name of the entry points essex.nova.network.'),
    cfg.StrOpt('firewall_driver', default='nftables',
               help='How a compute host filters the traffic of its guests: nftables, or fake (not at all).'),
    cfg.StrOpt('flat_network_bridge', default='br100', help='Bridge of networks that name none.'),
    cfg.StrOpt('flat_interface', help='Interface put into the bridge of networks that name none, when the guests are '
                                      'on several hosts.'),
    cfg.StrOpt('public_interface', help='Interface that gets floating addresses. The one of the default route when '
                                        'unset.'),
    cfg.StrOpt('routing_source_ip', help='Address that guests without a floating one have outside. That of the '
                                         'interface they leave by when unset.'),
    cfg.ListOpt('dmz_cidr', default=[], help='Destinations that see the fixed addresses of guests.'),
    cfg.StrOpt('default_floating_pool', default='nova', help='Pool of floating addresses when none is asked for.'),
    cfg.BoolOpt('auto_assign_floating_ip', default=False, help='Give every new server a floating address.'),
    cfg.BoolOpt('send_arp_for_ha', default=True, help='Announce a floating address by ARP when this host gets it.'),
    cfg.StrOpt('dhcp_domain', default='novalocal', help='Domain of the names of servers.'),
    cfg.IntOpt('dhcp_lease_time', default=86400, min=120, help='Seconds a DHCP lease lasts.'),
    cfg.StrOpt('dnsmasq_config_file', help='Further settings for dnsmasq, included last.'),
    cfg.ListOpt('dns_server', default=[], help="Name servers that dnsmasq asks; a network's own dns1 and dns2 come "
                                               "before. The host's own when there are none."),
    cfg.IntOpt('network_device_mtu', min=0, default=0, help='MTU of bridges of networks that have none; 0: the '
                                                            "kernel's default."),
    cfg.StrOpt('networks_path', default='$state_path/networks', help='Directory of the files of dnsmasq.'),
    cfg.BoolOpt('allow_same_net_traffic', default=False,
                help='Let servers of one network reach each other whatever their security groups say.'),
    cfg.StrOpt('metadata_host', help='Address of nova-api-metadata. The gateway address of each network (so this '
                                     'host) when unset or a loopback address, which guests cannot reach.'),
    cfg.PortOpt('metadata_port', help='Its port, when it is not metadata_listen_port.'),
    cfg.StrOpt('metadata_listen', default='0.0.0.0', help='Address nova-api-metadata listens on.'),
    cfg.PortOpt('metadata_listen_port', default=8775, help='Port nova-api-metadata listens on.'),
    cfg.IntOpt('network_reconcile_interval', default=60, min=0,
               help='Seconds between two comparisons of the host with the database; 0: only at the start.'),
    cfg.IntOpt('network_sweep_interval', default=60, min=0,
               help='Seconds between two searches for addresses whose servers are gone; 0: never.'),
]
CONF = config.register(OPTS)
