"""Who may do what with images: defaults, which an operator's file overrides.

Whether a caller sees an image at all is not asked here: that is decided in glance/db/visibility.py, and an
image one may not see does not exist.
"""
import functools

from essex.policy import Enforcer, rule

_ADMIN = 'rule:context_is_admin'
_OWNER = 'rule:context_is_admin or (rule:writer and project_id:%(project_id)s)'
_ANYONE = ''

RULES = [
    rule('context_is_admin', 'role:admin or is_admin:True', 'Administrators of the cloud.'),
    rule('writer', 'role:member or role:_member_', 'Those who may change what belongs to their project.'),
    rule('get_images', _ANYONE, 'List images.', [('GET', '/v2/images'), ('GET', '/v1/images')]),
    rule('get_image', _ANYONE, 'Show an image.', [('GET', '/v2/images/{image_id}'), ('HEAD', '/v1/images/{image_id}')]),
    rule('download_image', 'rule:context_is_admin or rule:writer or role:service', 'Read the data of an image.',
         [('GET', '/v2/images/{image_id}/file'), ('GET', '/v1/images/{image_id}')]),
    rule('add_image', _OWNER, 'Create an image.', [('POST', '/v2/images'), ('POST', '/v1/images')]),
    rule('upload_image', _OWNER, 'Give an image its data.', [('PUT', '/v2/images/{image_id}/file')]),
    rule('modify_image', _OWNER, 'Change an image and its tags.',
         [('PATCH', '/v2/images/{image_id}'), ('PUT', '/v1/images/{image_id}')]),
    rule('delete_image', _OWNER, 'Delete an image.', [('DELETE', '/v2/images/{image_id}')]),
    rule('publicize_image', _ADMIN, 'Make an image public.',
         [('POST', '/v2/images'), ('PATCH', '/v2/images/{image_id}')]),
    rule('communitize_image', _OWNER, 'Make an image a community image.', [('PATCH', '/v2/images/{image_id}')]),
    rule('set_owner', _ADMIN, 'Create an image for another project, or give one away.', [('POST', '/v2/images')]),
    rule('deactivate', _OWNER, 'Stop the data of an image from being read.',
         [('POST', '/v2/images/{image_id}/actions/deactivate')]),
    rule('reactivate', _OWNER, 'Let the data of an image be read again.',
         [('POST', '/v2/images/{image_id}/actions/reactivate')]),
    rule('get_members', _ANYONE, 'See with whom an image is shared.', [('GET', '/v2/images/{image_id}/members')]),
    rule('get_member', _ANYONE, 'See one membership.', [('GET', '/v2/images/{image_id}/members/{member_id}')]),
    rule('add_member', _OWNER, 'Share an image.', [('POST', '/v2/images/{image_id}/members')]),
    rule('delete_member', _OWNER, 'Stop sharing an image.', [('DELETE', '/v2/images/{image_id}/members/{member_id}')]),
    rule('modify_member', 'rule:context_is_admin or (rule:writer and project_id:%(member_id)s)',
         'Accept or reject an image.', [('PUT', '/v2/images/{image_id}/members/{member_id}')]),
    rule('get_image_location', _ADMIN, 'See where the data of an image is.', [('GET', 'registry:/images/detail')]),
    rule('set_image_location', _ADMIN, 'Say where the data of an image is.', [('POST', 'registry:/images')]),
    rule('delete_image_location', _ADMIN, 'Remove the data of an image from one of several stores.',
         [('DELETE', '/v2/stores/{store_id}/{image_id}')]),
    rule('stores_info_detail', 'rule:context_is_admin or role:service', 'See how the stores are configured.',
         [('GET', '/v2/info/stores/detail')]),
]


@functools.cache
def enforcer():
    """The rules of this process."""
    return Enforcer(RULES)


def enforce(context, name, image=None, **more):
    """Raise Forbidden unless `context` may do `name` to `image`; `more` joins what rules can compare with."""
    enforcer().enforce(context, name, {**(image.target if image is not None else {}), **more})


def allows(context, name, image=None):
    """Whether `context` may do `name` to `image`."""
    return enforcer().check(context, name, image.target if image is not None else {})
