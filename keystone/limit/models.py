"""Enforcement models: how the limit of a project relates to that of what is above it."""
from oslo_config import cfg

from essex import config
from keystone.db import limits as queries
from keystone.db import projects
from keystone.exception import InvalidLimit

OPTS = [
    cfg.StrOpt('enforcement_model', default='flat', choices=['flat', 'strict_two_level'],
               help='How limits of projects relate: flat knows no hierarchy; with strict_two_level no project may have '
                    'more than its domain, and projects do not nest.'),
]
CONF = config.register(OPTS, 'unified_limit')


class Flat:
    """Every limit stands for itself."""

    name = 'flat'
    description = 'Limit enforcement and validation does not take project hierarchy into consideration.'
    depth = None

    def check(self, session, registered, owner, value):
        """Anything goes."""


class StrictTwoLevel:
    """No project of a domain may have more than the domain, by a limit of its own or by the default."""

    name = 'strict_two_level'
    description = ('This model requires project hierarchy never exceeds a depth of two: no project has more than its '
                   'domain.')
    depth = 1

    def check(self, session, registered, owner, value):
        """Raises InvalidLimit when `value` for the stored project or domain `owner` breaks the rule. -1: no limit."""
        if owner['is_domain']:
            for project_id, own in queries.of_children(session, registered['id'], owner['id']):
                if _exceeds(own, value):
                    raise InvalidLimit(reason=f'project {project_id} has {own}, more than the {value} of its domain')
            return
        above = projects.domain(session, owner['domain_id'])
        of_domain = queries.of_owner(session, registered['id'], above['id'])
        most = registered['default_limit'] if of_domain is None else of_domain
        if _exceeds(value, most):
            raise InvalidLimit(reason=f'{value} is more than the {most} of domain {above["id"]}')


def _exceeds(value, most):
    return most != -1 and (value == -1 or value > most)


def chosen():
    """The model of `[unified_limit] enforcement_model`."""
    return {model.name: model for model in (Flat, StrictTwoLevel)}[CONF.unified_limit.enforcement_model]()
