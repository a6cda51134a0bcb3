"""Which host keeps a new volume, and the zones there are."""
from nova.db import services, volumes
from nova.volume.exception import InvalidVolumeRequest, NoVolumeHost

BINARY = 'nova-volume'


def choose(zone=None):
    """The service row of the host with the fewest gigabytes, of `zone` if one is named.

    Raises NoVolumeHost, InvalidVolumeRequest for a zone that has none.
    """
    rows = services.list(binary=BINARY)
    if not rows:
        raise NoVolumeHost(reason='no nova-volume has ever reported.')
    if zone is not None:
        rows = [row for row in rows if row.availability_zone == zone]
        if not rows:
            raise InvalidVolumeRequest(reason=f'availability zone {zone[:80]} has no volumes.')
    usable = [row for row in rows if services.is_up(row) and not row.disabled]
    if not usable:
        raise NoVolumeHost(reason=f'of {len(rows)} nova-volume that reported, {_count(rows)}.')
    used = volumes.gigabytes_by_host()
    return min(usable, key=lambda row: (used.get(row.host, 0), row.host))


def _count(rows):
    disabled = sum(1 for row in rows if row.disabled)
    return f'{disabled} are disabled and {len(rows) - disabled} are down'


def zones():
    """[{'name', 'available'}] of zones that have volumes, by name."""
    found = {}
    for row in services.list(binary=BINARY):
        works = services.is_up(row) and not row.disabled
        found[row.availability_zone] = found.get(row.availability_zone, False) or works
    return [{'name': name, 'available': available} for name, available in sorted(found.items())]
