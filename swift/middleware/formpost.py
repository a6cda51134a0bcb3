"""FormPost: a browser's form puts files into a container, as the owner of a key has signed it.

The signature is an HMAC over `path\\nredirect\\nmax_file_size\\nmax_file_count\\nexpires`. Files go on to the proxy as
they arrive.
"""
import html
import re
import time
import urllib.parse

from webob import Request, Response

from swift.headers import wsgi
from swift.middleware import multipart_form, signatures
from swift.middleware.multipart_form import BadForm, Truncated
from swift.middleware.paths import account_path
from swift.proxy import registry
from swift.proxy.subrequest import make_env

_NUMBER = re.compile(r'[0-9]{1,18}')
_HEADER_TEXT = re.compile(r'[ -~]{1,256}')


class FormUnauthorized(Exception):
    """Wrong or late signature; the text is for the user."""


class Signed:
    """The fields a form must have, checked. Raises BadForm."""

    def __init__(self, fields):
        self._fields = fields
        self.redirect = fields.get('redirect', '')
        self.max_file_size = self._number('max_file_size')
        self.max_file_count = self._number('max_file_count')
        self.expires = self._number('expires')
        self.signature = fields.get('signature', '')
        self.headers = {name: fields[name] for name in ('x_delete_at', 'x_delete_after') if fields.get(name)}
        for name, value in self.headers.items():
            if not _NUMBER.fullmatch(value):
                raise BadForm(f'{name} not an integer')
        if self.redirect and not _is_safe(self.redirect):
            raise BadForm('redirect must be an http or https URL')

    def _number(self, name):
        value = self._fields.get(name) or '0'
        if not _NUMBER.fullmatch(value):
            raise BadForm(f'{name} not an integer')
        return int(value)

    def message(self, path):
        """What is signed, as bytes; `path` is a WSGI string."""
        texts = [self.redirect, *(self._fields.get(name) or '0' for name in (
            'max_file_size', 'max_file_count', 'expires'))]
        return '\n'.join([path, *map(wsgi, texts)]).encode('latin-1')


def _is_safe(url):
    try:
        parts = urllib.parse.urlsplit(url)
        return parts.scheme in ('http', 'https') and bool(parts.hostname) and url.isprintable()
    except ValueError:
        return False


class FormPost:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app, self.digests = app, signatures.allowed_digests(conf)

    def __call__(self, environ, start_response):
        if (environ['REQUEST_METHOD'] != 'POST'
                or not environ.get('CONTENT_TYPE', '').lower().startswith('multipart/form-data')):
            return self.app(environ, start_response)
        environ['swift.source'] = 'FP'
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ):
        try:
            boundary = multipart_form.boundary_of(environ['CONTENT_TYPE'])
            form = multipart_form.Form(environ['wsgi.input'], boundary, self._length(environ))
            return self._translate(environ, form)
        except FormUnauthorized as error:
            return _page(401, f'FormPost: {error}', {'WWW-Authenticate': 'Swift realm="unknown"'})
        except BadForm as error:
            return _page(400, f'FormPost: {error}')
        except Truncated:
            return _page(400, 'FormPost: the form ended early')

    @staticmethod
    def _length(environ):
        if 'chunked' in environ.get('HTTP_TRANSFER_ENCODING', '').lower():
            return None
        length = environ.get('CONTENT_LENGTH') or '0'
        if not _NUMBER.fullmatch(length):
            raise BadForm('invalid Content-Length')
        return int(length)

    def _translate(self, environ, form):
        signed = scope = None
        status, message, headers = 400, 'no file to process', []
        for count, part in enumerate(form.files(), 1):
            if signed is None:
                signed = Signed(form.fields)
                scope = self._check(environ, signed)
            if count > signed.max_file_count:
                status, message = 400, 'max_file_count exceeded'
                break
            status, message, headers = self._store(environ, signed, scope, part)
            if not 200 <= status < 300:
                break
        return _outcome(signed, status, message, headers)

    def _check(self, environ, signed):
        """'account' or 'container', whose key signed the form. Raises FormUnauthorized."""
        try:
            account_path(environ, 3)
        except ValueError:
            raise FormUnauthorized('invalid path') from None
        if signed.expires <= time.time():
            raise FormUnauthorized('Form Expired')
        signature = signatures.parse(signed.signature, self.digests)
        message = signed.message(environ['PATH_INFO'])
        scope = signature and signatures.signed_scope(environ, self.app, signature, [message])
        if not scope:
            raise FormUnauthorized('Invalid Signature')
        return scope

    def _store(self, environ, signed, scope, part):
        """(status, message, headers for the browser) of putting one file."""
        part.limit = signed.max_file_size
        request = Request(self._put_env(environ, signed, scope, part))
        try:
            response = request.get_response(self.app)
            body = response.text if response.status_int >= 300 and response.charset else ''
        except (Truncated, BadForm):
            if not part.too_large:
                raise
            response, body = None, ''
        if part.too_large:
            return 413, 'max_file_size exceeded', []
        if part.truncated:
            raise Truncated('the form ended early')
        shown = [(name, value) for name, value in response.headerlist if name.lower().startswith('access-control-')]
        return response.status_int, re.sub(r'<[^>]*>', ' ', body).strip(), shown

    @staticmethod
    def _put_env(environ, signed, scope, part):
        path = environ['PATH_INFO']
        if path.count('/') < 4:
            path += '/'
        made = make_env(environ, 'PUT', agent=None, source='FP')
        made['PATH_INFO'] = path + wsgi(part.filename)
        signatures.authorize(made, scope, '.wsgi.formpost')
        del made['CONTENT_LENGTH']
        made.update({'wsgi.input': part, 'wsgi.input_terminated': True, 'HTTP_TRANSFER_ENCODING': 'chunked'})
        for name, value in signed.headers.items():
            made['HTTP_' + name.upper()] = value
        content_type = part.headers.get('content-type', '')
        made['CONTENT_TYPE'] = content_type if _HEADER_TEXT.fullmatch(content_type) else 'application/octet-stream'
        if _HEADER_TEXT.fullmatch(part.headers.get('content-encoding', '')):
            made['HTTP_CONTENT_ENCODING'] = part.headers['content-encoding']
        if 'HTTP_ORIGIN' in environ:
            # So that the answer carries what lets a script of another site read it.
            made['HTTP_ORIGIN'] = environ['HTTP_ORIGIN']
        return made


def _outcome(signed, status, message, headers):
    headers = dict(headers)
    if not signed or not signed.redirect:
        return _page(status, f'FormPost: {message}' if message else '', headers)
    mark = '&' if '?' in signed.redirect else '?'
    query = urllib.parse.urlencode({'status': status, 'message': message}, quote_via=urllib.parse.quote)
    location = urllib.parse.quote(f'{signed.redirect}{mark}{query}', safe="!#$%&'()*+,/:;=?@[]~")
    page = _page(303, '', {**headers, 'Location': location})
    page.text = f'<html><body><p><a href="{html.escape(location)}">Click to continue...</a></p></body></html>'
    return page


def _page(status, message, headers=None):
    response = Response(status=status, content_type='text/html', charset='utf-8')
    response.headers.update(headers or {})
    response.text = f'<h1>{html.escape(response.status)}</h1>{html.escape(message)}\r\n'
    return response


def filter_factory(global_conf, **local_conf):
    """Paste: allowed_digests."""
    conf = {**global_conf, **local_conf}
    registry.register('formpost', **signatures.info(conf))
    return lambda app: FormPost(app, conf)
