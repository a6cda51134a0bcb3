"""/os-hypervisors: what they have and what is promised."""
import orjson

from essex import wsgi
from essex.exception import NotFound
from nova.api.compute import common
from nova.compute import hypervisors


class Hypervisors(wsgi.Controller):
    """Hypervisors, for administrators."""

    @wsgi.route('GET', '/os-hypervisors')
    def index(self, req):
        common.authorize(req, 'hypervisors:show')
        return {'hypervisors': [_summary(one) for one in hypervisors.list(req.context)]}

    @wsgi.route('GET', '/os-hypervisors/detail')
    def detail(self, req):
        common.authorize(req, 'hypervisors:show')
        return {'hypervisors': [_view(one) for one in hypervisors.list(req.context)]}

    @wsgi.route('GET', '/os-hypervisors/statistics')
    def statistics(self, req):
        common.authorize(req, 'hypervisors:show')
        return {'hypervisor_statistics': hypervisors.statistics(req.context)}

    @wsgi.route('GET', '/os-hypervisors/<hypervisor_id>')
    def show(self, req, hypervisor_id):
        common.authorize(req, 'hypervisors:show')
        return {'hypervisor': _view(hypervisors.get(req.context, hypervisor_id))}

    @wsgi.route('GET', '/os-hypervisors/<hypervisor_id>/uptime')
    def uptime(self, req, hypervisor_id):
        common.authorize(req, 'hypervisors:show')
        one = hypervisors.get(req.context, hypervisor_id)
        since = one.service.started_at if one.service is not None else None
        return {'hypervisor': {**_summary(one), 'uptime': f'nova-compute up since {common.isotime(since)}'
                               if since else 'nova-compute is down'}}

    @wsgi.route('GET', '/os-hypervisors/<pattern>/search')
    def search(self, req, pattern):
        common.authorize(req, 'hypervisors:show')
        found = hypervisors.list(req.context, pattern)
        if not found:
            raise NotFound(f"No hypervisor matching '{pattern[:80]}' could be found.")
        return {'hypervisors': [_summary(one) for one in found]}

    @wsgi.route('GET', '/os-hypervisors/<pattern>/servers')
    def servers(self, req, pattern):
        common.authorize(req, 'hypervisors:show')
        found = hypervisors.servers(req.context, pattern)
        if not found:
            raise NotFound(f"No hypervisor matching '{pattern[:80]}' could be found.")
        shown = []
        for one, rows in found:
            entry = _summary(one)
            if rows:
                entry['servers'] = [{'uuid': row.uuid, 'name': row.name} for row in rows]
            shown.append(entry)
        return {'hypervisors': shown}


def _summary(one):
    return {'id': one.node.id, 'hypervisor_hostname': one.node.hypervisor_hostname, 'state': one.state,
            'status': one.status}


def _view(one):
    node, service = one.node, one.service
    return {**_summary(one), 'hypervisor_type': node.hypervisor_type, 'hypervisor_version': node.hypervisor_version,
            'host_ip': node.host_ip, 'vcpus': node.vcpus, 'vcpus_used': one.used['vcpus'], 'memory_mb': node.memory_mb,
            'memory_mb_used': one.used['memory_mb'], 'free_ram_mb': one.free_memory_mb, 'local_gb': node.local_gb,
            'local_gb_used': one.used['disk_gb'], 'free_disk_gb': one.free_disk_gb,
            'disk_available_least': node.disk_available_least, 'running_vms': node.running_vms,
            'current_workload': one.workload,
            # A JSON text inside the JSON, as it has been up to 2.27.
            'cpu_info': orjson.dumps(node.cpu_info or {}).decode(),
            'service': {'id': service.id if service is not None else None, 'host': node.host,
                        'disabled_reason': service.disabled_reason if service is not None else None}}
