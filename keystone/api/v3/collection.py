"""Lists and single objects as v3 writes them, and the filters lists take."""
from urllib.parse import quote

from oslo_config import cfg

from essex import config, wsgi
from essex.exception import BadRequest
from keystone.db.records import OPERATORS, Hints

_HELP = 'Longest list in one answer; the rest is behind its `next` link. Unset: '
CONF = config.register([
    cfg.IntOpt('list_limit', min=1, help=f'{_HELP}no limit.'),
    cfg.IntOpt('max_db_limit', default=1000, min=1, help='Longest page a client gets that asks for a page (limit=).')])
# The section whose list_limit is in force for a collection, before that in [DEFAULT].
_SECTIONS = {'users': 'identity', 'groups': 'identity', 'projects': 'resource', 'domains': 'resource',
             'roles': 'assignment', 'services': 'catalog', 'endpoints': 'catalog', 'regions': 'catalog',
             'policies': 'policy', 'credentials': 'credential', 'registered_limits': 'unified_limit'}
for _section in sorted({*_SECTIONS.values()}):
    config.register([cfg.IntOpt('list_limit', min=1, help=f'{_HELP}that of [DEFAULT].')], _section)

_FALSE = ('0', 'f', 'false', 'n', 'no', 'off')
_OPERATORS = {*OPERATORS, *('i' + name for name in OPERATORS)}


def is_true(text):
    """A boolean of a query string: false only for words that say so; a bare ?enabled is true."""
    return text.strip().lower() not in _FALSE


def hints_of(req, text=(), flags=()):
    """The Hints a list request asks for: filters on these text and boolean attributes, limit and marker."""
    hints = Hints()
    for name, values in req.query().items():
        attribute, _, operator = name.partition('__')
        if attribute in flags and not operator:
            hints.add(attribute, is_true(values[-1]))
        elif attribute in text and (not operator or operator in _OPERATORS):
            hints.add(attribute, values[-1], operator or 'equals')
    limit, marker = wsgi.limit_and_marker(req, max_limit=CONF.max_db_limit)
    asked = 'limit' in req.query()
    if asked and limit == 0:
        raise BadRequest('limit must be at least 1.')
    hints.marker = marker
    _sort(hints, req.query(), (*text, *flags))
    longest = _longest(req)
    hints.limit = min(limit, longest or limit) if asked else longest
    return hints


def _longest(req):
    section = _SECTIONS.get(req.path_info.rstrip('/').rpartition('/')[2])
    return (CONF[section].list_limit if section else None) or CONF.list_limit


def _sort(hints, query, attributes):
    """?sort_key=name&sort_dir=desc, for the attributes the collection filters on. Raises BadRequest."""
    hints.sort_key = query.get('sort_key', ['id'])[-1]
    if hints.sort_key not in ('id', 'name', 'domain_id') or hints.sort_key not in (*attributes, 'id'):
        raise BadRequest(f'This collection cannot be sorted by {hints.sort_key[:64]!r}.')
    direction = query.get('sort_dir', ['asc'])[-1]
    if direction not in ('asc', 'desc'):
        raise BadRequest(f'sort_dir has to be asc or desc, not {direction[:64]!r}.')
    hints.descending = direction == 'desc'


def self_link(req, path):
    """The URL of a path as the client addresses this service."""
    return f'{wsgi.base_url(req)}/v3/{quote(path)}'


def with_extra(ref, fields):
    """What the answer to a PATCH of projects and users has twice: attributes of the client's own, in `extra` too."""
    own = {key: value for key, value in ref.items() if key not in fields and key not in ('id', 'password_expires_at')}
    return {**ref, 'extra': own}


def single(req, kind, ref, path):
    """{"kind": {..., "links": {"self"}}}"""
    return {kind: {**ref, 'links': {'self': self_link(req, f'{path}/{ref["id"]}')}}}


def listed(req, name, refs, path=None, hints=None, itemize=True):
    """{"name": [...], "links": {self, previous, next}} with each item linked at `path` (or `name`)."""
    root = wsgi.base_url(req)
    base = f'{root}{req.path_info}'
    links = {'self': base + (f'?{req.query_string}' if req.query_string else ''), 'previous': None, 'next': None}
    if itemize:
        prefix = f'{root}/v3/{quote(path or name)}/'
        refs = [{**ref, 'links': {'self': prefix + quote(ref['id'])}} for ref in refs]
    body = {name: refs, 'links': links}
    if hints is not None and hints.truncated:
        links['next'] = wsgi.next_link(req, base, refs[-1]['id'], hints.limit)
        body['truncated'] = True
    return body


def taken(body, kind, *drop):
    """The object in a body, without what the caller cannot set."""
    return {key: value for key, value in body[kind].items() if key not in ('id', 'links', *drop)}
