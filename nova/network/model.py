"""Network info: what compute hosts, the metadata service and the API know of a server's network cards.

A list of VIFs, each JSON-able:
    {'id': uuid, 'address': 'fa:16:3e:..', 'devname': 'tapXXXXXXXXXXX',
     'network': {'id': uuid, 'label', 'bridge', 'cidr', 'gateway', 'netmask', 'broadcast', 'dhcp_server', 'dns': [..],
                 'mtu', 'multi_host'},
     'fixed_ips': [{'address', 'version': 4, 'floating_ips': ['..']}]}
"""


def devname(vif_id):
    """The host's name of a card's tap device: 14 characters, as the kernel allows 15."""
    return 'tap' + vif_id.replace('-', '')[:11]


def addresses(network_info):
    """{label: [{'addr', 'version', 'type': 'fixed' or 'floating', 'mac'}]}, fixed before floating, as the API shows."""
    by_label = {}
    for vif in network_info or ():
        entries = by_label.setdefault(vif['network']['label'], [])
        for fixed in vif['fixed_ips']:
            entries.append({'addr': fixed['address'], 'version': fixed['version'], 'type': 'fixed',
                            'mac': vif['address']})
            entries.extend({'addr': floating, 'version': 4, 'type': 'floating', 'mac': vif['address']}
                           for floating in fixed.get('floating_ips', ()))
    return by_label


def first_fixed(network_info):
    """The first fixed address, or None."""
    for vif in network_info or ():
        for fixed in vif['fixed_ips']:
            return fixed['address']
    return None


def first_floating(network_info):
    """The first floating address, or None."""
    for vif in network_info or ():
        for fixed in vif['fixed_ips']:
            for floating in fixed.get('floating_ips', ()):
                return floating
    return None
