"""/limits: quotas and their use in one look."""
from essex import wsgi
from nova.api.volume import common
from nova.volume import quota


class Limits(wsgi.Controller):
    """Absolute limits of the project; there are no backups, so that nothing of theirs is used."""

    @wsgi.route('GET', '/limits')
    def index(self, req):
        common.authorize(req, 'volume_limits:show')
        project = (req.query().get('project_id') or [req.context.project_id])[-1]
        if project != req.context.project_id:
            common.authorize(req, 'volume_quota_sets:others')
        limits, used = quota.limits(project), quota.usage(project)
        return {'limits': {'rate': [], 'absolute': {
            'maxTotalVolumes': limits['volumes'], 'totalVolumesUsed': used['volumes'],
            'maxTotalSnapshots': limits['snapshots'], 'totalSnapshotsUsed': used['snapshots'],
            'maxTotalVolumeGigabytes': limits['gigabytes'], 'totalGigabytesUsed': used['gigabytes'],
            'maxTotalBackups': 0, 'totalBackupsUsed': 0, 'maxTotalBackupGigabytes': 0,
            'totalBackupGigabytesUsed': 0}}}
