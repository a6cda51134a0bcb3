"""Symbolic links: an object of no bytes that stands for another, dynamic (by name) or static (by name and ETag)."""
from urllib.parse import quote

import webob

from swift import conf as options
from swift.headers import true_value, whole
from swift.middleware import copied, listing_hash, looking, names
from swift.middleware.segments import text
from swift.proxy import registry
from swift.proxy.subrequest import make_subrequest

TARGET = 'X-Object-Sysmeta-Symlink-Target'
ACCOUNT = 'X-Object-Sysmeta-Symlink-Target-Account'
ETAG = 'X-Object-Sysmeta-Symlink-Target-Etag'
BYTES = 'X-Object-Sysmeta-Symlink-Target-Bytes'
EXTEND = 'X-Object-Sysmeta-Symloop-Extend'      # tells the original that a link is hidden: to follow it is no level
FOLLOWED = 'X-Backend-Symlink-Followed'         # in an answer: TARGET of the first link that was followed
EMPTY = 'd41d8cd98f00b204e9800998ecf8427e'
SHOWN = ((TARGET, 'X-Symlink-Target'), (ACCOUNT, 'X-Symlink-Target-Account'), (ETAG, 'X-Symlink-Target-Etag'),
          (BYTES, 'X-Symlink-Target-Bytes'))
# What about a request stays true when it is made for the target.
_CARRIED = ('Range', 'If-Range', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'X-Newest',
            'X-Open-Expired', 'X-Backend-Etag-Is-At', 'X-Backend-Ignore-Range-If-Metadata-Present')


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    loops = options.integer(conf, 'symloop_max', 2, 1)
    registry.register('symlink', symloop_max=loops, static_links=True)
    return lambda app: Symlink(app, loops)


