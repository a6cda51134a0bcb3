"""What a form would take of the quota of volumes."""
from django.utils.translation import gettext as _

VOLUMES, SNAPSHOTS, GIGABYTES = 'volumes', 'snapshots', 'gigabytes'
# The limits call's names of what there may be and what there is.
_NAMES = {VOLUMES: ('maxTotalVolumes', 'totalVolumesUsed'), SNAPSHOTS: ('maxTotalSnapshots', 'totalSnapshotsUsed'),
          GIGABYTES: ('maxTotalVolumeGigabytes', 'totalGigabytesUsed')}


def meters(limits, **more):
    """[{label, used, limit, more, unit, over}] for what is wanted more: volumes=1, gigabytes=10."""
    words = {VOLUMES: (_('Volumes'), ''), SNAPSHOTS: (_('Snapshots'), ''), GIGABYTES: (_('Storage'), 'GB')}
    found = []
    for name, count in more.items():
        limit, used = (limits.get(each, standard) for each, standard in zip(_NAMES[name], (-1, 0), strict=True))
        label, unit = words[name]
        found.append({'label': label, 'used': used, 'limit': limit, 'more': count, 'unit': unit,
                      'over': limit != -1 and used + count > limit})
    return found
