"""What v2.0's controllers share."""
from oslo_config import cfg

from essex import config
from essex.exception import BadRequest
from keystone.api.base import Controller as Base
from keystone.exception import ProjectNotFound, UserNotFound, ValueTooLong

CONF = config.register([
    cfg.IntOpt('max_param_size', default=64, min=1, help='Longest name or id in a v2.0 request; longer: 413.')])

TEXT_OR_NULL = {'type': ['string', 'null']}


class Controller(Base):
    """A controller that knows which port it serves."""

    def __init__(self, managers, enforcer, admin):
        super().__init__(managers, enforcer)
        self.admin = admin

    def admin_only(self, req):
        """Raise Forbidden unless the caller is an administrator."""
        self.enforcer.enforce(req.context, 'admin_required')

    def tenant(self, tenant_id):
        """The project; those of other domains and domains themselves do not exist here. Raises ProjectNotFound."""
        project = self.managers.resource.get_project(tenant_id)
        if project['domain_id'] != CONF.identity.default_domain_id:
            raise ProjectNotFound(tenant_id)
        return project

    def user(self, user_id):
        """The user; those of other domains do not exist here. Raises UserNotFound."""
        user = self.managers.identity.get_user(user_id)
        if user['domain_id'] != CONF.identity.default_domain_id:
            raise UserNotFound(user_id)
        return user


def check_size(limit=None, **values):
    """Raises ValueTooLong for a value longer than the API's fields are."""
    for name, value in values.items():
        if value is not None and len(value) > (limit or CONF.max_param_size):
            raise ValueTooLong(name=name, limit=limit or CONF.max_param_size)


def tenant_view(project):
    """A project as a tenant."""
    hidden = ('domain_id', 'parent_id', 'is_domain', 'tags', 'options')
    return {key: value for key, value in project.items() if key not in hidden}


def user_view(user):
    """A user as v2.0 shows it."""
    hidden = ('domain_id', 'default_project_id', 'options', 'password_expires_at')
    shown = {key: value for key, value in user.items() if key not in hidden}
    return {'username': user['name'], 'email': None, **shown, 'tenantId': user.get('default_project_id')}


def page(req, refs):
    """The part of a list that ?limit and ?marker ask for. Raises BadRequest."""
    query = req.query()
    limit, marker = query.get('limit', [None])[-1], query.get('marker', [None])[-1]
    if marker is not None:
        ids = [ref['id'] for ref in refs]
        if marker not in ids:
            raise BadRequest('Marker could not be found')
        refs = refs[ids.index(marker) + 1:]
    if limit is not None:
        if not limit.isascii() or not limit.isdigit():
            raise BadRequest('Invalid limit value')
        refs = refs[:int(limit[:9])]
    return refs
