"""/v2/images/{id}/import and .../tasks."""
import webob
from keystoneauth1 import exceptions as keystone_exceptions

from essex import wsgi
from essex.client import session
from essex.exception import BadGateway, BadRequest, EssexError
from glance import policy
from glance.api.v2 import views
from glance.image import sharing
from glance.image.importing import request as imports
from glance.image.importing.request import Wish

# Says that a request was passed on by another node: it is passed on once.
_PASSED_ON = 'X-Essex-Passed-On'


class GatewayTimeout(EssexError):
    code, title, reason = 504, 'Gateway Timeout', 'gatewayTimeout'
    message = 'The node that has the staged data does not answer in time.'


class ImportController(wsgi.Controller):
    """Imports of images."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('POST', '/images/<image_id>/import', status=202)
    def create(self, req, image_id):
        """Begin an import: 202, and GET .../tasks tells how it goes."""
        wish = _wish(req)
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'copy_image' if wish.method == imports.COPY else 'modify_image', image)
        target = imports.proxy_target(image, wish.method)
        if target is not None:
            return _pass_on(req, image, target)
        imports.begin(self.manager, req.context, image_id, wish)
        return None

    @wsgi.route('GET', '/images/<image_id>/tasks')
    def tasks(self, req, image_id):
        """The tasks of an image, to those who own it: what went in may hold the secret of a URL."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_image', image)
        owned = req.context.is_admin or sharing.owns(req.context, image)
        return {'tasks': [views.task(each) for each in self.manager.tasks_of(image)] if owned else []}


def _wish(req):
    """The Wish of a request. Raises BadRequest."""
    body = req.json
    if not isinstance(body, dict) or not isinstance(body.get('method'), dict):
        raise BadRequest('The body is an object with a method, which is an object with a name.')
    method = dict(body['method'])
    name = method.pop('name', None)
    if not isinstance(name, str):
        raise BadRequest('The method of an import has a name.')
    imports.check_enabled(name)
    for flag in ('all_stores', 'all_stores_must_succeed'):
        if not isinstance(body.get(flag, False), bool):
            raise BadRequest(f'{flag} is true or false.')
    stores = body.get('stores')
    if 'X-Image-Meta-Store' in req.headers:
        if stores is not None:
            raise BadRequest('Give stores or the header X-Image-Meta-Store, not both.')
        stores = [req.headers['X-Image-Meta-Store']]
    if stores is not None and not (isinstance(stores, list) and stores and all(isinstance(each, str)
                                                                               for each in stores)):
        raise BadRequest('stores is a list of the ids of stores.')
    return Wish(name, method, stores, body.get('all_stores', False), body.get('all_stores_must_succeed', True))


def _pass_on(req, image, target):
    """The answer of the node that has the staged data."""
    if _PASSED_ON in req.headers:
        raise BadGateway(f'The address of the node with the staged data of image {image.id} leads elsewhere '
                         f'(worker_self_reference_url there).')
    try:
        response = session.user_adapter(req.context, 'image', target).request(
            f'/v2/images/{image.id}/import', 'POST', json=req.json, raise_exc=False, headers={_PASSED_ON: '1', **{
                name: req.headers[name] for name in ('X-Image-Meta-Store',) if name in req.headers}})
    except keystone_exceptions.ConnectTimeout as error:
        raise GatewayTimeout() from error
    except keystone_exceptions.ClientException as error:
        raise BadGateway('The node that has the staged data cannot be reached.') from error
    kind = response.headers.get('Content-Type', 'text/plain').partition(';')[0]
    return webob.Response(status=response.status_code, body=response.content, content_type=kind, charset='UTF-8')
