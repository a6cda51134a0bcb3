"""/os-quota-sets: what a project may have."""
import re

from essex import wsgi
from essex.exception import NotFound
from nova.api.compute import common, schemas
from nova.compute import quota

_PROJECT = re.compile(r'[A-Za-z0-9_.-]{1,64}')
_LIMIT = schemas.count(-1)
UPDATE = {'type': 'object', 'properties': {'quota_set': {
    'type': 'object', 'properties': {**dict.fromkeys(quota.RESOURCES, _LIMIT), 'force': schemas.BOOLEAN,
                                     'tenant_id': {'type': 'string'}, 'id': {'type': 'string'}},
    'additionalProperties': False}}, 'required': ['quota_set'], 'additionalProperties': False}


class QuotaSets(wsgi.Controller):
    """Limits by project. One's own anybody may read, others' and changes are the administrators'."""

    @wsgi.route('GET', '/os-quota-sets/<project_id>')
    def show(self, req, project_id):
        self._authorize(req, project_id)
        return {'quota_set': {'id': project_id, **quota.limits(project_id)}}

    @wsgi.route('GET', '/os-quota-sets/<project_id>/detail')
    def detail(self, req, project_id):
        self._authorize(req, project_id)
        limits, used = quota.limits(project_id), quota.usage(project_id)
        return {'quota_set': {'id': project_id, **{name: {'limit': limits[name], 'in_use': used[name], 'reserved': 0}
                                                   for name in limits}}}

    @wsgi.route('GET', '/os-quota-sets/<project_id>/defaults')
    def defaults(self, req, project_id):
        self._authorize(req, project_id)
        return {'quota_set': {'id': project_id, **quota.defaults()}}

    @wsgi.route('PUT', '/os-quota-sets/<project_id>', schema=UPDATE)
    def update(self, req, project_id, body):
        common.authorize(req, 'quota_sets:change')
        if not _PROJECT.fullmatch(project_id):
            raise NotFound(f'{project_id[:80]} is no project id.')
        asked = body['quota_set']
        wanted = {name: int(asked[name]) for name in quota.RESOURCES if name in asked}
        limits = quota.set_limits(project_id, wanted, schemas.is_true(asked.get('force', False)))
        return {'quota_set': limits}

    @wsgi.route('DELETE', '/os-quota-sets/<project_id>', status=202)
    def delete(self, req, project_id):
        common.authorize(req, 'quota_sets:change')
        quota.delete_limits(project_id)

    @staticmethod
    def _authorize(req, project_id):
        own = project_id == req.context.project_id
        common.authorize(req, 'quota_sets:show' if own else 'quota_sets:others')
