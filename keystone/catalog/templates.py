"""URLs of endpoints with values put in: http://host/v1/AUTH_$(project_id)s."""
import re

from oslo_config import cfg

from essex import config
from keystone import pipelines  # noqa: F401 - declares public_port and admin_port

CONF = config.register([
    cfg.PortOpt('compute_port', default=8774, help='What $(compute_port)s stands for in URLs of the catalog.'),
    cfg.StrOpt('compute_host', default='localhost', help='What $(compute_host)s stands for in URLs of the catalog.'),
    cfg.StrOpt('admin_endpoint', help='What $(admin_endpoint)s stands for in URLs of the catalog.'),
])

# $(name)s of the Essex era and %(name)s.
_FIELD = re.compile(r'[$%]\((\w+)\)s')
# Options that URLs may hold: no others, since some are secret.
_OPTIONS = ('public_port', 'admin_port', 'compute_port', 'compute_host', 'bind_host', 'public_endpoint',
            'admin_endpoint')


def configured():
    """{name: value} of the options that URLs may hold."""
    return {name: CONF[name] for name in _OPTIONS if name in CONF}


def fields(url):
    """Names of the values a URL asks for."""
    return set(_FIELD.findall(url))


# What a URL may ask for.
KNOWN = ('tenant_id', 'project_id', 'user_id', *_OPTIONS)
# The beginning of a field, whole or not.
_BEGUN = re.compile(r'[$%]\(')


def is_valid(url):
    """Whether every field is whole and asks for something there can be."""
    return len(_BEGUN.findall(url)) == len(_FIELD.findall(url)) and fields(url) <= set(KNOWN)


def fill(url, values):
    """The URL with its values; None when it is malformed or one is not there (the endpoint is then left out)."""
    if not is_valid(url):
        return None
    missing = [name for name in fields(url) if values.get(name) is None]
    if missing:
        return None
    return _FIELD.sub(lambda match: str(values[match[1]]), url)
