"""The EC2 tree: one for all versions, as a dict of dicts with bytes or text at its ends."""
import re

VERSIONS = ('1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01',
            '2009-04-04')
LATEST = 'latest'


class Keys(dict):
    """The key pairs by number; listed as 0=name."""

    def __init__(self, names_and_keys):
        super().__init__((str(number), {'openssh-key': key}) for number, (_name, key) in enumerate(names_and_keys))
        self.names = [name for name, _key in names_and_keys]


def tree(described):
    """What a version holds: meta-data, and user-data if there is some."""
    found = {'meta-data': _meta_data(described)}
    if described.user_data is not None:
        found['user-data'] = described.user_data
    return found


def _meta_data(described):
    row = described.row
    found = {
        'ami-id': image_id('ami', row.image_ref), 'ami-launch-index': str(row.launch_index),
        'ami-manifest-path': '(unknown)', 'block-device-mapping': _devices(row), 'hostname': described.hostname,
        'instance-action': 'none', 'instance-id': f'i-{row.id:08x}',
        'instance-type': (row.flavor or {}).get('name', ''),
        'local-hostname': described.hostname, 'local-ipv4': described.fixed_address,
        'placement': {'availability-zone': described.zone}, 'public-hostname': described.hostname,
        'public-ipv4': described.floating_address, 'reservation-id': row.reservation_id,
        'security-groups': '\n'.join(described.groups)}
    if row.network_info:
        found['mac'] = row.network_info[0]['address']
        found['network'] = {'interfaces': {'macs': {vif['address']: _interface(vif, described)
                                                    for vif in row.network_info}}}
    if row.kernel_id:
        found['kernel-id'] = image_id('aki', row.kernel_id)
    if row.ramdisk_id:
        found['ramdisk-id'] = image_id('ari', row.ramdisk_id)
    if row.key_name and row.key_data:
        found['public-keys'] = Keys([(row.key_name, row.key_data)])
    return found


def _interface(vif, described):
    fixed = [each['address'] for each in vif['fixed_ips']]
    floating = [address for each in vif['fixed_ips'] for address in each.get('floating_ips', ())]
    return {'device-number': str(described.row.network_info.index(vif)), 'interface-id': f'eni-{vif["id"][:8]}',
            'local-hostname': described.hostname, 'local-ipv4s': '\n'.join(fixed), 'mac': vif['address'],
            'public-ipv4s': '\n'.join(floating), 'security-groups': '\n'.join(described.groups),
            'subnet-ipv4-cidr-block': vif['network']['cidr']}


def _devices(row):
    """The disks under the names EC2 has for them."""
    root = row.root_device_name or '/dev/vda'
    plain = root.removeprefix('/dev/')
    found = {'ami': plain, 'root': root}
    letters = iter('bcd')
    stem = re.sub(r'[a-z]\d*$', '', plain)
    if row.ephemeral_gb:
        found['ephemeral0'] = stem + next(letters)
    if row.swap_mb:
        found['swap'] = stem + next(letters)
    return found


def image_id(kind, image):
    """An image's id in EC2's shape: kind and eight hexadecimal digits, the first of its uuid."""
    digits = re.sub('[^0-9a-f]', '', (image or '').lower())[:8]
    return f'{kind}-{digits:0<8}' if image else ''


def render(value):
    """A node as the service sends it: a directory as its names, one a line, directories with a slash."""
    if isinstance(value, Keys):
        return '\n'.join(f'{number}={name}' for number, name in enumerate(value.names))
    if isinstance(value, dict):
        return '\n'.join(f'{name}/' if isinstance(child, dict) else name for name, child in sorted(value.items()))
    return value


def find(value, parts):
    """The node at a path below `value`; None when there is none."""
    for part in parts:
        if not isinstance(value, dict) or part not in value:
            return None
        value = value[part]
    return value
