"""Images, their data, members and places."""
from essex.policy import rule

ADMIN = 'rule:context_is_admin'
OWNER = 'rule:context_is_admin or (rule:writer and project_id:%(project_id)s)'
# Callers without a token get this far only where the operator lets them in (allow_anonymous_access).
READER = 'rule:context_is_admin or rule:reader or role:service or user_id:None'

RULES = [
    rule('default', 'rule:context_is_admin', 'What no other rule names.'),
    rule('context_is_admin', 'role:admin or is_admin:True', 'Administrators of the cloud.'),
    rule('writer', 'role:member or role:_member_', 'Those who may change what belongs to their project.'),
    rule('reader', 'rule:writer or role:reader', 'Those who may look at what belongs to their project.'),
    rule('service_api', 'rule:context_is_admin or role:service or service_roles:service',
         'Other services of the cloud.'),
    rule('get_images', READER, 'List images.', [('GET', '/v2/images'), ('GET', '/v1/images')]),
    rule('get_image', READER, 'Show an image.', [('GET', '/v2/images/{image_id}'), ('HEAD', '/v1/images/{image_id}')]),
    rule('download_image', 'rule:context_is_admin or rule:writer or role:service', 'Read the data of an image.',
         [('GET', '/v2/images/{image_id}/file'), ('GET', '/v1/images/{image_id}')]),
    rule('add_image', OWNER, 'Create an image.', [('POST', '/v2/images'), ('POST', '/v1/images')]),
    rule('upload_image', OWNER, 'Give an image its data.', [('PUT', '/v2/images/{image_id}/file')]),
    rule('modify_image', OWNER, 'Change an image and its tags.',
         [('PATCH', '/v2/images/{image_id}'), ('PUT', '/v1/images/{image_id}')]),
    rule('delete_image', OWNER, 'Delete an image.', [('DELETE', '/v2/images/{image_id}')]),
    rule('publicize_image', ADMIN, 'Make an image public.',
         [('POST', '/v2/images'), ('PATCH', '/v2/images/{image_id}')]),
    rule('communitize_image', OWNER, 'Make an image a community image.', [('PATCH', '/v2/images/{image_id}')]),
    rule('set_owner', ADMIN, 'Create an image for another project, or give one away.', [('POST', '/v2/images')]),
    rule('deactivate', OWNER, 'Stop the data of an image from being read.',
         [('POST', '/v2/images/{image_id}/actions/deactivate')]),
    rule('reactivate', OWNER, 'Let the data of an image be read again.',
         [('POST', '/v2/images/{image_id}/actions/reactivate')]),
    rule('get_members', READER, 'See with whom an image is shared.', [('GET', '/v2/images/{image_id}/members')]),
    rule('get_member', READER, 'See one membership.', [('GET', '/v2/images/{image_id}/members/{member_id}')]),
    rule('add_member', OWNER, 'Share an image.', [('POST', '/v2/images/{image_id}/members')]),
    rule('delete_member', OWNER, 'Stop sharing an image.', [('DELETE', '/v2/images/{image_id}/members/{member_id}')]),
    rule('modify_member', 'rule:context_is_admin or (rule:writer and project_id:%(member_id)s)',
         'Accept or reject an image.', [('PUT', '/v2/images/{image_id}/members/{member_id}')]),
    rule('get_image_location', 'rule:context_is_admin or rule:reader or role:service',
         'See where the data of an image is that one sees, where the operator has it shown.',
         [('GET', '/v2/images/{image_id}')]),
    rule('set_image_location', OWNER, 'Say where the data of an image is, where the operator lets anybody.',
         [('PATCH', '/v2/images/{image_id}')]),
    rule('add_image_location', 'rule:service_api or (rule:writer and project_id:%(project_id)s)',
         'Give a queued image the address of its data.', [('POST', '/v2/images/{image_id}/locations')]),
    rule('fetch_image_location', 'rule:service_api', 'Read the addresses of the data of an image.',
         [('GET', '/v2/images/{image_id}/locations')]),
    rule('copy_image', ADMIN, 'Copy the data of an image into further stores.',
         [('POST', '/v2/images/{image_id}/import')]),
    rule('delete_image_location', ADMIN, 'Remove the data of an image from one of several stores.',
         [('DELETE', '/v2/stores/{store_id}/{image_id}')]),
]
