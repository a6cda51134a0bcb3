"""No writes: in the whole cluster, or for accounts the operator marks with X-Account-Sysmeta-Read-Only."""
import urllib.parse

from swift import conf as conf_file
from swift.headers import true_value
from swift.middleware.authorization import text
from swift.middleware.quota_room import named
from swift.proxy import registry
from swift.proxy.info import get_account_info

_WRITES = ('COPY', 'DELETE', 'POST', 'PUT')


class ReadOnly:
    """WSGI filter. What is marked with the account counts before the option `read_only`."""

    def __init__(self, app, conf):
        self.app = app
        self.read_only = conf_file.boolean(conf, 'read_only', False)
        self.allow_deletes = conf_file.boolean(conf, 'allow_deletes', False)

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        account = named(environ)[0]
        if account is None or method not in _WRITES or (method == 'DELETE' and self.allow_deletes):
            return self.app(environ, start_response)
        if method == 'COPY':
            # Written is where the copy goes.
            account = urllib.parse.unquote(environ.get('HTTP_DESTINATION_ACCOUNT', ''), 'latin-1') or account
        if self._is_closed(environ, account):
            return text(405, 'Writes are disabled for this account.')(environ, start_response)
        return self.app(environ, start_response)

    def _is_closed(self, environ, account):
        asked = {**environ, 'PATH_INFO': '/v1/' + account}
        if named(asked) != (account, None, None):
            # No account: whoever copies refuses it.
            return self.read_only
        marked = (get_account_info(asked, self.app, source='RO').get('sysmeta') or {}).get('read-only')
        return true_value(marked) if marked else self.read_only


def filter_factory(global_conf, **local_conf):
    """Paste: read_only, allow_deletes."""
    conf = {**global_conf, **local_conf}
    if conf_file.boolean(conf, 'read_only', False):
        registry.register('read_only')
    return lambda app: ReadOnly(app, conf)
