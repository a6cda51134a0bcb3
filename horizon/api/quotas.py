"""What a project may have, and has."""


def limits(cloud):
    """Compute's absolute limits with their use {maxTotalCores, totalCoresUsed ...}: one call."""
    return cloud.get('compute', '/limits')['limits']['absolute']


def volume_limits(cloud):
    """The same of block storage {maxTotalVolumes, totalVolumesUsed ...}: one call."""
    return cloud.get('volumev3', '/limits')['limits']['absolute']
