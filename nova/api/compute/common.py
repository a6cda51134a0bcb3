"""What the Compute API's controllers share: faces, links, times, policy."""
import datetime
import re

from oslo_config import cfg

from essex import config, policy, wsgi
from essex.exception import BadRequest, PolicyNotAuthorized
from nova.api import policies

OPTS = [
    cfg.IntOpt('osapi_max_limit', default=1000, min=1, help='Items in one page of a list at most.'),
    cfg.StrOpt('osapi_compute_link_prefix', help='Base of links in answers, instead of what the client used.'),
    cfg.StrOpt('osapi_glance_link_prefix', help='Base of links to images.'),
]
CONF = config.register(OPTS)

LEGACY_FACES = ('/v1.1', '/v2')
_UUID = re.compile(r'[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}', re.IGNORECASE)

_enforcer = None


def enforcer():
    """The rules of this API, made on first use."""
    global _enforcer
    if _enforcer is None:
        _enforcer = policy.Enforcer(policies.RULES)
    return _enforcer


def authorize(req, rule, target=None):
    """Raise Forbidden unless the caller may do `rule`. Without `target` it is the caller's own project."""
    if not _allowed(req.context, rule, target):
        raise PolicyNotAuthorized(action=rule)


def allowed(req, rule):
    """Whether the caller may do `rule` in the own project."""
    return _allowed(req.context, rule)


def _allowed(context, rule, target=None):
    # Without a project there is nothing of one's own: to the rules None would equal None.
    if context.project_id is None and not context.is_admin:
        return False
    return enforcer().check(context, rule, target or {'project_id': context.project_id, 'user_id': context.user_id})


def need_project(req):
    """Raise BadRequest unless the caller's token is for a project, to which what is made can belong."""
    if req.context.project_id is None:
        raise BadRequest('This needs a token that is scoped to a project.')


def face(req):
    """The version segment the client used: /v2.1, /v2 or /v1.1."""
    return req.environ.get('nova.face', '/v2.1')


def is_legacy(req):
    """Whether the request came in by a face older than 2.1: unknown keys are ignored there."""
    return face(req) in LEGACY_FACES


def since(req, minor):
    """Whether the client asked for microversion 2.`minor` or a later one."""
    return since_of(req, 2, minor)


def since_of(req, major, minor):
    """Whether the client asked for that microversion or a later one."""
    return req.api_version is not None and req.api_version >= (major, minor)


def link(req, *path):
    """The URL of a resource at the face the client used."""
    return '/'.join((wsgi.base_url(req, CONF.osapi_compute_link_prefix), *path))


def bookmark(req, *path):
    """The URL of a resource without the version."""
    prefix = CONF.osapi_compute_link_prefix or CONF.public_endpoint or req.host_url
    script = req.environ.get('nova.mount', '')
    project = req.environ.get('nova.project')
    return '/'.join((prefix.rstrip('/') + script, *((project,) if project else ()), *path))


def links(req, *path):
    """self and bookmark."""
    return [{'rel': 'self', 'href': link(req, *path)}, {'rel': 'bookmark', 'href': bookmark(req, *path)}]


def isotime(moment):
    """2026-11-22T06:00:00Z, or None."""
    return moment.strftime('%Y-%m-%dT%H:%M:%SZ') if moment else None


def microtime(moment):
    """2026-11-22T06:00:00.000000, or None: the form of the attributes that came with extensions."""
    return moment.strftime('%Y-%m-%dT%H:%M:%S.%f') if moment else None


def parse_time(name, text):
    """A time of the query string as naive UTC. Raises BadRequest."""
    try:
        # A plus sign that was not quoted arrives as a blank.
        moment = datetime.datetime.fromisoformat(text.strip().replace(' ', '+') if 'T' in text else text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f'{name} must be a time such as 2026-11-22T06:00:00Z. The value was: {text[:40]!r}') from error
    return moment


def id_of(reference, what):
    """The id in an id or a URL that ends with it. Raises BadRequest."""
    if not isinstance(reference, str) or not reference.strip('/'):
        raise BadRequest(f'Invalid {what} provided.')
    return reference.rstrip('/').rsplit('/', 1)[-1]


def uuid_of(reference, what):
    """Like id_of, for ids that are uuids."""
    found = id_of(reference, what)
    if not _UUID.fullmatch(found):
        raise BadRequest(f'Invalid {what} provided.')
    return found


def flag(values, name, default=False):
    """A boolean of the query string: 1, true, yes, on (any case), or nothing at all after the name."""
    if name not in values:
        return default
    text = values[name][-1].lower()
    if text in ('', '1', 'true', 't', 'yes', 'y', 'on'):
        return True
    if text in ('0', 'false', 'f', 'no', 'n', 'off'):
        return False
    raise BadRequest(f'{name} must be true or false. The value was: {values[name][-1][:40]!r}')


def page_link(req, rows, limit, key):
    """The link to the next page of a list, as the list's extra key; {} when this is the last."""
    if not rows or len(rows) < limit:
        return {}
    path = req.path_info.strip('/').split('/')
    href = wsgi.next_link(req, link(req, *path), key(rows[-1]), limit)
    return {f'{path[0]}_links': [{'rel': 'next', 'href': href}]}


def whole_number(value, what, least=1, most=2147483647):
    """The number in a number or a text. Raises BadRequest."""
    text = str(value)
    if isinstance(value, bool) or not text.removeprefix('-').isdigit() or not text.isascii() or len(text) > 11:
        raise BadRequest(f'{what} must be a whole number. The value was: {text[:40]!r}')
    if not least <= int(text) <= most:
        raise BadRequest(f'{what} must be {least} to {most}. The value was: {text[:40]!r}')
    return int(text)
