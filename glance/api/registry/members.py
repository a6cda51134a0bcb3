"""The registry's members: as those of version 1, which hides what the registry says."""
from essex.exception import Forbidden
from glance.api.v1 import members


class MemberController(members.MemberController):
    """With whom images are shared."""

    @staticmethod
    def _not_sharable(image_id):
        return Forbidden(f'You may not share image {image_id}.')
