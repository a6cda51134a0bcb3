"""Simple tenant usage: what the servers of a project had, times how long they had it."""
from essex import db
from nova.compute import states
from nova.db import usage


def tenants(context, start, end, detailed=False):
    """One map a project with servers in that time, as the API shows it (times are naive UTC datetimes)."""
    by_project = {}
    for row in usage.alive_between(start, end):
        by_project.setdefault(row.project_id, []).append(row)
    return [_of_project(project_id, rows, start, end, detailed) for project_id, rows in sorted(by_project.items())]


def tenant(context, project_id, start, end):
    """The map of one project with its servers. All zeros when it had none: clients format the totals unasked."""
    return _of_project(project_id, usage.alive_between(start, end, project_id), start, end, True)


def _of_project(project_id, rows, start, end, detailed):
    servers = [_of_server(row, start, end) for row in rows]

    def total(key):
        return sum((each[key] * each['hours'] for each in servers), 0.0)
    shown = {'tenant_id': project_id, 'start': start, 'stop': end,
             'total_hours': sum((each['hours'] for each in servers), 0.0), 'total_vcpus_usage': total('vcpus'),
             'total_memory_mb_usage': total('memory_mb'), 'total_local_gb_usage': total('local_gb')}
    return {**shown, 'server_usages': servers} if detailed else shown


def _of_server(row, start, end):
    now = db.utcnow()
    ended = row.terminated_at
    hours = (min(ended or now, end) - max(row.launched_at, start)).total_seconds() / 3600
    return {'instance_id': row.uuid, 'name': row.display_name, 'tenant_id': row.project_id, 'hours': max(0.0, hours),
            'flavor': row.flavor['name'], 'memory_mb': row.memory_mb, 'vcpus': row.vcpus,
            'local_gb': row.root_gb + row.ephemeral_gb, 'started_at': row.launched_at, 'ended_at': ended,
            'state': 'terminated' if ended else row.vm_state if row.vm_state != states.BUILDING else 'building',
            'uptime': int(((ended or now) - row.launched_at).total_seconds())}
