"""Queries on definitions of metadata."""
import contextlib

from sqlalchemy import and_, delete, exists, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError

from essex import db
from glance.db.models import Association, Definition, ResourceType
from glance.db.models import Namespace as Row
from glance.exception import UnknownName
from glance.metadef.model import Item, Link, Namespace

_FIELDS = ('namespace', 'display_name', 'description', 'visibility', 'protected', 'owner', 'created_at', 'updated_at',
           'id')
_COLUMNS = [getattr(Row, name) for name in _FIELDS]


def _visible(viewer):
    if viewer.is_admin:
        return true()
    return or_(Row.visibility == 'public', and_(Row.owner.is_not(None), Row.owner == viewer.project_id))


def get(name, viewer, for_update=False):
    """The Namespace `viewer` may see under this name, or None. With `for_update` its row stays locked."""
    statement = select(*_COLUMNS).where(Row.namespace == name, _visible(viewer))
    if for_update:
        statement = statement.with_for_update()
    with db.reader() as session:
        return _with_links(session, session.execute(statement).all(), one=True)


def find(page, viewer):
    """The Namespaces of a Page, with what they are for: two statements. Raises UnknownName."""
    key, direction = page.order
    column, falling = func.coalesce(getattr(Row, key), ''), direction == 'desc'
    if key.endswith('_at'):
        column = getattr(Row, key)
    statement = select(*_COLUMNS).where(_visible(viewer))
    if page.visibility:
        statement = statement.where(Row.visibility == page.visibility)
    if page.resource_types:
        statement = statement.where(exists().where(Association.namespace_id == Row.id,
                                                   Association.resource_type.in_(page.resource_types)))
    with db.reader() as session:
        if page.marker is not None:
            last = session.execute(select(column, Row.id).where(Row.namespace == page.marker, _visible(viewer))).first()
            if last is None:
                raise UnknownName(marker=page.marker[:80])
            value, row_id = last
            beyond, later = (column < value, Row.id < row_id) if falling else (column > value, Row.id > row_id)
            statement = statement.where(or_(beyond, and_(column == value, later)))
        order = (column.desc(), Row.id.desc()) if falling else (column, Row.id)
        return _with_links(session, session.execute(statement.order_by(*order).limit(page.limit)).all())


def _with_links(session, rows, one=False):
    found = [Namespace(*row) for row in rows]
    known = {each.id: each for each in found}
    if known:
        query = select(Association.namespace_id, Association.resource_type, Association.prefix,
                       Association.properties_target, Association.created_at, Association.updated_at)
        for space_id, *values in session.execute(query.where(Association.namespace_id.in_(known))
                                                 .order_by(Association.resource_type)):
            known[space_id].links[values[0]] = Link(*values)
    if one:
        return found[0] if found else None
    return found


def create(space):
    """Add a Namespace; sets its id and times. IntegrityError when the name is taken."""
    space.created_at = space.updated_at = db.utcnow()
    with db.writer() as session:
        space.id = session.execute(insert(Row).values(**{
            name: getattr(space, name) for name in _FIELDS if name != 'id'})).inserted_primary_key[0]


def change(space_id, **values):
    """Set columns of a Namespace."""
    with db.writer() as session:
        session.execute(update(Row).where(Row.id == space_id).values(updated_at=db.utcnow(), **values))


def remove(space_id):
    """Drop a namespace and all it holds."""
    with db.writer() as session:
        for model in (Definition, Association):
            session.execute(delete(model).where(model.namespace_id == space_id))
        session.execute(delete(Row).where(Row.id == space_id))


# What a namespace defines


def items(space_id, kind, limit=None, marker=None):
    """The Items of a kind, by name. Raises UnknownName."""
    wanted = [Definition.namespace_id == space_id, Definition.kind == kind]
    statement = select(Definition.name, Definition.body, Definition.created_at, Definition.updated_at).where(*wanted)
    with db.reader() as session:
        if marker is not None:
            if session.execute(select(Definition.id).where(*wanted, Definition.name == marker)).first() is None:
                raise UnknownName(marker=marker[:80])
            statement = statement.where(Definition.name > marker)
        return [Item(*row) for row in session.execute(statement.order_by(Definition.name).limit(limit))]


def item(space_id, kind, name):
    """One Item or None."""
    with db.reader() as session:
        row = session.execute(select(Definition.name, Definition.body, Definition.created_at, Definition.updated_at)
                              .where(Definition.namespace_id == space_id, Definition.kind == kind,
                                     Definition.name == name)).first()
        return Item(*row) if row else None


def add_items(space_id, kind, added):
    """Add Items. IntegrityError when a name is taken."""
    now = db.utcnow()
    for each in added:
        each.created_at = each.updated_at = now
    if added:
        with db.writer() as session:
            session.execute(insert(Definition), [
                {'namespace_id': space_id, 'kind': kind, 'name': each.name, 'body': each.body, 'created_at': now,
                 'updated_at': now} for each in added])


def change_item(space_id, kind, name, new):
    """Replace an Item. IntegrityError when its new name is taken."""
    with db.writer() as session:
        session.execute(update(Definition).where(
            Definition.namespace_id == space_id, Definition.kind == kind, Definition.name == name).values(
            name=new.name, body=new.body, updated_at=db.utcnow()))


def remove_items(space_id, kind, name=None):
    """Drop one Item, or all of a kind; returns how many."""
    statement = delete(Definition).where(Definition.namespace_id == space_id, Definition.kind == kind)
    if name is not None:
        statement = statement.where(Definition.name == name)
    with db.writer() as session:
        return session.execute(statement).rowcount


# What it is for


def resource_types():
    """(name, created, updated) of every kind of resource that was ever named."""
    with db.reader() as session:
        return session.execute(select(ResourceType.name, ResourceType.created_at, ResourceType.updated_at)
                               .order_by(ResourceType.name)).all()


def link(space_id, links):
    """Add Links to a namespace; kinds that are new become known. IntegrityError for one that is there."""
    now = db.utcnow()
    with db.writer() as session:
        for name in sorted({each.name for each in links}):
            # A savepoint: where it is known, perhaps since a moment, the transaction around it goes on.
            with contextlib.suppress(IntegrityError), session.begin_nested():
                session.execute(insert(ResourceType).values(name=name, created_at=now, updated_at=now))
        if links:
            session.execute(insert(Association), [
                {'namespace_id': space_id, 'resource_type': each.name, 'prefix': each.prefix,
                 'properties_target': each.properties_target, 'created_at': now, 'updated_at': now}
                for each in links])
    for each in links:
        each.created_at = each.updated_at = now


def unlink(space_id, name=None):
    """Drop one Link, or all; returns how many."""
    statement = delete(Association).where(Association.namespace_id == space_id)
    if name is not None:
        statement = statement.where(Association.resource_type == name)
    with db.writer() as session:
        return session.execute(statement).rowcount
