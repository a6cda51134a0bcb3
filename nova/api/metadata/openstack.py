"""The OpenStack tree: JSON documents that grew with the versions."""
import base64
import ipaddress
import json
import secrets

from oslo_config import cfg

from essex import config
from nova.api.metadata.ec2 import LATEST

OPTS = [
    cfg.StrOpt('vendordata_jsonfile_path', help='JSON file that every server gets as vendor_data.json.'),
]
CONF = config.register(OPTS)

VERSIONS = ('2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15', '2016-06-30', '2016-10-06', '2017-02-22',
            '2018-08-27')
# The version each file came with.
_SINCE = {'meta_data.json': '2012-08-10', 'user_data': '2012-08-10', 'password': '2013-04-04',
          'vendor_data.json': '2013-10-17', 'network_data.json': '2015-10-15', 'vendor_data2.json': '2016-10-06'}


def tree(described, version):
    """{name: content} of a version; what a server has not is left out (no user_data without some)."""
    wanted = VERSIONS[-1] if version == LATEST else version
    makers = {'meta_data.json': lambda: _json(meta_data(described, wanted)), 'user_data': lambda: described.user_data,
              'password': lambda: (described.row.config_options or {}).get('password') or '',
              'vendor_data.json': _vendor_data, 'vendor_data2.json': lambda: '{}',
              'network_data.json': lambda: _json(network_data(described.row.network_info or ()))}
    made = {name: makers[name]() for name, since in _SINCE.items() if since <= wanted}
    return {name: value for name, value in made.items() if value is not None}


def content(described):
    """{'0000': bytes}: the files of the server's personality."""
    return {f'{number:04}': base64.b64decode(each['contents'])
            for number, each in enumerate(described.row.personality or ())}


def meta_data(described, version):
    """What meta_data.json says."""
    row = described.row
    found = {'uuid': row.uuid, 'hostname': described.hostname, 'name': row.display_name,
             'launch_index': row.launch_index, 'availability_zone': described.zone}
    if row.metadata_:
        found['meta'] = row.metadata_
    if row.personality:
        found['files'] = [{'content_path': f'/content/{number:04}', 'path': each['path']}
                          for number, each in enumerate(row.personality)]
    if row.key_name and row.key_data:
        found['public_keys'] = {row.key_name: row.key_data}
        if version >= '2013-10-17':
            found['keys'] = [{'name': row.key_name, 'type': 'ssh', 'data': row.key_data}]
    if version >= '2013-04-04':
        found['random_seed'] = base64.b64encode(secrets.token_bytes(512)).decode()
    if version >= '2015-10-15':
        found['project_id'] = row.project_id
    if version >= '2016-06-30':
        found['devices'] = []
    if version >= '2018-08-27':
        found['dedicated_cpus'] = []
    return found


def network_data(network_info):
    """What network_data.json says: cards, addresses, name servers."""
    links, networks, services = [], [], []
    for number, vif in enumerate(network_info):
        network = vif['network']
        links.append({'id': vif['devname'], 'vif_id': vif['id'], 'type': 'bridge', 'mtu': network.get('mtu'),
                      'ethernet_mac_address': vif['address']})
        networks.append({'id': f'network{number}', 'link': vif['devname'], 'type': 'ipv4_dhcp',
                         'network_id': network['id']})
        servers = network.get('dns') or [network['dhcp_server']]
        services += [{'type': 'dns', 'address': address} for address in servers
                     if address and {'type': 'dns', 'address': address} not in services]
    return {'links': links, 'networks': networks, 'services': services}


def static_network_data(network_info):
    """The same with the addresses written out, for a config drive: it must not need DHCP to be of use."""
    found = network_data(network_info)
    for entry, vif in zip(found['networks'], network_info):
        network, fixed = vif['network'], vif['fixed_ips']
        if fixed:
            mask = str(ipaddress.ip_network(network['cidr']).netmask)
            entry.update(type='ipv4', ip_address=fixed[0]['address'], netmask=mask,
                         routes=[{'network': '0.0.0.0', 'netmask': '0.0.0.0', 'gateway': network['gateway']}])
    return found


def _vendor_data():
    if not CONF.vendordata_jsonfile_path:
        return '{}'
    with open(CONF.vendordata_jsonfile_path, encoding='utf-8') as file:
        return _json(json.load(file))


def _json(value):
    return json.dumps(value, ensure_ascii=False)
