"""Version documents: at /, and at each face."""
from essex import wsgi
from essex.wsgi.versions import version_entry
from nova.api.compute import common

MINIMUM, MAXIMUM = '2.1', '2.12'
_MEDIA = 'application/vnd.openstack.compute+json;version='


def microversions():
    """The range of /v2.1."""
    return wsgi.Microversions('compute', MINIMUM, MAXIMUM, 'X-OpenStack-Nova-API-Version')


def _entry(root, face):
    if face == '/v2.1':
        return version_entry('v2.1', 'CURRENT', f'{root}/v2.1/', '2013-07-23T11:33:21Z', _MEDIA + '2.1',
                             version=MAXIMUM, min_version=MINIMUM)
    # The entry of /v1.1 calls itself v2.0 as well: it always was the same API.
    return version_entry('v2.0', 'SUPPORTED', f'{root}{face}/', '2011-01-21T11:33:21Z', _MEDIA + '2', version='',
                         min_version='')


class Root(wsgi.Controller):
    """GET / and anything that names no version."""

    @wsgi.route('GET', '/', no_auth=True)
    def index(self, req):
        root = wsgi.base_url(req, common.CONF.osapi_compute_link_prefix)
        entries = [_entry(root, face) for face in ('/v2', '/v2.1')]
        for entry in entries:
            entry.pop('media-types')
        return {'versions': entries}

    @wsgi.route('GET', '/<path:rest>', status=300, no_auth=True)
    def choices(self, req, rest):
        root = wsgi.base_url(req, common.CONF.osapi_compute_link_prefix)
        choices = []
        for face in ('/v2', '/v2.1'):
            entry = _entry(root, face)
            choices.append({'id': entry['id'], 'status': entry['status'], 'media-types': entry['media-types'],
                            'links': [{'rel': 'self', 'href': f'{root}{face}/{rest}'}]})
        return {'choices': choices}


class Face(wsgi.Controller):
    """GET /v2.1, /v2, /v1.1."""

    @wsgi.route('GET', '/', no_auth=True)
    def show(self, req):
        face = common.face(req)
        root = wsgi.base_url(req, common.CONF.osapi_compute_link_prefix).removesuffix(face)
        entry = _entry(root, face)
        entry['links'].append({'rel': 'describedby', 'type': 'text/html', 'href': 'http://docs.openstack.org/'})
        return {'version': entry}
