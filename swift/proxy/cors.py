"""Cross-origin requests: which pages of other sites may use a container, and what of the answers they see."""
from swift.proxy import responses

_SIMPLE = ('cache-control', 'content-language', 'content-type', 'expires', 'last-modified', 'pragma', 'etag',
           'x-timestamp', 'x-trans-id', 'x-openstack-request-id')


def answer(controller, method):
    """The response to a request with an Origin."""
    cors = _settings(controller)
    if method == 'OPTIONS':
        return _preflight(controller, cors)
    response = controller.handle(method)
    origin = controller.environ['HTTP_ORIGIN']
    if controller.app.options.strict_cors and not _allowed(cors, origin):
        return response
    if 'Access-Control-Allow-Origin' not in response.headers:
        everybody = cors.get('allow_origin', '').strip() == '*'
        response.headers['Access-Control-Allow-Origin'] = '*' if everybody else origin
        if not everybody:
            _vary(response)
    if 'Access-Control-Expose-Headers' not in response.headers:
        response.headers['Access-Control-Expose-Headers'] = ', '.join(_exposed(controller, cors, response))
    return response


def _settings(controller):
    """The container's settings together with the operator's: {allow_origin, expose_headers, max_age}, texts."""
    known = {}
    if controller.container is not None:
        found = controller.app.container_info(controller.environ, controller.account, controller.container)
        known = {name: value for name, value in found.get('cors', {}).items() if value}
    origins = [*known.get('allow_origin', '').split(), *controller.app.options.cors_allow_origin]
    return {**known, 'allow_origin': ' '.join(origins)}


def _allowed(cors, origin):
    origins = cors['allow_origin'].replace(',', ' ').split()
    return '*' in origins or origin in origins


def _preflight(controller, cors):
    """OPTIONS with an Origin: may a page of this origin send such a request?"""
    methods = ', '.join(sorted(controller.allowed()))
    wanted = controller.environ.get('HTTP_ACCESS_CONTROL_REQUEST_METHOD')
    origin = controller.environ['HTTP_ORIGIN']
    if not _allowed(cors, origin) or wanted not in controller.allowed():
        return responses.error(401, headers=[('Allow', methods)])
    everybody = cors['allow_origin'].strip() == '*'
    response = responses.empty(200, [('Allow', methods), ('Access-Control-Allow-Methods', methods),
                                     ('Access-Control-Allow-Origin', '*' if everybody else origin)])
    if not everybody:
        _vary(response)
    if cors.get('max_age'):
        response.headers['Access-Control-Max-Age'] = cors['max_age']
    requested = controller.environ.get('HTTP_ACCESS_CONTROL_REQUEST_HEADERS')
    if requested:
        names = ', '.join(name.strip() for name in requested.split(',') if name.strip())
        response.headers['Access-Control-Allow-Headers'] = names
        response.headers['Vary'] = ', '.join(filter(None, [response.headers.get('Vary'),
                                                           'Access-Control-Request-Headers']))
    return response


def _exposed(controller, cors, response):
    names = dict.fromkeys(_SIMPLE)
    for name in response.headers:
        lower = name.lower()
        if lower.startswith(('x-container-meta-', 'x-object-meta-', 'x-account-meta-')):
            names[lower] = None
    for name in [*controller.app.options.cors_expose_headers, *(cors.get('expose_headers') or '').split()]:
        names[name.strip(',').lower()] = None
    return names


def _vary(response):
    known = response.headers.get('Vary')
    response.headers['Vary'] = f'{known}, Origin' if known else 'Origin'
