"""Plain answers: a status with the sentence that goes with it."""
import webob

# Status -> (reason, the sentence of the page)
_TEXTS = {
    400: ('Bad Request', 'The server could not comply with the request since it is either malformed or otherwise '
                         'incorrect.'),
    401: ('Unauthorized', 'This server could not verify that you are authorized to access the document you requested.'),
    403: ('Forbidden', 'Access was denied to this resource.'),
    404: ('Not Found', 'The resource could not be found.'),
    405: ('Method Not Allowed', 'The method is not allowed for this resource.'),
    406: ('Not Acceptable', 'The resource is not available in a format acceptable to your browser.'),
    408: ('Request Timeout', 'The server has waited too long for the request to be sent by the client.'),
    409: ('Conflict', 'There was a conflict when trying to complete your request.'),
    410: ('Gone', 'This resource is no longer available.'),
    411: ('Length Required', 'Content-Length header required.'),
    412: ('Precondition Failed', 'A precondition for this request was not met.'),
    413: ('Request Entity Too Large', 'The body of your request was too large for this server.'),
    416: ('Requested Range Not Satisfiable', 'The Range requested is not available.'),
    422: ('Unprocessable Entity', 'Unable to process the contained instructions.'),
    499: ('Client Disconnect', 'The client was disconnected during request.'),
    500: ('Internal Error', 'The server has either erred or is incapable of performing the requested operation.'),
    503: ('Service Unavailable', 'The server is currently unavailable. Please try again at a later time.'),
}
_REASONS = {200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content',
            304: 'Not Modified', 507: 'Insufficient Storage'}
_TYPE = 'text/html; charset=UTF-8'


def status_line(status, reason=''):
    """`404 Not Found`."""
    known = _TEXTS.get(status)
    return f'{status} {known[0] if known else _REASONS.get(status) or reason or "Unknown"}'


def error(status, text=None, headers=()):
    """An answer with a page; `text` instead of the usual one, then as text/plain. A Content-Type in `headers` wins."""
    reason, sentence = _TEXTS.get(status, ('', ''))
    body = (text if text is not None else f'<html><h1>{reason}</h1><p>{sentence}</p></html>').encode()
    made = [('Content-Length', str(len(body))), *headers]
    if not any(name == 'Content-Type' for name, _ in headers):
        made.insert(0, ('Content-Type', _TYPE if text is None else 'text/plain; charset=UTF-8'))
    return webob.Response(status=status_line(status), headerlist=made, app_iter=[body])


def empty(status, headers=()):
    """An answer without a page."""
    made = [('Content-Type', _TYPE), *headers]
    if status != 204 and not any(name.lower() == 'content-length' for name, _ in made):
        made.append(('Content-Length', '0'))
    return webob.Response(status=status_line(status), headerlist=made, app_iter=[])
