"""Devices as operators write them: `d4r1z2-10.0.0.1:6200R10.1.0.1:6200/sdb1_"meta"`, whole or in part."""
import ipaddress
import re

from swift.ring.builder import BuilderError

_HOST = r'\[[0-9a-fA-F:.]+\]|[a-z0-9][a-z0-9.-]*'
_VALUE = re.compile(rf'''(?:d(?P<id>\d+))?(?:r(?P<region>\d+))?(?:z(?P<zone>\d+))?
    -?(?P<ip>{_HOST})?(?::(?P<port>\d+))?
    (?:R(?P<replication_ip>{_HOST})?(?::(?P<replication_port>\d+))?)?
    (?:/(?P<device>[^_]*))?(?:_(?P<meta>.*))?''', re.VERBOSE | re.DOTALL)
NUMBERS = ('id', 'region', 'zone', 'port', 'replication_port')
ADDRESSES = ('ip', 'replication_ip')

HELP = '''The <search-value> can be of the form

    d<id>r<region>z<zone>-<ip>:<port>R<replication ip>:<replication port>/<device>_<meta>

Any part is optional, but one must be there:

    d74              the device with id 74
    r4               devices in region 4
    z1               devices in zone 1
    z1-1.2.3.4       devices in zone 1 with the ip 1.2.3.4
    1.2.3.4          devices in any zone with the ip 1.2.3.4
    z1:5678          devices in zone 1 on port 5678
    :5678            devices on port 5678
    R5.6.7.8         devices that replicate on ip 5.6.7.8
    R:5678           devices that replicate on port 5678
    /sdb1            devices with the name sdb1
    _shiny           devices with shiny in their meta data
    _"snet: 5.6.7.8" devices with snet: 5.6.7.8 in their meta data
    [::1]            devices with the ip ::1
    z1-[::1]:5678    devices in zone 1 with ip ::1 on port 5678

Or of the options --id --region --zone --ip --port --replication-ip --replication-port --device --meta --weight.
'''


def parse(text):
    """The parts of a search value that are there, {name: value}. Raises BuilderError when it is none."""
    match = _VALUE.fullmatch(text)
    found = {name: value for name, value in match.groupdict().items() if value is not None} if match else {}
    if not found:
        raise BuilderError(f'Invalid device specifier: {text}')
    for name in NUMBERS:
        if name in found:
            found[name] = int(found[name])
    for name in ADDRESSES:
        if name in found:
            found[name] = address(found[name])
    if 'meta' in found:
        found['meta'] = _unquoted(found['meta'])
    return found


def parse_new(text):
    """A device to add. Raises BuilderError when a part is missing."""
    found = parse(text)
    for name in ('zone', 'ip', 'port', 'device'):
        if name not in found:
            raise BuilderError(f'Invalid add value: {text}: it has no {name}; it looks like r1z1-127.0.0.1:6200/sdb1')
    return found


def _unquoted(text):
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def address(text):
    """An IP address in its one form, without brackets; a host name in small letters."""
    bare = text.strip('[]')
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare.lower()


def matching(builder, wanted):
    """The devices that have all `wanted` parts: `meta` somewhere in theirs, the others equal."""
    return [device for device in builder.present() if all(_has(device, *each) for each in wanted.items())]


def _has(device, name, value):
    if name == 'meta':
        return value in device['meta']
    if name in ADDRESSES:
        return address(device[name]) == value
    return device[name] == value


def host(device, prefix=''):
    """`ip:port`, of a device or with the prefix `replication_` its other one; IPv6 in brackets."""
    ip = device[f'{prefix}ip']
    return f'[{ip}]:{device[f"{prefix}port"]}' if ':' in ip else f'{ip}:{device[f"{prefix}port"]}'


def spelled(device):
    """The device as a search value with all its parts."""
    return (f'd{device["id"]}r{device["region"]}z{device["zone"]}-{host(device)}R{host(device, "replication_")}'
            f'/{device["device"]}_"{device["meta"]}"')
