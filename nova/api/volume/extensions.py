"""/extensions: what older clients ask to find out what there is."""
from essex import wsgi
from essex.exception import NotFound
from nova.api.volume import common

# alias: (name, what it adds)
_EXTENSIONS = {
    'os-admin-actions': ('AdminActions', 'Actions on volumes and snapshots for administrators.'),
    'os-availability-zone': ('AvailabilityZones', 'Zones of volumes.'),
    'os-extended-snapshot-attributes': ('ExtendedSnapshotAttributes', 'Project and progress of snapshots.'),
    'os-quota-class-sets': ('QuotaClasses', 'What a project may have by default.'),
    'os-quota-sets': ('Quotas', 'What a project may have.'),
    'os-services': ('Services', 'Daemons that keep volumes.'),
    'os-types-extra-specs': ('TypesExtraSpecs', 'Extra specs of types.'),
    'os-types-manage': ('TypesManage', 'Making and deleting types.'),
    'os-used-limits': ('UsedLimits', 'Use beside limits.'),
    'os-volume-transfer': ('VolumeTransfer', 'Volumes given to other projects.'),
    'os-volume-type-access': ('VolumeTypeAccess', 'Projects that may use a type which is not public.'),
    'os-vol-host-attr': ('VolumeHostAttribute', 'The host of a volume, for administrators.'),
    'os-vol-image-meta': ('VolumeImageMetadata', 'The image a volume was made from.'),
    'os-vol-tenant-attr': ('VolumeTenantAttribute', 'The project of a volume.'),
    'os-volume-actions': ('VolumeActions', 'Actions on volumes.'),
}


def _view(alias):
    name, description = _EXTENSIONS[alias]
    return {'alias': alias, 'name': name, 'description': description, 'links': [],
            'updated': '2026-11-28T00:00:00+00:00'}


class Extensions(wsgi.Controller):
    """A fixed list: extensions are parts of the API today."""

    @wsgi.route('GET', '/extensions')
    def index(self, req):
        common.authorize(req, 'volume_extensions:show')
        return {'extensions': [_view(alias) for alias in sorted(_EXTENSIONS)]}

    @wsgi.route('GET', '/extensions/<alias>')
    def show(self, req, alias):
        common.authorize(req, 'volume_extensions:show')
        if alias not in _EXTENSIONS:
            raise NotFound(f'There is no extension {alias[:80]}.')
        return {'extension': _view(alias)}
