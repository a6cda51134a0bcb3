"""Which images a caller sees, as SQL: the one place where it is decided."""
from sqlalchemy import and_, exists, false, or_, true

from glance.db.models import Image, Member


class _Everyone:
    """The service itself, looking at its own records."""

    is_admin, project_id = True, None


EVERYONE = _Everyone()


def membership(project, statuses=None):
    """True for images that have `project` as a member (of one of `statuses`, if given)."""
    condition = and_(Member.image_id == Image.id, Member.member == project)
    if statuses:
        condition = and_(condition, Member.status.in_(statuses))
    return exists().where(condition)


def _own(project):
    # An image of nobody belongs to everybody, as it always has.
    return or_(Image.owner.is_(None), Image.owner == project) if project else Image.owner.is_(None)


def visible(viewer):
    """True for every image that `viewer` may look at by its id."""
    if viewer.is_admin:
        return true()
    kinds = [Image.visibility.in_(('public', 'community')), _own(viewer.project_id)]
    if viewer.project_id:
        kinds.append(and_(Image.visibility == 'shared', membership(viewer.project_id)))
    return or_(*kinds)


def listed(viewer, query):
    """True for the images in a list that `viewer` asks for with `query` (an ImageQuery).

    Narrower than `visible`: community images appear when asked for (or one's own), images shared with the
    viewer when it has accepted them (or as its member_status says).
    """
    visibility, statuses = query.visibility, None if query.member_status == 'all' else (query.member_status,)
    everything = viewer.is_admin and not query.as_project and statuses in (None, ('accepted',))
    if visibility not in (None, 'all'):
        return and_(Image.visibility == visibility, _of_kind(viewer, visibility, statuses, everything))
    if everything:
        return true()
    kinds = [Image.visibility == 'public', _own(viewer.project_id)]
    if visibility == 'all':
        kinds.append(Image.visibility == 'community')
    kinds.append(_shared_with(viewer, statuses))
    return or_(*kinds)


def _of_kind(viewer, visibility, statuses, everything):
    if everything or visibility in ('public', 'community'):
        return true()
    if visibility == 'private':
        return true() if viewer.is_admin else _own(viewer.project_id)
    return or_(_own(viewer.project_id), _shared_with(viewer, statuses))


def _shared_with(viewer, statuses):
    if not viewer.project_id:
        return false()
    return and_(Image.visibility == 'shared', membership(viewer.project_id, statuses))
