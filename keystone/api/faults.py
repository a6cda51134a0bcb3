"""Errors as the Identity API writes them."""
from essex import wsgi
from keystone.exception import AuthMethodNotSupported, MoreFactorsNeeded


def identity_url(req):
    """The address clients authenticate at."""
    return f'{wsgi.base_url(req)}/v3'


def render(status, title, message, error, req):
    """{"error": {"code", "title", "message"}}; a 401 says where to authenticate."""
    body = {'error': {'code': status, 'title': title, 'message': message}}
    if isinstance(error, AuthMethodNotSupported):
        body['error']['identity'] = {'methods': error.methods}
    elif isinstance(error, MoreFactorsNeeded):
        body = error.body
    headers = {'Vary': 'X-Auth-Token'}
    if status == 401:
        headers['WWW-Authenticate'] = f'Keystone uri="{identity_url(req)}"'
    return wsgi.json_response(body, status, headers)
