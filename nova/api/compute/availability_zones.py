"""/os-availability-zone."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import zones


class AvailabilityZones(wsgi.Controller):
    """Zones: for users those they can ask for, for administrators every host and daemon."""

    @wsgi.route('GET', '/os-availability-zone')
    def index(self, req):
        common.authorize(req, 'availability_zones:list')
        return {'availabilityZoneInfo': [_view(zone) for zone in zones.list()]}

    @wsgi.route('GET', '/os-availability-zone/detail')
    def detail(self, req):
        common.authorize(req, 'availability_zones:detail')
        return {'availabilityZoneInfo': [_view(zone) for zone in zones.list(detail=True)]}


def _view(zone):
    hosts = zone['hosts']
    if hosts is not None:
        hosts = {host: {binary: {**state, 'updated_at': common.microtime(state['updated_at'])}
                        for binary, state in daemons.items()} for host, daemons in hosts.items()}
    return {'zoneName': zone['name'], 'zoneState': {'available': zone['available']}, 'hosts': hosts}
