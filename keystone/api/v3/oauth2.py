"""/v3/OS-OAUTH2/token"""
from urllib.parse import parse_qsl

from essex import wsgi
from keystone.api import faults
from keystone.api.base import Controller
from keystone.delegation.oauth2 import Oauth2Error

# RFC 6749, 5.1
_NOT_STORED = {'Cache-Control': 'no-store', 'Pragma': 'no-cache'}


class Oauth2Controller(Controller):

    @wsgi.route('POST', '/OS-OAUTH2/token', no_auth=True)
    def token(self, req):
        form = {}
        if req.content_type == 'application/x-www-form-urlencoded':
            form = dict(parse_qsl(req.body.decode('latin-1'), encoding='utf-8'))
        try:
            token = self.managers.oauth2.token(form)
        except Oauth2Error as error:
            headers = dict(_NOT_STORED)
            if error.code == 401:
                headers['WWW-Authenticate'] = f'Keystone uri="{faults.identity_url(req)}"'
            return wsgi.json_response({'error': error.error, 'error_description': str(error)}, error.code, headers)
        lasts = int(token.claims.expires_at - token.claims.issued_at)
        return wsgi.Reply({'access_token': token.id, 'token_type': 'Bearer', 'expires_in': lasts}, headers=_NOT_STORED)
