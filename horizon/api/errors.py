"""What can go wrong between the dashboard and a service."""
import html
import re

from keystoneauth1 import exceptions

_NAMES = {'identity': 'Identity', 'compute': 'Compute', 'image': 'Image', 'object-store': 'Object Storage',
          'volumev3': 'Block Storage', 'network': 'Network', 'operator': 'Operator'}


class ApiError(Exception):
    """A service refused or failed. `status` is None when it did not answer at all.

    `what` is the call (POST /servers), `message` the service's own sentence, `request_id` its id of the request.
    """

    def __init__(self, service, what, message, status=None, request_id=None, reason=None):
        super().__init__(message)
        self.service, self.what, self.message = service, what, message
        self.status, self.request_id, self.reason = status, request_id, reason

    @property
    def service_name(self):
        """The service in words."""
        return _NAMES.get(self.service, self.service)


class TokenExpired(ApiError):
    """The user's token is no longer valid: he has to log in again."""


class NoEndpoint(ApiError):
    """The catalog of the user's project names no such service."""


def from_response(service, what, response):
    """The ApiError of an answer with a status of 400 or more."""
    kind = TokenExpired if response.status_code == 401 else ApiError
    request_id = response.headers.get('X-Openstack-Request-Id') or response.headers.get('X-Trans-Id')
    return kind(service, what, _sentence(response), response.status_code, request_id)


def from_exception(service, what, error):
    """The ApiError of a call that got no answer."""
    if isinstance(error, exceptions.ConnectTimeout):
        text = 'The service did not answer in time.'
    elif isinstance(error, exceptions.SSLError):
        text = 'The service showed a certificate that is not trusted (cafile in horizon.conf names the authorities).'
    else:
        text = 'The service does not answer.'
    return ApiError(service, what, text, reason=str(error))


def _sentence(response):
    """What a service says went wrong, from any of the formats of errors."""
    try:
        body = response.json()
    except ValueError:
        # A page of HTML: its title and heading repeat the status.
        text = re.sub(r'(?is)<(title|h1)\b.*?</\1>', ' ', response.text[:2000])
        text = html.unescape(re.sub(r'<[^>]*>', ' ', text))
        return ' '.join(text.split()) or f'{response.status_code} {response.reason}'
    for part in (body, *(body.values() if isinstance(body, dict) else ())):
        if isinstance(part, dict) and isinstance(part.get('message'), str):
            return part['message']
        if isinstance(part, list) and part and isinstance(part[0], dict) and 'detail' in part[0]:
            return str(part[0]['detail'])
    return str(body)[:500]
