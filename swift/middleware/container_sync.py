"""The receiving side of container sync: lets requests of another cluster in that are signed with both keys."""
import hmac
import os
from urllib.parse import quote

from swift import conf as options
from swift.middleware import names
from swift.middleware.segments import text
from swift.proxy import registry
from swift.proxy.info import get_container_info
from swift.sync_realms import Realms, signature, target

_INBOUND = 'HTTP_X_BACKEND_INBOUND_X_TIMESTAMP'


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    return lambda app: ContainerSync(app, conf)


class ContainerSync:
    """Filter: left of the authentication. Options: allow_full_urls, allowed_sync_hosts, current, swift_dir."""

    def __init__(self, app, conf):
        self.app = app
        self._realms = Realms(os.path.join(conf.get('swift_dir', '/etc/swift'), 'container-sync-realms.conf'))
        self._full_urls = options.boolean(conf, 'allow_full_urls', True)
        self._hosts = options.words(conf, 'allowed_sync_hosts', '127.0.0.1')
        self._current = conf.get('current', '').strip('/').upper().partition('/')[::2]
        self._register()

    def _register(self):
        shown = {}
        for realm in self._realms.names():
            shown[realm] = {'clusters': {cluster: ({'current': True} if (realm, cluster) == self._current else {})
                                         for cluster in self._realms.clusters(realm)}}
        registry.register('container_sync', realms=shown)

    def __call__(self, environ, start_response):
        if environ.get('HTTP_X_CONTAINER_SYNC_TO') and environ['REQUEST_METHOD'] in ('PUT', 'POST'):
            refused = self._refused(environ['HTTP_X_CONTAINER_SYNC_TO'])
            if refused:
                return text(400, f'{refused}\n')(environ, start_response)
        if 'HTTP_X_CONTAINER_SYNC_AUTH' in environ and not self._is_signed(environ):
            return text(401, 'X-Container-Sync-Auth header not valid; contact cluster operator for support.\n')(
                environ, start_response)
        if 'HTTP_X_CONTAINER_SYNC_KEY' in environ and names.is_object(environ):
            self._take_key(environ)
        return self.app(environ, start_response)

    def _refused(self, value):
        if not value.startswith('//') and not self._full_urls:
            return ('Full URLs are not allowed for X-Container-Sync-To values. Only realm values of the format '
                    '//realm/cluster/account/container are allowed.')
        try:
            target(value, self._hosts, self._realms)
        except ValueError as error:
            return str(error)
        return None

    def _is_signed(self, environ):
        """Whether X-Container-Sync-Auth (`realm nonce signature`) is right; then the request may do what it asks."""
        given = environ['HTTP_X_CONTAINER_SYNC_AUTH'].split()
        timestamp = environ.get(_INBOUND) or environ.get('HTTP_X_TIMESTAMP', '')
        user_key = self._user_key(environ)
        if len(given) != 3 or not user_key or not timestamp:
            return False
        realm, nonce, signed = given
        path = quote((environ.get('SCRIPT_NAME', '') + environ['PATH_INFO']).encode('latin-1'))
        right = False
        for key in self._realms.keys(realm):
            wanted = signature(environ['REQUEST_METHOD'], path, timestamp, nonce, key, user_key)
            right |= hmac.compare_digest(wanted.encode(), signed.encode('latin-1', 'replace'))
        if right:
            self._let_in(environ, timestamp)
        return right

    def _user_key(self, environ):
        """The container's X-Container-Sync-Key, '' without one."""
        if not names.is_object(environ) or names.of(environ) is None:
            return ''
        return get_container_info(environ, self.app, source='CS')['sync_key'] or ''

    def _take_key(self, environ):
        """The older way: the container's key itself. A wrong one is left for the authentication to refuse."""
        timestamp = environ.get(_INBOUND) or environ.get('HTTP_X_TIMESTAMP')
        key = self._user_key(environ)
        given = environ['HTTP_X_CONTAINER_SYNC_KEY']
        if timestamp and key and hmac.compare_digest(key.encode('latin-1', 'replace'),
                                                     given.encode('latin-1', 'replace')):
            self._let_in(environ, timestamp)

    @staticmethod
    def _let_in(environ, timestamp):
        environ['HTTP_X_TIMESTAMP'] = timestamp
        environ.pop(_INBOUND, None)
        environ.update({'swift.authorize_override': True, 'swift.slo_override': True, 'swift.symlink_override': True})
