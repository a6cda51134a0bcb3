"""The query string of GET /v2/images, made into an ImageQuery."""
from urllib.parse import urlencode

from glance.api import parse
from glance.api.settings import CONF
from glance.exception import InvalidQuery
from glance.image.model import MEMBER_STATUSES, VISIBILITIES
from glance.image.query import SORT_KEYS, ImageQuery

_CHOICES = ('id', 'name', 'status', 'container_format', 'disk_format')
_EQUAL = ('owner', 'checksum', 'os_hash_value', 'os_hash_algo')
_NUMBERS = {'min_ram': 2147483647, 'min_disk': 2147483647, 'size': None}
_TIMES = ('created_at', 'updated_at')
_DIRECTIONS = ('asc', 'desc')
_ORDER = ('sort', 'sort_key', 'sort_dir')
_PAGE = ('limit', 'marker')


def parse_query(values):
    """The ImageQuery in {name: [values]}. Raises InvalidQuery or BadRequest."""
    query = ImageQuery(sort=_sorting(values), tags=list(dict.fromkeys(values.get('tag', ()))))
    last = {name: texts[-1] for name, texts in values.items()}
    query.limit = parse.page_limit(last, CONF.limit_param_default, CONF.api_limit_max)
    query.marker = last.get('marker') or None
    for name, text in last.items():
        if name not in _ORDER + _PAGE + ('tag',):
            _filter(query, name, text)
    return query


def _filter(query, name, text):
    if name in _CHOICES:
        query.any_of[name] = parse.choice(name, text)
    elif name in _EQUAL:
        query.any_of[name] = [text]
    elif name in _NUMBERS:
        query.any_of[name] = [parse.number(name, text, _NUMBERS[name] or 2 ** 63 - 1)]
    elif name in _TIMES:
        query.ranges.append((name, *parse.comparison(name, text)))
    elif name in ('size_min', 'size_max'):
        query.ranges.append(('size', 'gte' if name == 'size_min' else 'lte', parse.number(name, text)))
    elif name == 'protected':
        query.any_of[name] = [parse.boolean(name, text)]
    elif name == 'os_hidden':
        query.os_hidden = parse.boolean(name, text)
    elif name == 'visibility':
        query.visibility = parse.one_of(name, text, (*VISIBILITIES, 'all'))
    elif name == 'member_status':
        query.member_status = parse.one_of(name, text, (*MEMBER_STATUSES, 'all'))
    elif name == 'changes-since':
        raise InvalidQuery('changes-since is not a filter of this version: use updated_at=gte:TIME.')
    elif name != 'deleted':     # of version 1, where it was for administrators; clients still send it
        query.properties[name] = text


def _sorting(values):
    if 'sort' in values:
        if 'sort_key' in values or 'sort_dir' in values:
            raise InvalidQuery('sort cannot be used together with sort_key and sort_dir.')
        pairs = [part.strip().partition(':') for part in values['sort'][-1].split(',')]
        return _checked([(key, direction or 'desc') for key, _, direction in pairs])
    keys, directions = values.get('sort_key', []), values.get('sort_dir', [])
    if not keys:
        keys = ['created_at'] if directions else []
    if len(directions) > 1 and len(directions) != len(keys):
        raise InvalidQuery(f'There are {len(keys)} sort_key and {len(directions)} sort_dir: give one direction for all '
                           f'keys or one for each.')
    if len(directions) == 1:
        directions = directions * len(keys)
    return _checked(list(zip(keys, directions or ['desc'] * len(keys), strict=True)))


def _checked(order):
    for key, direction in order:
        if key not in SORT_KEYS:
            raise InvalidQuery(f'Images can be sorted by {", ".join(SORT_KEYS)}, not by {key[:40]!r}.')
        if direction not in _DIRECTIONS:
            raise InvalidQuery(f'A sort direction is asc or desc, not {direction[:40]!r}.')
    if len({key for key, _ in order}) != len(order):
        raise InvalidQuery('A sort key may be given once.')
    return order


def links(values, images, limit, more):
    """The `first` and `next` links of a page, relative as they always were."""
    kept = [(name, text) for name, texts in values.items() if name != 'marker' for text in texts]
    found = {'first': '/v2/images' + (f'?{urlencode(kept)}' if kept else '')}
    if more and images:
        rest = [item for item in kept if item[0] != 'limit']
        found['next'] = f'/v2/images?{urlencode([("marker", images[-1].id), *rest, ("limit", limit)])}'
    return found
