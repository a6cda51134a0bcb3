"""Queries on the projects that images are shared with."""
from sqlalchemy import and_, delete, false, func, insert, select, update

from essex import db
from glance.db.models import Image
from glance.db.models import Member as Row
from glance.image.model import Member

_FIELDS = [Row.image_id, Row.member, Row.can_share, Row.status, Row.created_at, Row.updated_at]


def of_image(image_id):
    """Every member of an image, oldest first."""
    with db.reader() as session:
        rows = session.execute(select(*_FIELDS).where(Row.image_id == image_id).order_by(Row.created_at, Row.member))
        return [Member(*row) for row in rows]


def of_project(project, viewer):
    """The memberships of `project` in living images; of all of them for an administrator, of the viewer's else."""
    statement = select(*_FIELDS).join(Image, Image.id == Row.image_id).where(
        Row.member == project, Image.deleted == false(), Image.visibility == 'shared').order_by(Row.image_id)
    if not viewer.is_admin and viewer.project_id != project:
        statement = statement.where(Image.owner == viewer.project_id)
    with db.reader() as session:
        return [Member(*row) for row in session.execute(statement)]


def get(image_id, project):
    """One membership or None."""
    with db.reader() as session:
        row = session.execute(select(*_FIELDS).where(Row.image_id == image_id, Row.member == project)).first()
        return Member(*row) if row else None


def count(image_id):
    """How many members an image has."""
    with db.reader() as session:
        return session.execute(select(func.count()).where(Row.image_id == image_id)).scalar()


def add(member):
    """Add a membership."""
    with db.writer() as session:
        session.execute(insert(Row).values(
            image_id=member.image_id, member=member.member, can_share=member.can_share, status=member.status,
            created_at=member.created_at, updated_at=member.updated_at))


def change(image_id, project, **values):
    """Set columns of a membership; returns whether it exists."""
    with db.writer() as session:
        return session.execute(update(Row).where(and_(Row.image_id == image_id, Row.member == project))
                               .values(updated_at=db.utcnow(), **values)).rowcount == 1


def remove(image_id, project=None):
    """Drop one membership, or all of an image; returns how many."""
    statement = delete(Row).where(Row.image_id == image_id)
    if project is not None:
        statement = statement.where(Row.member == project)
    with db.writer() as session:
        return session.execute(statement).rowcount
