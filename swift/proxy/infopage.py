"""GET /info: what this cluster can do; more for those who sign the request with the operator's key."""
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs

import webob

from swift.headers import whole
from swift.proxy import base, registry, responses

_DIGESTS = {40: hashlib.sha1, 64: hashlib.sha256, 128: hashlib.sha512}


class InfoController(base.Controller):
    """One request for /info."""

    kind = 'info'
    methods = ('GET', 'HEAD')

    def handle(self, method):
        return self.options() if method == 'OPTIONS' else self._get(method)

    def _get(self, method):
        options = self.app.options
        if not options.expose_info:
            return responses.error(403)
        admin = False
        query = parse_qs(self.environ.get('QUERY_STRING', ''))
        signature, expires = query.get('swiftinfo_sig', [''])[0], query.get('swiftinfo_expires', [''])[0]
        if signature or expires:
            if not options.admin_key:
                return responses.error(403)
            if not self._is_signed(method, signature, expires):
                return responses.error(401)
            admin = True
        body = json.dumps(registry.info(options.disallowed_sections, admin)).encode()
        return webob.Response(status='200 OK', app_iter=[body] if method == 'GET' else [],
                              headerlist=[('Content-Type', 'application/json; charset=UTF-8'),
                                          ('Content-Length', str(len(body)))])

    def _is_signed(self, method, signature, expires):
        moment = whole(expires)
        if moment is None or moment < time.time() or not signature.isascii():
            return False
        digest = _DIGESTS.get(len(signature))
        # A signature for GET is good for HEAD.
        methods = ('GET', 'HEAD') if method == 'HEAD' else (method,)
        key = self.app.options.admin_key.encode()
        return digest is not None and any(_matches(key, f'{each}\n{expires}\n/info', digest, signature)
                                          for each in methods)


def _matches(key, text, digest, signature):
    return hmac.compare_digest(hmac.new(key, text.encode(), digest).hexdigest(), signature)
