"""/os-simple-tenant-usage."""
import datetime

from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import common
from nova.compute import usage

_PERIOD = datetime.timedelta(days=28)


class Usage(wsgi.Controller):
    """What projects used over time."""

    @wsgi.route('GET', '/os-simple-tenant-usage')
    def index(self, req):
        common.authorize(req, 'usage:all')
        values = req.query()
        start, end = _period(values)
        detailed = values.get('detailed', ['0'])[-1] == '1'
        return {'tenant_usages': [_view(each) for each in usage.tenants(req.context, start, end, detailed)]}

    @wsgi.route('GET', '/os-simple-tenant-usage/<project_id>')
    def show(self, req, project_id):
        common.authorize(req, 'usage:show', {'project_id': project_id})
        start, end = _period(req.query())
        return {'tenant_usage': _view(usage.tenant(req.context, project_id, start, end))}


def _period(values):
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    start = common.parse_time('start', values['start'][-1]) if 'start' in values else now - _PERIOD
    end = common.parse_time('end', values['end'][-1]) if 'end' in values else now
    if start >= end:
        raise BadRequest('Invalid start time. The start time cannot occur after the end time.')
    return start, end


def _view(tenant):
    shown = {key: common.microtime(value) if isinstance(value, datetime.datetime) else value
             for key, value in tenant.items()}
    if 'server_usages' in shown:
        shown['server_usages'] = [{key: common.microtime(value) if isinstance(value, datetime.datetime) else value
                                   for key, value in each.items()} for each in shown['server_usages']]
    return shown
