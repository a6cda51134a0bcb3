"""Version documents: at /, and at each face."""
from essex import wsgi
from essex.wsgi.versions import version_entry
from nova.api.volume import common

MINIMUM, MAXIMUM = '3.0', '3.5'
_MEDIA = 'application/vnd.openstack.volume+json;version=3'


def microversions():
    """The range of /v3."""
    return wsgi.Microversions('volume', MINIMUM, MAXIMUM)


def _entry(req, face):
    href = f'{common.root(req)}{face}/'
    if face == '/v3':
        return version_entry('v3.0', 'CURRENT', href, '2026-11-28T00:00:00Z', _MEDIA, version=MAXIMUM,
                             min_version=MINIMUM)
    return version_entry('v2.0', 'DEPRECATED', href, '2017-02-25T12:00:00Z', _MEDIA, version='', min_version='')


class Root(wsgi.Controller):
    """GET / and anything that names no version."""

    @wsgi.route('GET', '/', status=300, no_auth=True)
    def index(self, req):
        return {'versions': [_entry(req, face) for face in ('/v2', '/v3')]}

    @wsgi.route('GET', '/<path:rest>', status=300, no_auth=True)
    def choices(self, req, rest):
        return self.index(req)


class Face(wsgi.Controller):
    """GET /v3 and /v2."""

    @wsgi.route('GET', '/', no_auth=True)
    def show(self, req):
        return {'versions': [_entry(req, req.environ['nova.face'])]}
