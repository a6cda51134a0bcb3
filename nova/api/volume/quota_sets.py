"""/os-quota-sets: what a project may have."""
import re

from essex import wsgi
from essex.exception import NotFound
from nova.api.volume import common, schemas
from nova.volume import quota

_PROJECT = re.compile(r'[A-Za-z0-9_.-]{1,64}')
# Others there are none of: no backups, no groups.
NONE = dict.fromkeys(('backups', 'backup_gigabytes', 'groups'), 0)
UPDATE = {'type': 'object', 'properties': {'quota_set': {
    'type': 'object', 'properties': {**dict.fromkeys((*quota.RESOURCES, *NONE), schemas.NUMBER),
                                     'tenant_id': {'type': 'string'}, 'force': {}, 'skip_validation': {}},
    'additionalProperties': False}}, 'required': ['quota_set'], 'additionalProperties': False}


class QuotaSets(wsgi.Controller):
    """Limits by project. One's own anybody may read, others' and changes are the administrators'."""

    @wsgi.route('GET', '/os-quota-sets/<project_id>')
    def show(self, req, project_id):
        self._authorize(req, project_id)
        limits = {**quota.limits(project_id), **NONE}
        if common.flag(req.query(), 'usage'):
            used = quota.usage(project_id)
            limits = {name: {'limit': limit, 'in_use': used.get(name, 0), 'reserved': 0, 'allocated': 0}
                      for name, limit in limits.items()}
        return {'quota_set': {'id': project_id, **limits}}

    @wsgi.route('GET', '/os-quota-sets/<project_id>/defaults')
    def defaults(self, req, project_id):
        self._authorize(req, project_id)
        return {'quota_set': {'id': project_id, **quota.defaults(), **NONE}}

    @wsgi.route('PUT', '/os-quota-sets/<project_id>', schema=UPDATE)
    def update(self, req, project_id, body):
        common.authorize(req, 'volume_quota_sets:change')
        if not _PROJECT.fullmatch(project_id):
            raise NotFound(f'{project_id[:80]} is no project id.')
        asked = body['quota_set']
        wanted = {name: common.whole_number(asked[name], name, -1) for name in quota.RESOURCES
                  if asked.get(name) is not None}
        return {'quota_set': {**quota.set_limits(project_id, wanted), **NONE}}

    @wsgi.route('DELETE', '/os-quota-sets/<project_id>', status=200)
    def delete(self, req, project_id):
        common.authorize(req, 'volume_quota_sets:change')
        quota.delete_limits(project_id)

    @staticmethod
    def _authorize(req, project_id):
        own = project_id == req.context.project_id
        common.authorize(req, 'volume_quota_sets:show' if own else 'volume_quota_sets:others')
