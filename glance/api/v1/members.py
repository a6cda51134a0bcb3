"""/v1/images/{id}/members and /v1/shared-images/{project}."""
from essex import wsgi
from essex.exception import BadRequest, Forbidden, Unauthorized
from glance import policy
from glance.api.v1 import views
from glance.exception import ImageNotFound, MemberNotFound
from glance.image import sharing


class MemberController(wsgi.Controller):
    """With whom images are shared."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/images/<image_id>/members')
    def index(self, req, image_id):
        """The projects an image is shared with."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_members', image)
        return {'members': [views.member(each) for each in sharing.visible_members(req.context, image)]}

    @wsgi.route('PUT', '/images/<image_id>/members', status=204)
    def replace(self, req, image_id):
        """Replace the whole set."""
        wanted = _memberships(req.json)
        image = self._sharable(req, image_id)
        sharing.replace(image, wanted)

    @wsgi.route('PUT', '/images/<image_id>/members/<member_id>', status=204)
    def put(self, req, image_id, member_id):
        """Add one member, or change whether it may share on."""
        can_share = _can_share(req.json)
        sharing.put(self._sharable(req, image_id), member_id, can_share)

    @wsgi.route('DELETE', '/images/<image_id>/members/<member_id>', status=204)
    def delete(self, req, image_id, member_id):
        """Remove one member; a project that is none is no error."""
        image = self._sharable(req, image_id)
        if sharing.is_member(image, member_id):
            try:
                sharing.remove(image, member_id)
            except MemberNotFound:
                return   # somebody else was faster

    @wsgi.route('GET', '/shared-images/<member_id>')
    def shared(self, req, member_id):
        """The images shared with a project."""
        policy.enforce(req.context, 'get_members')
        found = sharing.shared_with(req.context, member_id)
        return {'shared_images': [views.shared_image(each) for each in found]}

    def _sharable(self, req, image_id):
        """The image, if the caller may share it: its owner, an administrator, or a member with can_share."""
        if not (req.context.project_id or req.context.is_admin):
            raise Unauthorized('Sharing an image needs a token with a project.')
        image = self.manager.get(req.context, image_id)
        shared_on = image.visibility == 'shared' and sharing.may_share(req.context, image)
        if not policy.allows(req.context, 'add_member', image) and not shared_on:
            raise self._not_sharable(image_id)
        if image.visibility == 'public':
            raise Forbidden(f'Image {image_id} is public: everybody has it already.')
        return self._shared_visibility(req, image)

    @staticmethod
    def _not_sharable(image_id):
        # As if it were not there: a member learns no more about an image than it has to.
        return ImageNotFound(image_id=image_id)

    def _shared_visibility(self, req, image):
        """Make a private image one that can have members: this face does not know the difference."""
        if image.visibility == 'shared':
            return image

        def change(record):
            record.visibility = 'shared'
        return self.manager.update(req.context, image.id, change)


def _memberships(body):
    """{project: can_share or None} of a request's body."""
    items = body.get('memberships') if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise BadRequest('The body is an object with a list of memberships.')
    wanted = {}
    for item in items:
        if not isinstance(item, dict) or not sharing.usable(item.get('member_id')):
            raise BadRequest('Each membership is an object with a member_id, the ID of a project.')
        wanted[item['member_id']] = _flag(item)
    return wanted


def _can_share(body):
    if body is None:
        return None
    if not isinstance(body, dict) or not isinstance(body.get('member'), dict):
        raise BadRequest('The body, if there is one, is an object with a member.')
    return _flag(body['member'])


def _flag(item):
    value = item.get('can_share')
    if value is not None and not isinstance(value, bool):
        raise BadRequest('can_share is true or false.')
    return value
