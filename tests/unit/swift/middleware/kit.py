"""A small object store in a dict that asks for authorisation as the proxy does: what filters are put in front of."""
import json
import urllib.parse

import webob

# What account servers do not know.
NOT_KEPT = ('x-account-access-control', 'x-auth-token', 'host')


class Store:
    """WSGI application. `accounts`, `containers`, `objects` are {path: headers}, `bodies` {path: bytes}."""

    def __init__(self, *containers, **account_headers):
        self.accounts, self.containers, self.objects, self.bodies = {}, {}, {}, {}
        self.calls = []
        self.add_account('/v1/AUTH_test', **account_headers)
        for container in containers:
            self.containers['/v1/AUTH_test/' + container] = {}

    def add_account(self, path, **headers):
        self.accounts[path] = {name.replace('_', '-'): value for name, value in headers.items()}

    def add_container(self, name, **headers):
        self.containers['/v1/AUTH_test/' + name] = {key.replace('_', '-'): value for key, value in headers.items()}

    def add_object(self, name, body=b'', **headers):
        path = '/v1/AUTH_test/' + name
        self.bodies[path] = body
        self.objects[path] = {'Content-Type': 'text/plain',
                              **{key.replace('_', '-'): value for key, value in headers.items()}}

    def last(self, method):
        """The environment of the last request of `method`."""
        return [environ for called, _path, _headers, environ in self.calls if called == method][-1]

    def __call__(self, environ, start_response):
        request = webob.Request(environ)
        self.calls.append((request.method, environ['PATH_INFO'], dict(request.headers), environ))
        return self.answer(request)(environ, start_response)

    def answer(self, request):
        path, method = request.environ['PATH_INFO'], request.method
        names = path.split('/', 4)[1:]
        if not names[-1]:
            names.pop()
            path = path[:-1]
        container = '/' + '/'.join(names[:3])
        kind = 'write' if method in ('PUT', 'POST', 'DELETE') else 'read'
        if len(names) == 4 or (len(names) == 3 and kind == 'read'):
            request.environ['swift.acl'] = self.containers.get(container, {}).get(f'X-Container-{kind.title()}')
        refused = request.environ['swift.authorize'](request) if 'swift.authorize' in request.environ else None
        if refused is not None:
            return refused
        places = {2: self.accounts, 3: self.containers, 4: self.objects}
        place = places.get(len(names))
        if place is None:
            return webob.Response(status=412, text='Bad URL')
        return getattr(self, '_' + method.lower())(request, path, place)

    def _head(self, request, path, place):
        if path not in place:
            return webob.Response(status=404)
        headers = dict(place[path])
        if place is self.objects:
            return webob.Response(status=200, headers=headers, body=self.bodies[path], conditional_response=True)
        return webob.Response(status=204, headers=headers)

    def _get(self, request, path, place):
        response = self._head(request, path, place)
        if place is self.containers and response.status_int == 204:
            response = webob.Response(json=self._listing(path, request.GET))
            response.headers.update(place[path])
        return response

    def _listing(self, path, query):
        prefix, delimiter = query.get('prefix', ''), query.get('delimiter')
        limit, marker = int(query.get('limit') or 10000), query.get('marker', '')
        found, seen = [], set()
        for name in sorted(urllib.parse.unquote(each[len(path) + 1:].encode('latin-1').decode())
                           for each in self.objects if each.startswith(path + '/')):
            if not name.startswith(prefix) or name <= marker:
                continue
            group = name[len(prefix):].find(delimiter) if delimiter else -1
            if group >= 0:
                subdir = name[:len(prefix) + group + 1]
                if subdir not in seen:
                    found.append({'subdir': subdir})
                seen.add(subdir)
            else:
                found.append({'name': name, 'bytes': 3, 'hash': 'd41d8', 'content_type': 'text/plain',
                              'last_modified': '2026-01-02T03:04:05.678900'})
        return found[:limit]

    def _put(self, request, path, place):
        place[path] = dict(request.headers)
        if place is self.objects:
            self.bodies[path] = request.body_file.read()
        return webob.Response(status=201)

    def _post(self, request, path, place):
        sent = {name: value for name, value in request.headers.items() if name.lower() not in NOT_KEPT}
        place.setdefault(path, {}).update(sent)
        return webob.Response(status=202 if place is self.objects else 204)

    def _delete(self, request, path, place):
        return webob.Response(status=204 if place.pop(path, None) is not None else 404)

    def _options(self, request, path, place):
        return webob.Response(status=200)


class Cache(dict):
    """swift.cache, by name; values go through JSON as memcached's do."""

    def get(self, key, default=None):
        value = super().get(key)
        return default if value is None else json.loads(value)

    def set(self, key, value, seconds=0):
        self[key] = json.dumps(value)

    def delete(self, key):
        self.pop(key, None)

    def incr(self, key, delta=1, seconds=0):
        value = max(0, int(self.get(key, 0)) + delta)
        self.set(key, value)
        return value

    def decr(self, key, delta=1, seconds=0):
        return self.incr(key, -delta)


def call(app, path='/v1/AUTH_test', method='GET', body=b'', cache=None, environ=None, **headers):
    """The response of `app`; headers with underscores for dashes; `path` may hold a query and is URL-encoded."""
    request = webob.Request.blank(path, method=method, body=body)
    request.environ.update(environ or {})
    if cache is not None:
        request.environ['swift.cache'] = cache
    for name, value in headers.items():
        request.headers[name.replace('_', '-')] = value
    return request.get_response(app)
