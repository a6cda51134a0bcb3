"""/os-availability-zone."""
from essex import wsgi
from nova.api.volume import common
from nova.volume import placement


class Zones(wsgi.Controller):
    """Zones in which volumes can be made."""

    @wsgi.route('GET', '/os-availability-zone')
    def index(self, req):
        common.authorize(req, 'volume_zones:show')
        return {'availabilityZoneInfo': [{'zoneName': zone['name'], 'zoneState': {'available': zone['available']}}
                                         for zone in placement.zones()]}