class Symlink:
    """Filter: the last before the proxy; what is left of it sees targets."""

    def __init__(self, app, loops):
        self.app, self._loops = app, loops

    def __call__(self, environ, start_response):
        method = environ['REQUEST_METHOD']
        if not names.is_object(environ):
            if method == 'GET' and 'format=json' in environ.get('QUERY_STRING', ''):
                return self._listing(environ, start_response)
            return self.app(environ, start_response)
        if method in ('GET', 'HEAD'):
            return self._read(environ, start_response)
        if method == 'PUT' and ('HTTP_X_SYMLINK_TARGET' in environ or 'HTTP_X_SYMLINK_TARGET_ETAG' in environ):
            return self._put(webob.Request(environ))(environ, start_response)
        if method == 'POST':
            return self._post(environ, start_response)
        return self.app(environ, start_response)

    # Making links

    def _put(self, req):
        base = names.of(req.environ)
        if base is None:
            return text(412, 'Bad URL')
        try:
            target = _target(req, base)
        except ValueError as error:
            return text(412 if isinstance(error, _BadHeader) else 400, f'{error}\n')
        if req.content_length or ('chunked' in req.headers.get('Transfer-Encoding', '').lower()
                                  and req.environ['wsgi.input'].read(1)):
            return text(400, 'Symlink requests require a zero byte body\n')
        # X-Object-Sysmeta-Symlink-Target-Bytes comes from a filter that has just written the target itself.
        etag = req.headers.pop('X-Symlink-Target-Etag', '').strip('"')
        size = req.headers.get(BYTES)
        if req.environ.get('swift.symlink_override'):
            # Container sync brings a link that was checked where it was made; its target may come later.
            size = req.headers.pop('X-Symlink-Target-Bytes', None) or '0'
            if not whole(size) and size != '0':
                return text(400, 'Bad X-Symlink-Target-Bytes format\n')
        if etag and size is None:
            refused, size = self._check_static(req, target, etag)
            if refused is not None:
                return refused
        _become_link(req, base, target, etag, size)
        return req.get_response(self.app)

    def _check_static(self, req, target, etag):
        """(the refusal or None, the target's size)."""
        # A dynamic link is bound to itself, which may lead elsewhere tomorrow; of others it is told what they lead to.
        for app in (self.app, self):
            sub = make_subrequest(req.environ, 'HEAD', target.path(target.container, target.obj), source='SYM')
            response = sub.get_response(app)
            copied.close_body(response)
            if TARGET not in response.headers or not (ETAG in response.headers or _is_hidden(response)):
                break
        if response.status_int == 404:
            return text(409, 'X-Symlink-Target does not exist\n'), None
        if response.status_int != 200:
            return response, None
        known = response.headers.get('X-Object-Sysmeta-Slo-Etag')
        if etag not in (response.headers.get('Etag', '').strip('"'), known):
            return text(409, f'Object Etag {response.headers.get("Etag")} does not match X-Symlink-Target-Etag header '
                             f'{etag}\n'), None
        return None, response.headers.get('X-Object-Sysmeta-Slo-Size') or response.headers.get('Content-Length', '0')

    # Following them

    def _read(self, environ, start_response):
        itself = 'symlink=get' in environ.get('QUERY_STRING', '')
        path_info = environ['PATH_INFO']
        status, headers, body = looking.ahead(self.app, environ)
        if looking.value(headers, 'x-object-sysmeta-symlink-target') is None:
            start_response(status, headers)
            return body
        link = webob.Response(status=status, headerlist=headers, app_iter=body)
        if itself:
            for stored, shown in SHOWN:
                if stored in link.headers:
                    link.headers[shown] = link.headers[stored]
            return link(environ, start_response)
        environ['PATH_INFO'] = path_info
        return self._follow(webob.Request(environ), link)(environ, start_response)

    def _follow(self, req, link):
        followed, etag, first = 0, None, link.headers[TARGET]
        while TARGET in link.headers:
            copied.close_body(link)
            # A hidden target belongs to the link, which only filters make: it is no level, and who may read the link
            # may read it.
            hidden = _is_hidden(link)
            if not hidden:
                if followed == self._loops:
                    return text(409, 'Too many levels of symbolic links, maximum allowed is '
                                     f'{self._loops}\n')
                followed += 1
            # What was bound to an ETag may be a link itself: that has the ETag of nothing.
            etag = link.headers.get(ETAG) if etag in (None, EMPTY) else etag
            target = _of_link(link, names.of(req.environ))
            headers = {name: req.headers[name] for name in _CARRIED if name in req.headers}
            if hidden:
                headers['X-Backend-Allow-Reserved-Names'] = 'true'
            sub = make_subrequest(req.environ, req.method, target.path(target.container, target.obj), headers=headers,
                                  query=req.query_string, source='SYM', authorized=hidden)
            link = sub.get_response(self.app)
        if etag and link.status_int // 100 == 2 and etag not in (
                link.headers.get('Etag', '').strip('"'), link.headers.get('X-Object-Sysmeta-Slo-Etag')):
            copied.close_body(link)
            return text(409, f'Object Etag {link.headers.get("Etag")} does not match X-Symlink-Target-Etag {etag}\n')
        if not _is_reserved(target):
            link.headers['Content-Location'] = quote(target.path(target.container, target.obj))
        link.headers[FOLLOWED] = first
        return link

    def _post(self, environ, start_response):
        if 'HTTP_X_SYMLINK_TARGET' in environ:
            return text(400, 'A PUT request is required to set a symlink target\n')(environ, start_response)
        sub = make_subrequest(environ, 'HEAD', source='SYM', authorized=True)
        status, headers, body = looking.ahead(self.app, environ)
        if not status.startswith('2'):
            start_response(status, headers)
            return body
        link = sub.get_response(self.app)
        copied.close_body(link)
        if TARGET not in link.headers:
            start_response(status, headers)
            return body
        copied.close_body(webob.Response(app_iter=body))
        target = _of_link(link, names.of(environ))
        location = quote(target.path(target.container, target.obj))
        message = (b'The requested POST was applied to a symlink. POST directly to the target to apply requested '
                   b'metadata.\n')
        start_response('307 Temporary Redirect', [('Location', location), ('Content-Type', 'text/plain'),
                                                  ('Content-Length', str(len(message)))])
        environ['swift.leave_relative_location'] = True
        return [message]

    # Listings

    def _listing(self, environ, start_response):
        base = names.of(environ)
        response = webob.Request(environ).get_response(self.app)

        def change(item, params):
            target = params.pop('symlink_target', None)
            if target is None:
                return
            account = params.pop('symlink_target_account', None) or quote(base.account)
            item['symlink_path'] = f'/v1/{account}/{target}'
            if 'symlink_target_etag' in params:
                item['symlink_etag'] = params.pop('symlink_target_etag')
            if 'symlink_target_bytes' in params:
                item['symlink_bytes'] = int(params.pop('symlink_target_bytes'))
        return listing_hash.rewrite(response, change, b'symlink_target')(environ, start_response)


