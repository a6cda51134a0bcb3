"""What names of projects and domains may be, and the one project that administrates the cloud."""
from oslo_config import cfg

from essex import config
from essex.exception import BadRequest

_HELP = ('Whether names may hold characters that URLs reserve: off allows them, new refuses them for what is made or '
         'renamed, strict refuses also to scope a token to such a name.')
OPTS = [
    cfg.StrOpt('project_name_url_safe', default='off', choices=['off', 'new', 'strict'], help=_HELP),
    cfg.StrOpt('domain_name_url_safe', default='off', choices=['off', 'new', 'strict'], help=_HELP),
    cfg.StrOpt('admin_project_name', help='Name of the project whose tokens are marked is_admin_project; with '
                                          'admin_project_domain_name. Unset: the mark is left out.'),
    cfg.StrOpt('admin_project_domain_name', help='Name of the domain of that project.'),
]
CONF = config.register(OPTS, 'resource')

# RFC 3986, section 2.2.
RESERVED = frozenset(":/?#[]@!$&'()*+,;=")


def _is_reserved(name):
    return not RESERVED.isdisjoint(name)


def check(kind, name):
    """Raises BadRequest for a name that a project or domain (`kind`) may not get here."""
    if CONF.resource[f'{kind}_name_url_safe'] != 'off' and _is_reserved(name):
        raise BadRequest(f'The name of a {kind} may not hold any of {"".join(sorted(RESERVED))} here.')


def is_refused(kind, name):
    """Whether a token may not be scoped by such a name."""
    return CONF.resource[f'{kind}_name_url_safe'] == 'strict' and name is not None and _is_reserved(name)


def is_admin_project(project, domain):
    """Whether a project is the administrating one; None where no such project is configured."""
    options = CONF.resource
    if not options.admin_project_name or not options.admin_project_domain_name:
        return None
    return (project['name'], domain['name']) == (options.admin_project_name, options.admin_project_domain_name)
