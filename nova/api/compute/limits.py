"""/limits: quotas and their use in one look."""
from essex import wsgi
from nova.api.compute import common
from nova.compute import limits


class Limits(wsgi.Controller):
    """Absolute limits of the project; rate limits are the proxy's affair and none are listed."""

    @wsgi.route('GET', '/limits')
    def index(self, req):
        common.authorize(req, 'limits:show')
        values = req.query()
        project = (values.get('tenant_id') or values.get('project_id') or [req.context.project_id])[-1]
        if project != req.context.project_id:
            common.authorize(req, 'limits:others')
        return {'limits': {'rate': [], 'absolute': limits.absolute(req.context, project)}}
