"""Quotas of accounts, set by the reseller: X-Account-Quota-Bytes, -Count, each also for one storage policy.

X-Account-Quota-Bytes-Policy-<name> bounds what an account keeps under a policy. X-Account-Meta-Quota-Bytes is the old
name of the first. A reseller's own uploads are not bound by them.
"""
from webob import Request

from swift import cluster
from swift.headers import whole
from swift.middleware import quota_room
from swift.middleware.authorization import denied, text
from swift.proxy import registry
from swift.proxy.info import get_account_info, get_container_info

_OLD = 'X-Account-Meta-Quota-Bytes'
_KINDS = ('Bytes', 'Count')


class AccountQuotas:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.policies = cluster.load(conf.get('swift_dir', '/etc/swift')).policies
        # Header -> sysmeta header. A policy is kept by its index, which stays when the name changes.
        self._headers = {f'X-Account-Quota-{kind}': f'X-Account-Sysmeta-Quota-{kind}' for kind in _KINDS}
        for policy in self.policies:
            for kind in _KINDS:
                self._headers |= {f'X-Account-Quota-{kind}-Policy-{name}':
                                  f'X-Account-Sysmeta-Quota-{kind}-Policy-{policy.idx}' for name in policy.names}

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        account, container, obj = quota_room.named(environ)
        if account and not container:
            return self._account(environ, start_response, method)
        if obj and method == 'PUT' and not environ.get('reseller_request'):
            return self._upload(environ, start_response)
        return self.app(environ, start_response)

    # The account itself

    def _account(self, environ, start_response, method):
        if method in ('PUT', 'POST'):
            refused = self._set(Request(environ))
            if refused is not None:
                return refused(environ, start_response)
        return self.app(environ, self._shown(start_response))

    def _set(self, req):
        """Turn the quotas of a request into what is kept; the answer when it may not set them."""
        given = {name: req.headers[name] for name in (*self._headers, _OLD) if name in req.headers}
        for name in (*self._headers, _OLD):
            if 'X-Remove-' + name[2:] in req.headers:
                given[name] = ''
        if not given:
            return None
        if not req.environ.get('reseller_request'):
            authorize = req.environ.get('swift.authorize')
            return (authorize and authorize(req)) or denied(req)
        for name, value in given.items():
            if value and whole(value) is None:
                return text(400, f'Invalid quota: {name}.')
            if name != _OLD:
                req.headers.pop(name, None)
                req.headers[self._headers[name]] = value
        return None

    def _shown(self, start_response):
        shown = {kept.lower(): name for name, kept in reversed(self._headers.items())}

        def start(status, headers, *exc_info):
            more = [(shown[name.lower()], value) for name, value in headers if name.lower() in shown]
            return start_response(status, headers + more, *exc_info)
        return start

    # Uploads

    def _upload(self, environ, start_response):
        info = get_account_info(environ, self.app, source='AQ')
        sysmeta, meta = info.get('sysmeta') or {}, info.get('meta') or {}
        bounds = [(whole(sysmeta.get('quota-bytes') or meta.get('quota-bytes')), int(info['bytes']),
                   'Upload exceeds quota.')]
        counts = [(whole(sysmeta.get('quota-count')), int(info['total_object_count']),
                   'Upload exceeds object count quota.')]
        if any('quota-' in name and '-policy-' in name for name in sysmeta):
            policy = self.policies.by_index(get_container_info(environ, self.app, source='AQ')['storage_policy'])
            used = (info.get('storage_policies') or {}).get(policy.name.lower(), {}) if policy else {}
            index = policy.idx if policy else 0
            bounds.append((whole(sysmeta.get(f'quota-bytes-policy-{index}')), int(used.get('bytes', 0)),
                           'Upload exceeds policy quota.'))
            counts.append((whole(sysmeta.get(f'quota-count-policy-{index}')),
                           int(used.get('object_count', 0)), 'Upload exceeds policy object count quota.'))
        return self._within(environ, start_response, bounds, counts)

    def _within(self, environ, start_response, bounds, counts):
        for limit, used, message in counts:
            if limit is not None and used + 1 > limit:
                return quota_room.refuse(environ, self._acl(environ), message)(environ, start_response)
        rooms = [(limit - used, message) for limit, used, message in bounds if limit is not None]
        if not rooms:
            return self.app(environ, start_response)
        room, message = min(rooms)
        return quota_room.upload(self.app, environ, start_response, room, self._acl(environ), message)

    def _acl(self, environ):
        return get_container_info(environ, self.app, source='AQ').get('write_acl')


def filter_factory(global_conf, **local_conf):
    """Paste: swift_dir, for the names of policies."""
    conf = {**global_conf, **local_conf}
    registry.register('account_quotas')
    return lambda app: AccountQuotas(app, conf)
