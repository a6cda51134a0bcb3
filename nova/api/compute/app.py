"""Paste factories of the Compute API."""
import re

from essex import wsgi
from essex.exception import BadRequest
from nova.api.compute import (
    aggregates,
    availability_zones,
    common,
    extensions,
    faults,
    flavors,
    floating_ips,
    hosts,
    hypervisors,
    images,
    instance_actions,
    journal,
    keypairs,
    limits,
    migrations,
    networks,
    quota_class_sets,
    quota_sets,
    security_groups,
    server_actions,
    server_metadata,
    servers,
    services,
    usage,
    versions,
    volume_attachments,
    volumes,
)

_CONTROLLERS = (versions.Face, servers.Servers, server_actions.ServerActions, server_metadata.ServerMetadata,
                instance_actions.InstanceActions, flavors.Flavors, keypairs.Keypairs, limits.Limits,
                quota_sets.QuotaSets, availability_zones.AvailabilityZones, hosts.Hosts, hypervisors.Hypervisors,
                services.Services, usage.Usage, networks.Networks, floating_ips.FloatingIps,
                security_groups.SecurityGroups, extensions.Extensions, aggregates.Aggregates,
                images.Images, journal.Operations, migrations.Migrations, quota_class_sets.QuotaClassSets,
                volume_attachments.VolumeAttachments, volumes.Volumes, volumes.Snapshots, volumes.VolumeTypes)
# The first segment of a path is either one of these or a project's id.
_PROJECT = re.compile(r'[A-Za-z0-9_-]{1,64}')
_FREE_NAME = re.compile(r'/(metadata|os-extra_specs|os-keypairs|ips|os-hosts)/[^/]+$')


class Face:
    """One face: takes the project out of the path, where clients of the older faces put it."""

    def __init__(self, face, application, resources):
        self.face, self.application, self.resources = face, application, resources

    def __call__(self, environ, start_response):
        environ['nova.face'] = self.face
        environ['nova.mount'] = environ.get('SCRIPT_NAME', '').removesuffix(self.face)
        if self.face in common.LEGACY_FACES:
            environ['PATH_INFO'] = _without_format(environ.get('PATH_INFO', ''))
        project, rest = self._project(environ)
        if project is not None:
            caller = environ.get('essex.context')
            # Without a caller the application says 401.
            if caller is not None and project != caller.project_id:
                return self._refuse(environ, project)(environ, start_response)
            environ['SCRIPT_NAME'] = f'{environ.get("SCRIPT_NAME", "")}/{project}'
            environ['PATH_INFO'] = f'/{rest}'
            environ['nova.project'] = project
        return self.application(environ, start_response)

    def _project(self, environ):
        """(project id, rest of the path) when the path begins with a project, else (None, None)."""
        first, _, rest = environ.get('PATH_INFO', '').removeprefix('/').partition('/')
        if first in self.resources or not _PROJECT.fullmatch(first):
            return None, None
        caller = environ.get('essex.context')
        own = caller is not None and first == caller.project_id
        return (first, rest) if own or rest.partition('/')[0] in self.resources else (None, None)

    @staticmethod
    def _refuse(environ, project):
        error = BadRequest(f"Malformed request URL: URL's project_id '{project}' doesn't match Context's project.")
        return faults.fault(400, error.title, str(error), error, wsgi.Request(environ))


def _without_format(path):
    """Clients of 2012 may end a path with .json. A name that users choose may end so as well."""
    return path.removesuffix('.json') if not _FREE_NAME.search(path) else path


def _face(path):
    controllers = [each() for each in _CONTROLLERS]
    newest = path == '/v2.1'
    application = wsgi.Application(controllers, faults.fault, relaxed=common.is_legacy, slash=not newest,
                                   microversions=versions.microversions() if newest else None)
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
