"""What a project used over time."""
from urllib.parse import quote


def of_project(cloud, project_id, start, end):
    """{total_vcpus_usage, server_usages: [...] ...} between two naive UTC datetimes: one call."""
    found = cloud.get('compute', f'/os-simple-tenant-usage/{quote(project_id, safe="")}', start=start.isoformat(),
                      end=end.isoformat())['tenant_usage']
    # A project that had nothing gets an empty answer from some clouds.
    return {'total_hours': 0.0, 'total_vcpus_usage': 0.0, 'total_memory_mb_usage': 0.0, 'total_local_gb_usage': 0.0,
            'server_usages': [], **found}


def of_all(cloud, start, end):
    """[{tenant_id, total_vcpus_usage, server_usages ...}] of all projects that had servers, for administrators: one
    call."""
    return cloud.get('compute', '/os-simple-tenant-usage', start=start.isoformat(), end=end.isoformat(),
                     detailed='1')['tenant_usages']
