"""Sharing an image with other projects, and what these answer."""
from sqlalchemy.exc import IntegrityError

from essex import db
from glance import notifications
from glance.db import images, members
from glance.exception import DuplicateMember, ImageNotFound, InvalidImage, MemberNotFound, NotShared
from glance.image import limits
from glance.image.model import MEMBER_STATUSES, Member


def visible_members(context, image):
    """The members of `image` that `context` may know of: the owner sees all, a member itself."""
    found = members.of_image(image.id) if image.visibility == 'shared' else []
    if context.is_admin or owns(context, image):
        return found
    return [each for each in found if each.member == context.project_id]


def get(context, image, project):
    """One membership that `context` may know of. Raises MemberNotFound."""
    found = members.get(image.id, project) if usable(project) else None
    if found is None or not (context.is_admin or owns(context, image) or project == context.project_id):
        raise MemberNotFound(image_id=image.id, member=project[:80])
    return found


def is_member(image, project):
    """Whether the image is shared with `project`."""
    return usable(project) and members.get(image.id, project) is not None


def may_share(context, image):
    """Whether the caller is a member that may share the image on."""
    found = members.get(image.id, context.project_id) if context.project_id else None
    return found is not None and found.can_share


def shared_with(context, project):
    """The memberships of `project` that `context` may know of."""
    return members.of_project(project, context) if usable(project) else []


def owns(context, image):
    """Whether the caller's project owns the image."""
    return bool(context.project_id) and image.owner == context.project_id


@db.retry
def add(image, project, can_share=False):
    """Share `image` with a project; returns the Member. Raises NotShared, DuplicateMember, QuotaExceeded."""
    check_project(project)
    if image.visibility != 'shared':
        raise NotShared(image_id=image.id, visibility=image.visibility)
    now = db.utcnow()
    made = Member(image.id, project, can_share, 'pending', now, now)
    try:
        with db.writer():
            _hold(image)
            if members.get(image.id, project) is not None:
                raise DuplicateMember(image_id=image.id, member=project)
            limits.check_count('members', members.count(image.id) + 1, limits.CONF.image_member_quota)
            members.add(made)
    except IntegrityError as error:
        raise DuplicateMember(image_id=image.id, member=project) from error
    notifications.member('create', made)
    return made


@db.retry
def answer(image, project, status):
    """Set what a member says to an image shared with it; returns the Member."""
    if status not in MEMBER_STATUSES:
        raise InvalidImage(f'The status of a member must be one of {", ".join(MEMBER_STATUSES)}, not '
                           f'{str(status)[:40]!r}.')
    with db.writer():
        if not members.change(image.id, project, status=status):
            raise MemberNotFound(image_id=image.id, member=project[:80])
        changed = members.get(image.id, project)
    notifications.member('update', changed)
    return changed


@db.retry
def remove(image, project):
    """Stop sharing with a project. Raises MemberNotFound."""
    if not usable(project) or not members.remove(image.id, project):
        raise MemberNotFound(image_id=image.id, member=project[:80])
    notifications.member('delete', Member(image.id, project))


@db.retry
def replace(image, wanted):
    """Make {project: can_share} the members of an image; those that stay keep their answer (None: and can_share)."""
    for project in wanted:
        check_project(project)
    limits.check_count('members', len(wanted), limits.CONF.image_member_quota)
    with db.writer():
        _hold(image)
        present = {each.member: each for each in members.of_image(image.id)}
        gone = set(present) - set(wanted)
        for project in gone:
            members.remove(image.id, project)
        put_now = [_put(image, project, can_share, present.get(project)) for project, can_share in wanted.items()]
    for project in gone:
        notifications.member('delete', present[project])
    _tell(put_now)


@db.retry
def put(image, project, can_share=None):
    """Add a member or change whether it may share on; None leaves that as it is."""
    check_project(project)
    with db.writer():
        _hold(image)
        present = members.get(image.id, project)
        if present is None:
            limits.check_count('members', members.count(image.id) + 1, limits.CONF.image_member_quota)
        done = _put(image, project, can_share, present)
    _tell([done])


def _put(image, project, can_share, present):
    """Returns what is to be told of it: (verb, Member)."""
    now = db.utcnow()
    if present is None:
        made = Member(image.id, project, bool(can_share), 'pending', now, now)
        members.add(made)
        return 'create', made
    if can_share is not None and can_share != present.can_share:
        members.change(image.id, project, can_share=can_share)
    return 'update', present


def _tell(changes):
    for verb, record in changes:
        notifications.member(verb, record)


def _hold(image):
    """Hold the image's row, so that two at once cannot both pass the quota, and see that it still exists."""
    if not images.hold(image.id):
        raise ImageNotFound(image_id=image.id)


def usable(project):
    """Whether `project` can be the id of a project."""
    return isinstance(project, str) and 0 < len(project) <= 255 and '\0' not in project


def check_project(project):
    """Raise InvalidImage when `project` cannot be a project's id."""
    if not usable(project):
        raise InvalidImage('A member is the ID of a project: a string of 1 to 255 characters.')