class _BadHeader(ValueError):
    """A header that names nothing: 412."""


def _target(req, base):
    """The Names a link is to have for its target. ValueError."""
    value = req.headers.get('X-Symlink-Target')
    if not value:
        raise ValueError('X-Symlink-Target-Etag needs X-Symlink-Target')
    try:
        container, obj = names.container_and_object(names.from_header(value))
        account = names.from_header(req.headers.get('X-Symlink-Target-Account', '')) or base.account
    except ValueError:
        raise _BadHeader('X-Symlink-Target header must be of the form <container name>/<object name>') from None
    if '/' in account:
        raise _BadHeader('X-Symlink-Target-Account must be an account name: no slashes')
    reserved = true_value(req.headers.get('X-Backend-Allow-Reserved-Names', ''))
    if '\0' in account + container + obj and not reserved:
        raise _BadHeader('X-Symlink-Target header must be of the form <container name>/<object name>')
    if (account, container, obj) == (base.account, base.container, base.obj):
        raise ValueError('Symlink cannot target itself')
    etag = req.headers.get('X-Symlink-Target-Etag', '').strip('"')
    if etag and not (etag.isascii() and etag.isalnum()):
        raise ValueError('Bad X-Symlink-Target-Etag format')
    return names.Names(base.version, account, container, obj)


def _become_link(req, base, target, etag, size):
    """Put what makes a link into the headers of a PUT."""
    path = quote(f'{target.container}/{target.obj}')
    params = {'symlink_target': path}
    for name in ('X-Symlink-Target', 'X-Symlink-Target-Account'):
        req.headers.pop(name, None)
    req.headers[TARGET] = path
    if target.account != base.account:
        req.headers[ACCOUNT] = params['symlink_target_account'] = quote(target.account)
    if etag:
        req.headers.update({ETAG: etag, BYTES: str(size)})
        params.update({'symlink_target_etag': etag, 'symlink_target_bytes': size})
    if _is_reserved(target):
        req.headers['X-Object-Sysmeta-Allow-Reserved-Names'] = 'true'
    req.headers.setdefault('Content-Type', 'application/symlink')
    override = 'X-Object-Sysmeta-Container-Update-Override-Etag'
    known, more = listing_hash.split(req.headers.get(override, EMPTY))
    req.headers[override] = listing_hash.join(known, {**more, **params})
    if 'chunked' in req.headers.get('Transfer-Encoding', '').lower():
        req.headers.pop('Transfer-Encoding')
        req.body = b''


def _of_link(link, base):
    """The Names a stored link points to."""
    container, obj = names.container_and_object(names.from_header(link.headers[TARGET]))
    account = names.from_header(link.headers.get(ACCOUNT, '')) or base.account
    return names.Names(base.version, account, container, obj)


def _is_hidden(link):
    return true_value(link.headers.get('X-Object-Sysmeta-Allow-Reserved-Names', ''))


def _is_reserved(target):
    return '\0' in target.container + target.obj
