"""/os-migrations: resizes of servers."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import api as compute_api

_FILTERS = ('host', 'source_compute', 'instance_uuid', 'status')
_KEYS = ('id', 'instance_uuid', 'status', 'source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host',
         'old_instance_type_id', 'new_instance_type_id')


class Migrations(wsgi.Controller):
    """A list for administrators."""

    def __init__(self):
        self.compute = compute_api.API()

    @wsgi.route('GET', '/os-migrations')
    def index(self, req):
        common.authorize(req, 'migrations:show')
        values = req.query()
        filters = {name: values[name][-1] for name in _FILTERS if name in values}
        rows = self.compute.migrations(req.context, filters, common.CONF.osapi_max_limit)
        return {'migrations': [_view(row) for row in rows]}


def _view(row):
    return {**{key: getattr(row, key) for key in _KEYS}, 'created_at': common.microtime(row.created_at),
            'updated_at': common.microtime(row.updated_at)}
