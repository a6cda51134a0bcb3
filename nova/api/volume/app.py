"""Paste factories of the Block Storage API."""
import re

from essex import wsgi
from essex.exception import BadRequest
from nova.api.volume import (
    extensions,
    faults,
    limits,
    messages,
    pools,
    quota_class_sets,
    quota_sets,
    services,
    snapshots,
    transfers,
    types,
    versions,
    volume_actions,
    volumes,
    zones,
)

_CONTROLLERS = (volumes.Volumes, volume_actions.VolumeActions, snapshots.Snapshots, types.Types, limits.Limits,
                quota_sets.QuotaSets, quota_class_sets.QuotaClassSets, services.Services, zones.Zones,
                extensions.Extensions, messages.Messages, transfers.Transfers,
                pools.Pools)
_PROJECT = re.compile(r'[A-Za-z0-9_-]{1,64}')


class Face:
    """One face: takes the project out of the path. `home` answers for the face itself."""

    def __init__(self, face, application, home):
        self.face, self.application, self.home = face, application, home

    def __call__(self, environ, start_response):
        environ['nova.face'] = self.face
        environ['nova.mount'] = environ.get('SCRIPT_NAME', '').removesuffix(self.face)
        project, _, rest = environ.get('PATH_INFO', '').removeprefix('/').partition('/')
        if not project or not _PROJECT.fullmatch(project):
            return self.home(environ, start_response)
        caller = environ.get('essex.context')
        # Without a caller the application says 401.
        if caller is not None and project != caller.project_id:
            return self._refuse(environ, project)(environ, start_response)
        environ['SCRIPT_NAME'] = f'{environ.get("SCRIPT_NAME", "")}/{project}'
        environ['PATH_INFO'] = f'/{rest}'
        environ['nova.project'] = project
        return self.application(environ, start_response)

    @staticmethod
    def _refuse(environ, project):
        error = BadRequest(f"Malformed request URL: URL's project_id '{project}' doesn't match Context's project.")
        return faults.fault(400, error.title, str(error), error, wsgi.Request(environ))


def _face(path):
    newest = path == '/v3'
    ranges = versions.microversions() if newest else None
    application = wsgi.Application([each() for each in _CONTROLLERS], faults.fault, microversions=ranges,
                                   slash=not newest)
    return Face(path, application, wsgi.Application([versions.Face()], faults.fault, microversions=ranges))


def v3_factory(global_conf, **local_conf):
    """/v3."""
    return _face('/v3')


def v2_factory(global_conf, **local_conf):
    """/v2."""
    return _face('/v2')


def versions_factory(global_conf, **local_conf):
    """/."""
    return wsgi.Application([versions.Root()], faults.fault)
