"""Paste factories of the Compute API."""
import re

from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import (aggregates, availability_zones, common, extensions, faults, flavors,
                              floating_ips, hosts, hypervisors, images, instance_actions, keypairs, limits, networks,
                              quota_sets, security_groups, server_actions, server_metadata, servers, services,
                              usage, versions)

_CONTROLLERS = (versions.Face, servers.Servers, server_actions.ServerActions, server_metadata.ServerMetadata,
                instance_actions.InstanceActions, flavors.Flavors, keypairs.Keypairs, limits.Limits,
                quota_sets.QuotaSets, availability_zones.AvailabilityZones, hosts.Hosts, hypervisors.Hypervisors,
                services.Services, usage.Usage, networks.Networks, floating_ips.FloatingIps,
                security_groups.SecurityGroups, extensions.Extensions, aggregates.Aggregates,
                images.Images)
# The first segment of a path is either one of these or a project's id.
_PROJECT = re.compile(r'[A-Za-z0-9_-]{1,64}')


class Face:
    """One face: takes the project out of the path, where clients of the older faces put it."""

    def __init__(self, face, application, resources):
        self.face, self.application, self.resources = face, application, resources

    def __call__(self, environ, start_response):
        script = environ.get('SCRIPT_NAME', '')
        environ['nova.face'] = self.face
        environ['nova.mount'] = script.removesuffix(self.face)
        first, _, rest = environ.get('PATH_INFO', '').lstrip('/').partition('/')
        if first and first not in self.resources and _PROJECT.fullmatch(first):
            caller = environ.get('essex.context')
            if caller is not None and first == caller.project_id:
                environ['SCRIPT_NAME'], environ['PATH_INFO'] = f'{script}/{first}', f'/{rest}'
                environ['nova.project'] = first
            elif rest.partition('/')[0] in self.resources:
                return self._refuse(environ, first)(environ, start_response)
        return self.application(environ, start_response)

    @staticmethod
    def _refuse(environ, project):
        error = BadRequest(f'Malformed request URL: URL\'s project_id \'{project}\' doesn\'t match Context\'s project.')
        return faults.fault(400, error.title, str(error), error, wsgi.Request(environ))


def _face(path):
    controllers = [each() for each in _CONTROLLERS]
    application = wsgi.Application(controllers, faults.fault, relaxed=common.is_legacy,
                                   microversions=versions.microversions() if path == '/v2.1' else None)
    resources = {route.path.split('/')[1] for each in controllers for route, _ in each.handlers()}
    return Face(path, application, resources - {''})


def v21_factory(global_conf, **local_conf):
    """/v2.1."""
    return _face('/v2.1')


def v2_factory(global_conf, **local_conf):
    """/v2."""
    return _face('/v2')


def v11_factory(global_conf, **local_conf):
    """/v1.1."""
    return _face('/v1.1')


def versions_factory(global_conf, **local_conf):
    """/."""
    return wsgi.Application([versions.Root()], faults.fault)
