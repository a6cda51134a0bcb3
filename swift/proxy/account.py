"""Accounts: HEAD, GET (its containers), POST metadata; PUT and DELETE where the operator allows them."""
import json

import webob

from swift.proxy import base, checks, fanout, info, responses
from swift.proxy.errors import Refusal
from swift.proxy.paths import quoted

_PASSED = frozenset(('x-backend-storage-policy-index',))


class AccountController(base.Controller):
    """One request about an account."""

    kind = 'account'

    def allowed(self):
        """PUT and DELETE exist when accounts are managed here."""
        managed = {'PUT', 'DELETE'} if self.app.options.account_management else set()
        return {'GET', 'HEAD', 'POST', 'OPTIONS', *managed}

    def get(self):
        return self._read('GET')

    def head(self):
        return self._read('HEAD')

    def _read(self, method):
        checks.name('Account', self.account, self.app.cluster.constraints.max_account_name_length)
        ring = self.app.cluster.ring('account')
        part = ring.get_part(self.account)
        answer, response = self.read_nodes(ring, part, quoted((self.account,)), method)
        if answer.status == 404:
            if answer.headers.get('X-Account-Status', '').lower() == 'deleted':
                return responses.error(410)
            if self.app.autocreates(self.account):
                return self._invented(method)
        if answer.status in (200, 204, 404):
            info.remember(self.environ, info.account_key(self.account),
                          info.account_from(answer.status, answer.headers), self.app.options.recheck_account)
        response.headers['Accept-Ranges'] = 'bytes'
        return self.without_owner_headers(response)

    def _invented(self, method):
        """An account that will be made when something is put into it: it looks empty."""
        headers = [('Content-Type', 'application/json; charset=utf-8'), ('X-Account-Container-Count', '0'),
                   ('X-Account-Object-Count', '0'), ('X-Account-Bytes-Used', '0'), ('Accept-Ranges', 'bytes'),
                   # Clients read it of every account.
                   ('X-Timestamp', base.Timestamp.now().normal),
                   ('X-Backend-Fake-Account-Listing', 'yes')]
        body = json.dumps([]).encode()
        headers.append(('Content-Length', str(len(body) if method == 'GET' else 0)))
        return webob.Response(status='200 OK' if method == 'GET' else '204 No Content', headerlist=headers,
                              app_iter=[body] if method == 'GET' else [])

    def post(self):
        checks.name('Account', self.account, self.app.cluster.constraints.max_account_name_length)
        checks.metadata('account', self.sent_headers(), self.app.cluster.constraints)
        sent = self._write('POST')
        answer = sent.best()
        deleted = any(each.headers.get('X-Account-Status', '').lower() == 'deleted' for each in sent.answers)
        if answer is not None and answer.status == 404 and not deleted and self.app.autocreates(self.account):
            create(self.app, self.environ, self.account)
            sent = self._write('POST')
        return self._answer(sent, 'POST')

    def put(self):
        checks.name('Account', self.account, self.app.cluster.constraints.max_account_name_length)
        checks.metadata('account', self.sent_headers(), self.app.cluster.constraints)
        return self._answer(self._write('PUT'), 'PUT')

    def delete(self):
        if self.environ.get('QUERY_STRING'):
            # Perhaps somebody meant ?bulk-delete, and the filter for that is missing.
            return responses.error(400, 'Accounts are deleted without a query')
        return self._answer(self._write('DELETE'), 'DELETE')

    def _write(self, method):
        headers = {} if method == 'DELETE' else self.metadata_headers(_PASSED)
        return write(self.app, self.environ, self.account, method, self.timestamp(), headers)

    def _answer(self, sent, method):
        answer = sent.best()
        if answer is None:
            return self.unavailable(method, sent.problems)
        return self.relayed(answer)


def write(app, environ, account, method, timestamp, headers):
    """Send a change of an account to its nodes; the Fanout."""
    ring = app.cluster.ring('account')
    part = ring.get_part(account)
    nodes = app.nodes(ring, part, app.options.placement(None), reading_order=False)
    made = {**app.headers(environ, method), **headers, 'X-Timestamp': timestamp.internal, 'Content-Length': '0'}
    info.clear_info_cache(environ, account)
    sent = fanout.Fanout(app, nodes, part, method, quoted((account,)), [made] * len(nodes.primaries)).run()
    info.clear_info_cache(environ, account)
    return sent


def create(app, environ, account):
    """Make an account that something is put into. Raises Refusal."""
    checks.name('Account', account, app.cluster.constraints.max_account_name_length)
    # What an auth filter keeps with the account comes with the request that makes it.
    kept = {base.header_name(key): value for key, value in environ.items() if key.startswith('HTTP_X_ACCOUNT_SYSMETA_')}
    sent = write(app, environ, account, 'PUT', base.Timestamp.now(), kept)
    answer = sent.best()
    if answer is None or answer.status >= 300:
        raise Refusal(responses.error(503, f'The account could not be created: {"; ".join(sent.problems)}\n'))
