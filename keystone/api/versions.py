"""Version documents at /, /v3 and /v2.0, with links that lead back the way the client came."""
import functools

from essex import wsgi
from essex.wsgi.versions import media_type
from keystone.api import home

V3_MEDIA = 'application/vnd.openstack.identity-v3+json'
V2_MEDIA = 'application/vnd.openstack.identity-v2.0+'


def v3_version(base):
    """The v3 entry."""
    return {'id': 'v3.14', 'status': 'stable', 'updated': '2020-04-07T00:00:00Z',
            'links': [{'rel': 'self', 'href': f'{base}/v3/'}],
            'media-types': [media_type('application/json', V3_MEDIA)]}


def v2_version(base):
    """The v2.0 entry."""
    return {'id': 'v2.0', 'status': 'deprecated', 'updated': '2011-11-19T00:00:00Z',
            'links': [{'rel': 'self', 'href': f'{base}/v2.0/'},
                      {'rel': 'describedby', 'type': 'text/html', 'href': 'https://docs.openstack.org/'},
                      {'rel': 'describedby', 'type': 'application/pdf', 'href':
                       'https://docs.openstack.org/api/openstack-identity-service/2.0/identity-dev-guide-2.0.pdf'}],
            'media-types': [media_type(f'application/{kind}', V2_MEDIA + kind) for kind in ('json', 'xml')]}


class VersionController(wsgi.Controller):
    """The three documents, the first two also as JSON Home of `controllers`; nobody needs a token for them."""

    def __init__(self, controllers):
        # Few ask for it, and it takes a while.
        self._home = functools.cache(lambda prefix: home.document(controllers, prefix))

    @staticmethod
    def _wants_home(req):
        # Only who asks for it by name gets it.
        return home.MEDIA in req.headers.get('Accept', '')

    def _home_reply(self, prefix):
        return wsgi.Reply(self._home(prefix), status=200, headers={'Content-Type': home.MEDIA, 'Vary': 'Accept'})

    @wsgi.route('GET', '/', status=300, no_auth=True)
    def choices(self, req):
        if self._wants_home(req):
            return self._home_reply('/v3')
        base = wsgi.base_url(req)
        body = {'versions': {'values': [v3_version(base), v2_version(base)]}}
        return wsgi.Reply(body, status=300, headers={'Vary': 'X-Auth-Token', 'Location': f'{base}/v3/'})

    @wsgi.route('GET', '/v3', no_auth=True)
    @wsgi.route('GET', '/v3/', no_auth=True)
    def v3(self, req):
        if self._wants_home(req):
            return self._home_reply('')
        return wsgi.Reply({'version': v3_version(wsgi.base_url(req))}, headers={'Vary': 'X-Auth-Token'})

    @wsgi.route('GET', '/v2.0', no_auth=True)
    @wsgi.route('GET', '/v2.0/', no_auth=True)
    def v2(self, req):
        return wsgi.Reply({'version': v2_version(wsgi.base_url(req))}, headers={'Vary': 'X-Auth-Token'})
