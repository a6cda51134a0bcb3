"""/v2/metadefs/namespaces and their schemas."""
from urllib.parse import urlencode

from essex import wsgi
from glance import policy
from glance.api import parse
from glance.api.settings import CONF
from glance.api.v2.metadefs import schemas
from glance.exception import InvalidQuery
from glance.metadef import documents, manager
from glance.metadef.model import SORT_KEYS, VISIBILITIES, Page


class NamespaceController(wsgi.Controller):
    """Namespaces."""

    @wsgi.route('GET', '/metadefs/namespaces')
    def index(self, req):
        """The namespaces the caller may see."""
        policy.enforce(req.context, 'get_metadef_namespaces')
        values = req.query()
        page = _page({name: texts[-1] for name, texts in values.items()})
        wanted, page.limit = page.limit, page.limit + 1
        found = manager.find(req.context, page) if wanted else []
        shown = found[:wanted]
        kept = [(name, text) for name, texts in values.items() if name != 'marker' for text in texts]
        body = {'first': documents.BASE + (f'?{urlencode(kept)}' if kept else ''),
                'namespaces': [documents.brief(each) for each in shown], 'schema': '/v2/schemas/metadefs/namespaces'}
        if len(found) > wanted:
            rest = [item for item in kept if item[0] != 'limit']
            body['next'] = f'{documents.BASE}?{urlencode([("marker", shown[-1].namespace), *rest, ("limit", wanted)])}'
        return body

    @wsgi.route('POST', '/metadefs/namespaces', status=201, schema=schemas.NAMESPACE)
    def create(self, req, body):
        """Make a namespace, with as much in it as the body has."""
        policy.enforce(req.context, 'add_metadef_namespace')
        space, items = documents.space_of(body)
        space.owner = space.owner or req.context.project_id
        shown = documents.document(manager.create(space, items))
        return wsgi.Reply(shown, headers={'Location': wsgi.base_url(req) + shown['self'].removeprefix('/v2')})

    @wsgi.route('GET', '/metadefs/namespaces/<namespace>')
    def show(self, req, namespace):
        """A namespace with all it defines."""
        policy.enforce(req.context, 'get_metadef_namespace')
        wanted = req.query().get('resource_type', [None])[-1]
        return documents.document(manager.get(req.context, namespace), wanted)

    @wsgi.route('PUT', '/metadefs/namespaces/<namespace>', schema=schemas.CHANGE_NAMESPACE)
    def update(self, req, namespace, body):
        """Change a namespace; what it defines stays."""
        manager.get(req.context, namespace)
        policy.enforce(req.context, 'modify_metadef_namespace')
        values = {name: body[name] for name in documents.ATTRIBUTES if name in body}
        changed = manager.change(req.context, namespace, values)
        if 'resource_type_associations' in body:
            manager.set_links(req.context, changed.namespace, list(documents.links_of(body).values()))
            changed = manager.get(req.context, changed.namespace)
        return documents.brief(changed)

    @wsgi.route('DELETE', '/metadefs/namespaces/<namespace>', status=204)
    def delete(self, req, namespace):
        """Remove a namespace with all it defines."""
        manager.get(req.context, namespace)
        policy.enforce(req.context, 'delete_metadef_namespace')
        manager.remove(req.context, namespace)

    @wsgi.route('GET', '/schemas/metadefs/<name>')
    def schema(self, req, name):
        """The schema of a definition or of a list of them."""
        if name not in schemas.DOCUMENTS:
            return wsgi.Reply(status=404)
        return schemas.DOCUMENTS[name]


def _page(values):
    page = Page(parse.page_limit(values, CONF.limit_param_default, CONF.api_limit_max), values.get('marker') or None)
    if 'visibility' in values:
        page.visibility = parse.one_of('visibility', values['visibility'], VISIBILITIES)
    if 'resource_types' in values:
        page.resource_types = tuple(each for each in values['resource_types'].split(',') if each)
    key, direction = values.get('sort_key', 'created_at'), values.get('sort_dir', 'desc')
    if key not in SORT_KEYS:
        raise InvalidQuery(f'Namespaces can be sorted by {", ".join(SORT_KEYS)}, not by {key[:40]!r}.')
    page.order = key, parse.one_of('sort_dir', direction, ('asc', 'desc'))
    return page
