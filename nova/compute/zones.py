"""Availability zones: a host is in the zone of an aggregate it belongs to, else in the one its daemons report."""
import time

from oslo_config import cfg

from essex import config
from nova.db import aggregates, services

OPTS = [
    cfg.StrOpt('default_availability_zone', default='nova',
               deprecated_name='node_availability_zone', help='Zone of compute hosts that are in no other.'),
    cfg.StrOpt('internal_service_availability_zone', default='internal',
               help='Zone under which daemons that run no servers are shown.'),
]
CONF = config.register(OPTS)

COMPUTE = 'nova-compute'


def of_service(row, by_host):
    """The zone of a daemon; `by_host` is nova.db.aggregates.zones()."""
    if row.binary != COMPUTE:
        return CONF.internal_service_availability_zone
    return by_host.get(row.host) or row.availability_zone or CONF.default_availability_zone


def of_hosts():
    """{compute host: zone}."""
    by_host = aggregates.zones()
    return {row.host: of_service(row, by_host) for row in services.list(binary=COMPUTE)}


class OfServers:
    """The zones that servers are in. Those of hosts are remembered for `LIFE` seconds: a list asks for none."""

    LIFE = 5

    def __init__(self):
        self._of_hosts, self._until = {}, 0

    def of(self, row):
        """The zone of a server's host; before it has one, the zone that was asked for or the empty string."""
        if row.host is None:
            return row.availability_zone or ''
        if time.monotonic() >= self._until:
            self._of_hosts, self._until = of_hosts(), time.monotonic() + self.LIFE
        return self._of_hosts.get(row.host) or row.availability_zone or CONF.default_availability_zone


def names():
    """The zones a server can ask for. The default one exists even before its first host."""
    return {CONF.default_availability_zone, *of_hosts().values()}


def list(detail=False):  # noqa: A001  (read with its module: zones.list)
    """[{'name', 'available', 'hosts'}] by name. hosts is None, or with `detail` {host: {binary: {'available',
    'active', 'updated_at'}}}; daemons that run no servers are in the internal zone then."""
    by_host = aggregates.zones()
    zones = {}
    for row in services.list(binary=None if detail else COMPUTE):
        zone = zones.setdefault(of_service(row, by_host), {'available': False, 'hosts': {}})
        if not row.disabled:
            zone['available'] = zone['available'] or services.is_up(row)
        zone['hosts'].setdefault(row.host, {})[row.binary] = {
            'available': services.is_up(row), 'active': not row.disabled, 'updated_at': row.last_seen_up}
    return [{'name': name, 'available': zone['available'], 'hosts': zone['hosts'] if detail else None}
            for name, zone in sorted(zones.items())]
