"""Errors in the Block Storage API's form: {"itemNotFound": {"code": 404, "message": "..."}}."""
from essex import wsgi

_NAMES = {400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound', 405: 'badMethod',
          406: 'notAcceptable', 409: 'conflictingRequest', 413: 'overLimit', 415: 'badMediaType',
          501: 'notImplemented', 503: 'serviceUnavailable'}


def fault(status, title, message, error, req):
    """The response of an error. A quota that is used up is 413 here to this day."""
    status = getattr(error, 'legacy_code', status)
    body = {'code': status, 'message': message}
    if status == 413:
        body['retryAfter'] = getattr(error, 'headers', {}).get('Retry-After', '0')
    return wsgi.json_response({_NAMES.get(status, 'computeFault'): body}, status)
