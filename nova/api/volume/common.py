"""What the Block Storage API's controllers share: policy, links, times, lists."""
import ast

from oslo_config import cfg

from essex import config, wsgi
from essex.exception import BadRequest
from nova.api.compute.common import allowed, authorize, flag, need_project, since_of, whole_number

OPTS = [
    cfg.StrOpt('osapi_volume_link_prefix', help='Base of links in answers of the Block Storage API, instead of what '
                                                'the client used.'),
]
CONF = config.register(OPTS)

__all__ = ['allowed', 'authorize', 'authorize_row', 'flag', 'need_project', 'since', 'link', 'links', 'page',
           'query_of_list', 'time', 'whole_number']


def since(req, minor):
    """Whether the client asked for microversion 3.`minor` or a later one."""
    return since_of(req, 3, minor)


def authorize_row(req, rule, row):
    """Raise Forbidden unless the caller may do `rule` to what `row` is of."""
    authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})


def root(req):
    """The URL of the service, without a version."""
    prefix = CONF.osapi_volume_link_prefix or req.host_url
    return prefix.rstrip('/') + req.environ.get('nova.mount', req.script_name.rstrip('/'))


def link(req, *path):
    """The URL of a resource at the face and the project the client used."""
    return '/'.join((root(req) + req.environ['nova.face'], req.environ['nova.project'], *path))


def links(req, *path):
    """self and bookmark."""
    return [{'rel': 'self', 'href': link(req, *path)},
            {'rel': 'bookmark', 'href': '/'.join((root(req), req.environ['nova.project'], *path))}]


def time(moment):
    """2026-11-22T06:00:00.000000, or None."""
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%f') if moment else None


_MOST_SORT_KEYS = 16
_FILTERS = ('name', 'status', 'availability_zone', 'host', 'project_id', 'user_id', 'volume_id', 'snapshot_id', 'id')


def query_of_list(req):
    """(filters, {limit, marker, sort, offset}) of a list request. Raises BadRequest, Forbidden."""
    values = req.query()
    filters = {name: values[name][-1] for name in _FILTERS if name in values}
    if flag(values, 'all_tenants'):
        filters['all_tenants'] = allowed(req, 'volumes:all_tenants')
    if 'bootable' in values:
        filters['bootable'] = flag(values, 'bootable')
    if 'metadata' in values:
        filters['metadata'] = _mapping(values['metadata'][-1])
    if 'glance_metadata' in values and since(req, 4):
        filters['glance_metadata'] = _mapping(values['glance_metadata'][-1])
    limit, marker = wsgi.limit_and_marker(req)
    offset = whole_number(values['offset'][-1], 'offset', 0) if 'offset' in values else None
    return filters, {'limit': limit, 'marker': marker, 'sort': _sort(values), 'offset': offset}


def _mapping(text):
    """Clients write Python's form of a dictionary, or JSON's."""
    try:
        value = ast.literal_eval(text[:2000])
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise BadRequest(f"metadata must be like {{'key': 'value'}}. The value was: {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise BadRequest(f"metadata must be like {{'key': 'value'}}. The value was: {text[:80]!r}")
    return value


def _sort(values):
    """[(key, direction)] of sort=key:direction,... or of sort_key and sort_dir; None for neither."""
    if 'sort' in values:
        pairs = [part.strip().partition(':') for part in values['sort'][-1].split(',')]
        found = [(key, direction or 'desc') for key, _, direction in pairs]
    elif 'sort_key' in values or 'sort_dir' in values:
        found = [(values.get('sort_key', ['created_at'])[-1], values.get('sort_dir', ['desc'])[-1])]
    else:
        return None
    if len(found) > _MOST_SORT_KEYS:
        raise BadRequest(f'At most {_MOST_SORT_KEYS} keys to sort by.')
    for _, direction in found:
        if direction not in ('asc', 'desc'):
            raise BadRequest(f'Sort directions are asc and desc. The value was: {direction[:40]!r}')
    return found


def page(req, name, rows, view, paging):
    """The body of a list, with the link to the next page if there may be one."""
    body = {name: [view(row) for row in rows]}
    limit = paging['limit']
    if rows and len(rows) >= limit:
        href = wsgi.next_link(req, link(req, *req.path_info.strip('/').split('/')), rows[-1].uuid, limit)
        body[f'{name}_links'] = [{'rel': 'next', 'href': href}]
    return body
