"""/v3/OS-REVOKE/events, and /v3/OS-SIMPLE-CERT, which went with PKI tokens"""
import datetime

from essex import wsgi
from essex.exception import BadRequest, Gone
from keystone.api.base import Controller
from keystone.api.v3.collection import listed

_TIMES = ('expires_at', 'issued_before', 'revoked_at')
# How fields that belong to an extension are shown.
_SHOWN = {'trust_id': 'OS-TRUST:trust_id', 'consumer_id': 'OS-OAUTH1:consumer_id',
          'access_token_id': 'OS-OAUTH1:access_token_id'}


def _view(event):
    shown = {_SHOWN.get(name, name): value for name, value in event.items() if value is not None and name != 'id'}
    for name in _TIMES:
        if name in shown:
            shown[name] = f'{shown[name].isoformat(timespec="microseconds")}Z'
    return shown


def _since(req):
    text = req.query().get('since', [None])[-1]
    if text is None:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest('since has to be a time such as 2014-02-27T18:30:59.999999Z.') from error
    return moment if moment.tzinfo is None else moment.astimezone(datetime.UTC).replace(tzinfo=None)


class RevocationController(Controller):

    @wsgi.route('GET', '/OS-REVOKE/events')
    def index(self, req):
        self.enforce(req, 'list_revoke_events')
        found = self.managers.revocation.events(_since(req))
        return listed(req, 'events', [_view(event) for event in found], itemize=False)

    @wsgi.route('GET', '/OS-SIMPLE-CERT/ca', no_auth=True)
    @wsgi.route('GET', '/OS-SIMPLE-CERT/certificates', no_auth=True)
    def certificates(self, req):
        raise Gone('Certificates signed PKI tokens, which are gone.')
