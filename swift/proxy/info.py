"""What the proxy and its filters know of accounts, containers and objects, cached for a minute.

Every dict has `status` (int). Times out after 60 s, what is missing after 6 s. Do not change what you get.
"""
from swift.headers import is_sys_meta, is_user_meta
from swift.proxy import paths, subrequest

EXISTS_SECONDS = 60
MISSING_SECONDS = 6
_CORS = (('allow_origin', 'access-control-allow-origin'), ('expose_headers', 'access-control-expose-headers'),
         ('max_age', 'access-control-max-age'))


def get_account_info(env, app, source=None):
    """status, container_count, total_object_count, bytes, meta, sysmeta, account_really_exists."""
    _, account, _, _ = paths.split(env['PATH_INFO'], reserved=True)
    return cached(env, account_key(account)) or _ask(env, app, account_from, account_key(account), (account,), source)


def get_container_info(env, app, source=None):
    """status, object_count, bytes, read_acl, write_acl, sync_key, sync_to, storage_policy, versions, cors, meta, ...

    Counts and storage_policy are ints, the rest text or None; cors has allow_origin, expose_headers, max_age; meta
    and sysmeta are {lower-case name without its prefix: value}. An object's path names its container.
    """
    _, account, container, _ = paths.split(env['PATH_INFO'], reserved=True)
    key = container_key(account, container)
    return cached(env, key) or _ask(env, app, container_from, key, (account, container), source)


def get_object_info(env, app, path=None, source=None):
    """status, length, type, etag, meta, sysmeta, transient_sysmeta of an object; kept for this request.

    `path` is text, /v1/account/container/object; without it the object is that of the request.
    """
    if path is None:
        path = '/' + '/'.join(paths.split(env['PATH_INFO'], reserved=True))
    known = env.setdefault('swift.infocache', {})
    key = 'object' + path.partition('/')[2].partition('/')[2]
    if key not in known:
        known[key] = object_from(*_head(env, app, path, source))
    return known[key]


def account_key(account):
    """The key in both caches."""
    return f'account/{account}'


def container_key(account, container):
    """The key in both caches."""
    return f'container/{account}/{container}'


def cached(env, key):
    """What this request or the cache knows, or None."""
    known = env.get('swift.infocache')
    if known is not None and key in known:
        return known[key]
    cache = env.get('swift.cache')
    found = cache.get(key) if cache is not None else None
    if found is not None:
        env.setdefault('swift.infocache', {})[key] = found
    return found


def remember(env, key, value, seconds=EXISTS_SECONDS):
    """Keep what was found: `seconds` when it exists, a tenth when it is missing, nothing after a failure."""
    env.setdefault('swift.infocache', {})[key] = value
    cache = env.get('swift.cache')
    if cache is not None and (200 <= value['status'] < 300 or value['status'] in (404, 410)):
        cache.set(key, value, seconds if value['status'] < 300 else seconds * MISSING_SECONDS / EXISTS_SECONDS)


def clear_info_cache(env, account, container=None):
    """Forget a container, or an account."""
    key = container_key(account, container) if container else account_key(account)
    env.get('swift.infocache', {}).pop(key, None)
    cache = env.get('swift.cache')
    if cache is not None:
        cache.delete(key)


def _ask(env, app, convert, key, names, source):
    status, headers = _head(env, app, '/v1/' + '/'.join(names), source)
    # The proxy has remembered it by now, unless something in between answered.
    found = env.get('swift.infocache', {}).get(key)
    if found is None:
        found = convert(status, headers)
        remember(env, key, found)
    return found


def _head(env, app, path, source):
    request = subrequest.make_subrequest(env, 'HEAD', path, source=source or 'GET_INFO', agent='%(orig)s Swift',
                                         authorized=True)
    response = request.get_response(app)
    response.app_iter and getattr(response.app_iter, "close", lambda: None)()
    return response.status_int, {name.lower(): value for name, value in response.headerlist}


def account_from(status, headers):
    """The info of an account in the headers (lower case) of its HEAD."""
    return {'status': status, 'container_count': _int(headers, 'x-account-container-count'),
            'total_object_count': _int(headers, 'x-account-object-count'),
            'bytes': _int(headers, 'x-account-bytes-used'), **_metadata('account', headers),
            'storage_policies': _by_policy(headers),
            'account_really_exists': headers.get('x-backend-fake-account-listing', 'no') != 'yes'}


def _by_policy(headers):
    """{name of a policy in lower case: {'bytes': text, 'object_count': text}} of an account's headers."""
    made = {}
    for name, value in headers.items():
        if name.startswith('x-account-storage-policy-'):
            for end, kind in (('-bytes-used', 'bytes'), ('-object-count', 'object_count')):
                if name.endswith(end):
                    made.setdefault(name[25:-len(end)], {})[kind] = value
    return made


def container_from(status, headers):
    """The info of a container in the headers (lower case) of its HEAD."""
    metadata = _metadata('container', headers)
    return {'status': status, 'read_acl': headers.get('x-container-read'),
            'write_acl': headers.get('x-container-write'), 'sync_key': headers.get('x-container-sync-key'),
            'sync_to': headers.get('x-container-sync-to'), 'object_count': _int(headers, 'x-container-object-count'),
            'bytes': _int(headers, 'x-container-bytes-used'), 'versions': headers.get('x-versions-location'),
            'storage_policy': _int(headers, 'x-backend-storage-policy-index'),
            'created_at': headers.get('x-backend-timestamp'), 'put_timestamp': headers.get('x-backend-put-timestamp'),
            'sharding_state': headers.get('x-backend-sharding-state', 'unsharded'),
            'cors': {name: metadata['meta'].get(header) for name, header in _CORS}, **metadata}


def object_from(status, headers):
    """The info of an object in the headers (lower case) of its HEAD."""
    return {'status': status, 'length': headers.get('content-length'), 'type': headers.get('content-type'),
            'etag': headers.get('etag'), **_metadata('object', headers),
            'transient_sysmeta': _with_prefix(headers, 'x-object-transient-sysmeta-')}


def _int(headers, name):
    value = headers.get(name, '0')
    return int(value) if value.isdecimal() else 0


def _metadata(kind, headers):
    return {'meta': {name[len(kind) + 8:]: value for name, value in headers.items() if is_user_meta(kind, name)},
            'sysmeta': {name[len(kind) + 11:]: value for name, value in headers.items() if is_sys_meta(kind, name)}}


def _with_prefix(headers, prefix):
    return {name[len(prefix):]: value for name, value in headers.items() if name.startswith(prefix)}
