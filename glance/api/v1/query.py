"""The query string of a list at version 1 and the registry, made into an ImageQuery."""
from glance.api import parse
from glance.api.settings import CONF
from glance.exception import InvalidQuery
from glance.image import status
from glance.image.manager import is_id
from glance.image.query import SORT_KEYS, ImageQuery

_EQUAL = ('name', 'status', 'container_format', 'disk_format')
_LISTED = tuple(state for state in status.ALL if state not in (status.KILLED, status.DELETED, status.PENDING_DELETE))


def parse_query(context, values):
    """The ImageQuery in {name: [values]}. Raises BadRequest."""
    last = {name: texts[-1] for name, texts in values.items()}
    query = ImageQuery(member_status='all', os_hidden=None)
    query.limit = parse.page_limit(last, CONF.limit_param_default, CONF.api_limit_max)
    query.marker = _marker(last.get('marker'))
    query.sort = [(parse.one_of('sort_key', last.get('sort_key') or 'created_at', SORT_KEYS),
                   parse.one_of('sort_dir', last.get('sort_dir') or 'desc', ('asc', 'desc')))]
    for name, text in last.items():
        _filter(query, context, name, text)
    _publicity(query, context, last)
    if query.deleted is False and 'status' not in query.any_of:
        query.any_of['status'] = list(_LISTED)
    return query


def _marker(text):
    if text and not is_id(text):
        raise InvalidQuery(f'The marker {text[:40]!r} is not the ID of an image.')
    return text or None


def _filter(query, context, name, text):
    if name in _EQUAL:
        query.any_of[name] = [text]
    elif name in ('min_ram', 'min_disk'):
        query.any_of[name] = [parse.number(name, text, 2147483647)]
    elif name in ('size_min', 'size_max'):
        query.ranges.append(('size', 'gte' if name == 'size_min' else 'lte', parse.number(name, text)))
    elif name == 'protected':
        query.any_of[name] = [parse.boolean(name, text)]
    elif name == 'changes-since':
        query.ranges.append(('updated_at', 'gte', parse.moment(name, text)))
        query.deleted = None
    elif name == 'deleted' and context.is_admin:
        query.deleted = parse.boolean(name, text)
    elif name.startswith('property-'):
        query.properties[name[len('property-'):]] = text


def _publicity(query, context, last):
    """Administrators choose by is_public; others always see what is public, theirs, or shared with them."""
    asked = (last.get('is_public') or 'true').strip().lower()
    if not context.is_admin:
        if 'is_public' in last and asked != 'none':
            parse.boolean('is_public', asked)
    elif asked != 'none':
        public = parse.boolean('is_public', asked)
        query.as_project, query.not_public = public, not public
