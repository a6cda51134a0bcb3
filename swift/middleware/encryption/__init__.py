"""Encryption at rest: what object servers and container databases hold is of no use to who takes the disks.

The filter `keymaster` (keys.py) knows the keys, the filter `encryption` uses them. Encrypted are bodies, ETags, values
of user metadata and the hashes of listings, in the published format: a stock proxy with the same root secret reads it.
"""
from swift import conf as options
from swift.middleware import names
from swift.middleware.encryption import keys
from swift.middleware.encryption.decrypter import Decrypter
from swift.middleware.encryption.encrypter import Encrypter
from swift.proxy import registry, responses


class Encryption:
    """WSGI filter, right of `keymaster`; right of it are only proxy-logging and the proxy."""

    def __init__(self, app, swift_dir='/etc/swift', disabled=False):
        self.app = app
        self._encrypter = Encrypter(app, swift_dir, disabled)
        self._decrypter = Decrypter(self._encrypter)
        self._containers = Decrypter(app)

    def __call__(self, environ, start_response):
        base = names.of(environ)
        if base is None or base.container is None:
            return self.app(environ, start_response)
        if keys.CALLBACK not in environ:
            return responses.error(500, 'encryption needs keymaster to its left in the pipeline.\n')(
                environ, start_response)
        method = environ['REQUEST_METHOD']
        if base.obj is None:
            handle = self._containers.container if method == 'GET' else self.app
        else:
            handle = self._decrypter.object if method in ('GET', 'HEAD') else self._encrypter
        return handle(environ, start_response)


def filter_factory(global_conf, **local_conf):
    """Paste: disable_encryption."""
    conf = {**global_conf, **local_conf}
    disabled = options.boolean(conf, 'disable_encryption', False)
    registry.register('encryption', admin=True, enabled=not disabled)
    return lambda app: Encryption(app, conf.get('swift_dir', '/etc/swift'), disabled)
