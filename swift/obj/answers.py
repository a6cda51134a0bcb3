"""What the object server answers: a status, headers and a body, without the weight of a general response."""
import http

_REASONS = {each.value: each.phrase for each in http.HTTPStatus} | {
    416: 'Requested Range Not Satisfiable', 499: 'Client Disconnect', 507: 'Insufficient Storage'}
_LINES = {code: f'{code} {phrase}' for code, phrase in _REASONS.items()}


class Answer:
    """A WSGI application. `body` is text, bytes, or an iterable (then `length` is its length)."""

    def __init__(self, status_int, body=b'', headers=None, length=None):
        self.status_int, self.headers = status_int, dict(headers or {})
        self._body = body.encode() if isinstance(body, str) else body
        self.content_length = len(self._body) if isinstance(self._body, bytes) else length
        if body and isinstance(body, str):
            self.headers.setdefault('Content-Type', 'text/plain; charset=UTF-8')

    def __call__(self, environ, start_response):
        headers = list(self.headers.items())
        if self.status_int not in (204, 304) and self.content_length is not None:
            headers.append(('Content-Length', str(self.content_length)))
        start_response(_LINES[self.status_int], headers)
        if environ['REQUEST_METHOD'] == 'HEAD' or self.status_int in (204, 304):
            close = getattr(self._body, 'close', None)
            if close:
                close()
            return [b'']
        return [self._body] if isinstance(self._body, bytes) else self._body
