"""What all projects used over time."""


def of_all(cloud, start, end):
    """[{tenant_id, total_vcpus_usage, server_usages ...}] of all projects that had servers, for administrators: one
    call."""
    return cloud.get('compute', '/os-simple-tenant-usage', start=start.isoformat(), end=end.isoformat(),
                     detailed='1')['tenant_usages']
