"""Containers: PUT, POST, GET (its objects), HEAD, DELETE."""
from swift.proxy import account as accounts
from swift.proxy import base, checks, fanout, info, responses
from swift.proxy.errors import Refusal, refuse
from swift.proxy.paths import quoted

_PASSED = frozenset(('x-container-read', 'x-container-write', 'x-container-sync-key', 'x-container-sync-to',
                     'x-versions-location'))
_ACLS = ('HTTP_X_CONTAINER_READ', 'HTTP_X_CONTAINER_WRITE')


class ContainerController(base.Controller):
    """One request about a container."""

    kind = 'container'
    methods = ('GET', 'HEAD', 'PUT', 'POST', 'DELETE')
    delays_denial = ('GET', 'HEAD')

    def get(self):
        return self._read('GET')

    def head(self):
        return self._read('HEAD')

    def _read(self, method):
        owner = self.app.account_info(self.environ, self.account)
        if owner['status'] == 410 or owner['status'] == 404 and not self.app.autocreates(self.account):
            self.authorize(None)
            return responses.error(404)
        ring = self.app.cluster.ring('container')
        part = ring.get_part(self.account, self.container)
        answer, response = self.read_nodes(ring, part, quoted((self.account, self.container)), method)
        if answer.status in (200, 204, 404):
            info.remember(self.environ, info.container_key(self.account, self.container),
                          info.container_from(answer.status, answer.headers), self.app.options.recheck_container)
        try:
            self.authorize(answer.headers.get('X-Container-Read'))
        except Refusal:
            answer.close()
            raise
        if answer.status < 300:
            self._tell_policy(response, answer)
            response.headers['Accept-Ranges'] = 'bytes'
        return self.without_owner_headers(response)

    def _tell_policy(self, response, answer):
        policy = self.app.cluster.policies.by_index(answer.headers.get('X-Backend-Storage-Policy-Index'))
        if policy is not None:
            response.headers['X-Storage-Policy'] = policy.name

    def put(self):
        self._clean_acls()
        limits = self.app.cluster.constraints
        checks.metadata('container', self.sent_headers(), limits)
        policy = self._wanted_policy()
        checks.name('Container', self.container, limits.max_container_name_length)
        owner = self._account()
        self._check_count(owner)
        headers = {**self.metadata_headers(_PASSED),
                   'X-Backend-Storage-Policy-Default': str(self.app.cluster.policies.default.idx)}
        if policy is not None:
            headers['X-Backend-Storage-Policy-Index'] = str(policy.idx)
        return self._write('PUT', headers)

    def post(self):
        self._clean_acls()
        checks.metadata('container', self.sent_headers(), self.app.cluster.constraints)
        if self._owner_is_gone():
            return responses.error(404)
        return self._write('POST', self.metadata_headers(_PASSED), with_account=False)

    def delete(self):
        if self._owner_is_gone():
            return responses.error(404)
        response = self._write('DELETE', {})
        # 202: the nodes could not say that it existed.
        return responses.error(404) if response.status_int == 202 else response

    def _owner_is_gone(self):
        owner = self.app.account_info(self.environ, self.account)
        return owner['status'] == 410 or owner['status'] == 404 and not self.app.autocreates(self.account)

    def _account(self):
        """The account's info; the account is made where that is allowed. Raises Refusal."""
        owner = self.app.account_info(self.environ, self.account)
        # A filter may have asked, and been told of an account that only looks as if it were there.
        missing = owner['status'] == 404 or not owner.get('account_really_exists', True)
        if missing and self.app.autocreates(self.account):
            accounts.create(self.app, self.environ, self.account)
            owner = self.app.account_info(self.environ, self.account)
        if owner['status'] in (404, 410):
            raise refuse(404)
        if owner['status'] >= 500:
            raise refuse(503)
        return owner

    def _check_count(self, owner):
        limit = self.app.options.max_containers
        if not limit or owner['container_count'] < limit or self.account in self.app.options.unlimited_accounts:
            return
        if self.app.container_info(self.environ, self.account, self.container)['status'] == 404:
            raise refuse(403, f'Reached container limit of {limit}')

    def _wanted_policy(self):
        name = self.header('X_STORAGE_POLICY')
        if not name:
            return None
        policy = self.app.cluster.policies.by_name(name)
        if policy is None:
            raise refuse(400, f'Invalid X-Storage-Policy {name!r}')
        if policy.is_deprecated:
            raise refuse(400, f'Storage Policy {policy.name!r} is deprecated')
        return policy

    def _clean_acls(self):
        clean = self.environ.get('swift.clean_acl')
        for key in _ACLS:
            if clean and self.environ.get(key):
                try:
                    self.environ[key] = clean(base.header_name(key), self.environ[key])
                except ValueError as error:
                    raise refuse(400, str(error)) from error

    def _write(self, method, headers, with_account=True):
        app = self.app
        ring = app.cluster.ring('container')
        part = ring.get_part(self.account, self.container)
        nodes = app.nodes(ring, part, app.options.placement(None), reading_order=False)
        made = {**app.headers(self.environ, method), **headers, 'X-Timestamp': self.timestamp().internal,
                'Content-Length': '0'}
        sets = [made] * len(nodes.primaries)
        if with_account:
            account_ring = app.cluster.ring('account')
            account_part, account_nodes = account_ring.get_nodes(self.account)
            sets = [{**made, **extra} for extra in
                    told('X-Account', account_part, account_nodes, len(nodes.primaries), len(account_nodes))]
        info.clear_info_cache(self.environ, self.account, self.container)
        sent = fanout.Fanout(app, nodes, part, method, quoted((self.account, self.container)), sets).run()
        info.clear_info_cache(self.environ, self.account, self.container)
        answer = sent.best()
        if answer is None:
            return self.unavailable(method, sent.problems)
        return self.relayed(answer)


def told(prefix, part, nodes, count, updates):
    """Header sets for `count` requests that tell them, spread evenly, which of `nodes` to update.

    At least every node is named once, and there are at least `updates` in all.
    """
    chosen = [[] for _ in range(count)]
    for turn in range(max(updates, len(nodes)) if nodes else 0):
        names = chosen[turn % count]
        node = nodes[turn % len(nodes)]
        if node not in names:
            names.append(node)
    return [{f'{prefix}-Partition': str(part), f'{prefix}-Host': ','.join(f'{n["ip"]}:{n["port"]}' for n in names),
             f'{prefix}-Device': ','.join(n['device'] for n in names)} if names else {} for names in chosen]
