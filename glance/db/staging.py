"""Queries on data that waits on a node for the import of its image."""
import dataclasses
import datetime
import itertools

from sqlalchemy import delete, false, func, insert, or_, select, update

from essex import db
from glance.db.models import Image, Upload
from glance.db.models import Staged as Row


@dataclasses.dataclass(frozen=True)
class Staged:
    """The staged data of an image: the file `name` on `host`, which others reach at `address`."""

    image_id: str
    name: str
    host: str
    address: str = None
    size: int = None
    created_at: datetime.datetime = None


_FIELDS = [getattr(Row, field.name) for field in dataclasses.fields(Staged)]


def get(image_id):
    """The staged data of an image, or None."""
    with db.reader() as session:
        row = session.execute(select(*_FIELDS).where(Row.image_id == image_id)).first()
        return Staged(*row) if row else None


def put(image_id, **values):
    """Note where the data of an image is going to wait, or waits; what was noted before is forgotten."""
    with db.writer() as session:
        session.execute(delete(Row).where(Row.image_id == image_id))
        session.execute(insert(Row).values(image_id=image_id, created_at=db.utcnow(), **values))


def change(image_id, file, **values):
    """Set columns of a note, if it is still that of the file called `file`; returns whether it was."""
    with db.writer() as session:
        return session.execute(update(Row).where(Row.image_id == image_id, Row.name == file)
                               .values(**values)).rowcount == 1


@db.retry
def forget(image_id):
    """Drop the note: the file is nobody's any more."""
    with db.writer() as session:
        session.execute(delete(Row).where(Row.image_id == image_id))


def known(names):
    """Those of `names` that are files of staged data, or of uploads under way."""
    names = list(names)
    living = select(Row.name, Row.next).join(Image, Image.id == Row.image_id).where(
        or_(Row.name.in_(names), Row.next.in_(names)), Image.deleted == false())
    with db.reader() as session:
        return {*itertools.chain(*session.execute(living)),
                *session.execute(select(Upload.id).where(Upload.id.in_(names))).scalars()}


def bytes_of(owner):
    """How many bytes of images of `owner` wait."""
    with db.reader() as session:
        return int(session.execute(select(func.coalesce(func.sum(Row.size), 0)).join(Image, Image.id == Row.image_id)
                                   .where(Image.owner == owner)).scalar())
