"""Compute's availability zones."""


def all_of(cloud):
    """Names of the zones servers can be in: one call."""
    found = cloud.get('compute', '/os-availability-zone')['availabilityZoneInfo']
    return [each['zoneName'] for each in found if each['zoneState']['available'] and each['zoneName'] != 'internal']
