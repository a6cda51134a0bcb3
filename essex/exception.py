"""Errors that domain code raises; only the API edge turns them into an API's own format.

A class says its HTTP status (`code`), its heading (`title`), a machine-readable `reason` and a message
template that keyword arguments fill. The text is for the user: what was asked, what is wrong, what to do.
"""


class EssexError(Exception):
    """Root of all errors with a meaning. `kwargs` are the values the message was made from.

    `public_message` is the template for those who do not run the cloud, of errors whose `message` names what is none of
    their business: hosts, paths, what programs said.
    """

    code = 500
    title = 'Internal Server Error'
    reason = 'internal'
    message = 'The service could not complete the request. Its log has the cause under the request id.'
    public_message = None
    headers = {}

    def __init__(self, message=None, **kwargs):
        self.kwargs = kwargs
        super().__init__(message or self.message % kwargs)
        self._said = message

    @property
    def public(self):
        """The text for those who do not run the cloud."""
        return str(self) if self._said or self.public_message is None else self.public_message % self.kwargs


def public_text(error):
    """What those who do not run the cloud are told of any error."""
    return error.public if isinstance(error, EssexError) else (
        f'An unexpected error ({type(error).__name__}). The operators of the cloud find more in its log.')


class BadRequest(EssexError):
    code, title, reason = 400, 'Bad Request', 'badRequest'
    message = 'The request could not be understood.'


class ValidationError(BadRequest):
    """The body or the query does not follow the schema of the call."""


class Unauthorized(EssexError):
    code, title, reason = 401, 'Unauthorized', 'unauthorized'
    message = 'The request you have made requires authentication.'


class Forbidden(EssexError):
    code, title, reason = 403, 'Forbidden', 'forbidden'
    message = 'You are not allowed to do this.'


class PolicyNotAuthorized(Forbidden):
    message = "Policy doesn't allow %(action)s to be performed."


class NotFound(EssexError):
    code, title, reason = 404, 'Not Found', 'itemNotFound'
    message = 'The resource could not be found.'


class MethodNotAllowed(EssexError):
    code, title, reason = 405, 'Method Not Allowed', 'badMethod'
    message = 'The method %(method)s is not allowed for this resource.'


class NotAcceptable(EssexError):
    code, title, reason = 406, 'Not Acceptable', 'notAcceptable'
    message = 'The service cannot answer in a form that the request accepts.'


class Conflict(EssexError):
    code, title, reason = 409, 'Conflict', 'conflictingRequest'
    message = 'The request conflicts with the state of the resource.'


class Gone(EssexError):
    code, title, reason = 410, 'Gone', 'gone'
    message = 'The resource is gone for good.'


class TooLarge(EssexError):
    code, title, reason = 413, 'Request Entity Too Large', 'tooLarge'
    message = 'The request is larger than the %(limit)s bytes this service accepts.'


class OverLimit(EssexError):
    """Over a quota or a rate; `retry_after` seconds, 0 when waiting does not help."""

    code, title, reason = 413, 'Over Limit', 'overLimit'
    message = 'You are over a limit.'

    def __init__(self, message=None, retry_after=0, **kwargs):
        super().__init__(message, **kwargs)
        self.headers = {'Retry-After': str(retry_after)}


class UnsupportedMediaType(EssexError):
    code, title, reason = 415, 'Unsupported Media Type', 'badMediaType'
    message = 'The content type %(content_type)s is not supported here.'


class NotImplementedHere(EssexError):
    """The call exists, but what is configured here cannot do it."""

    code, title, reason = 501, 'Not Implemented', 'notImplemented'
    message = 'This cloud is not configured to do that.'


class BadGateway(EssexError):
    code, title, reason = 502, 'Bad Gateway', 'badGateway'
    message = 'Another service answered in a way that could not be used.'


class ServiceUnavailable(EssexError):
    code, title, reason = 503, 'Service Unavailable', 'serviceUnavailable'
    message = 'The service is not available just now. Try again shortly.'


class ConfigError(EssexError):
    """The installation is wrong: stops a daemon's start with a sentence."""

    reason = 'configuration'
