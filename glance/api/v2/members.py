"""/v2/images/{id}/members."""
from essex import wsgi
from glance import policy
from glance.api.v2 import schemas, views
from glance.image import sharing


class MemberController(wsgi.Controller):
    """The projects an image is shared with."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/images/<image_id>/members')
    def index(self, req, image_id):
        """The memberships the caller may know of."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_members', image)
        found = sharing.visible_members(req.context, image)
        return {'members': [views.member(each) for each in found], 'schema': '/v2/schemas/members'}

    @wsgi.route('POST', '/images/<image_id>/members', schema=schemas.ADD_MEMBER)
    def create(self, req, image_id, body):
        """Share the image with a project, which then may accept it."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'add_member', image)
        return views.member(sharing.add(image, body['member']))

    @wsgi.route('GET', '/images/<image_id>/members/<member_id>')
    def show(self, req, image_id, member_id):
        """One membership."""
        image = self.manager.get(req.context, image_id)
        policy.enforce(req.context, 'get_member', image)
        return views.member(sharing.get(req.context, image, member_id))

    @wsgi.route('PUT', '/images/<image_id>/members/<member_id>', schema=schemas.ANSWER)
    def update(self, req, image_id, member_id, body):
        """Accept or reject an image; the member's own decision."""
        image = self.manager.get(req.context, image_id)
        sharing.get(req.context, image, member_id)
        policy.enforce(req.context, 'modify_member', image, member_id=member_id)
        return views.member(sharing.answer(image, member_id, body['status']))

    @wsgi.route('DELETE', '/images/<image_id>/members/<member_id>', status=204)
    def delete(self, req, image_id, member_id):
        """Stop sharing the image with a project."""
        image = self.manager.get(req.context, image_id)
        sharing.get(req.context, image, member_id)
        policy.enforce(req.context, 'delete_member', image)
        sharing.remove(image, member_id)
