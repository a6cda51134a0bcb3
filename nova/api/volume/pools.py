"""/scheduler-stats/get_pools and /capabilities: what volumes are kept in, for administrators."""
from essex import wsgi
from nova.api.volume import common
from nova.volume import pools

_GB = 1 << 30
_VENDOR, _VERSION = 'Essex', '1.0'


class Pools(wsgi.Controller):
    """One a host."""

    @wsgi.route('GET', '/scheduler-stats/get_pools')
    def index(self, req):
        common.authorize(req, 'volume_pools:show')
        detailed = common.flag(req.query(), 'detail')
        return {'pools': [_view(each, detailed) for each in pools.list(req.context)]}

    @wsgi.route('GET', '/capabilities/<host>')
    def capabilities(self, req, host):
        common.authorize(req, 'volume_pools:show')
        # Clients may say host@backend#pool, as volumes show it.
        pool = pools.get(req.context, host.partition('@')[0])
        return {'namespace': f'OS::Storage::Capabilities::{pool.host}', 'vendor_name': _VENDOR,
                'volume_backend_name': pool.protocol, 'pool_name': pool.protocol, 'driver_version': _VERSION,
                'storage_protocol': pool.protocol, 'display_name': None, 'description': None, 'visibility': 'public',
                'replication_targets': [], 'properties': {}}


def _view(pool, detailed):
    shown = {'name': pool.name}
    if detailed:
        shown['capabilities'] = {
            'volume_backend_name': pool.protocol, 'pool_name': pool.protocol, 'vendor_name': _VENDOR,
            'driver_version': _VERSION, 'storage_protocol': pool.protocol,
            'total_capacity_gb': _gigabytes(pool.total_bytes), 'free_capacity_gb': _gigabytes(pool.free_bytes),
            'allocated_capacity_gb': pool.allocated_gb, 'provisioned_capacity_gb': pool.allocated_gb,
            'reserved_percentage': 0, 'thin_provisioning_support': True, 'QoS_support': False}
    return shown


def _gigabytes(count):
    return 'unknown' if count is None else round(count / _GB, 2)
