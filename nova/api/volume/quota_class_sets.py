"""/os-quota-class-sets: what a project may have by default."""
from essex import wsgi
from essex.exception import NotFound
from nova.api.volume import common, schemas
from nova.api.volume.quota_sets import NONE
from nova.volume import quota

_NAME = 'default'
UPDATE = {'type': 'object', 'properties': {'quota_class_set': {
    'type': 'object', 'properties': {**dict.fromkeys((*quota.RESOURCES, *NONE), schemas.NUMBER), 'class_name': {}},
    'additionalProperties': False}}, 'required': ['quota_class_set'], 'additionalProperties': False}


class QuotaClassSets(wsgi.Controller):
    """The limits of projects without their own, for administrators. There is one class, `default`."""

    @wsgi.route('GET', '/os-quota-class-sets/<name>')
    def show(self, req, name):
        common.authorize(req, 'volume_quota_class_sets:show')
        _check(name)
        return {'quota_class_set': {'id': name, **quota.defaults(), **NONE}}

    @wsgi.route('PUT', '/os-quota-class-sets/<name>', schema=UPDATE)
    def update(self, req, name, body):
        common.authorize(req, 'volume_quota_class_sets:change')
        _check(name)
        asked = body['quota_class_set']
        wanted = {each: common.whole_number(asked[each], each, -1) for each in quota.RESOURCES
                  if asked.get(each) is not None}
        return {'quota_class_set': {**quota.set_defaults(wanted), **NONE}}


def _check(name):
    if name != _NAME:
        raise NotFound(f'There is no quota class {name[:80]}: the only one is {_NAME}.')
