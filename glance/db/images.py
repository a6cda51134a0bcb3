"""Queries on images, with their properties, tags and locations."""
from sqlalchemy import and_, case, delete, exists, false, func, insert, literal, or_, select, update

from essex import db
from glance.db import location_key, visibility
from glance.db.models import Image as Row
from glance.db.models import Location as LocationRow
from glance.db.models import Property, Staged, Tag, Upload
from glance.exception import UnknownMarker
from glance.image.model import COLUMNS, Image, Location

_COLUMNS = [getattr(Row, name) for name in COLUMNS]
# Values that may be missing sort before all others, on every database alike.
_NULLABLE = {'name': '', 'disk_format': '', 'container_format': '', 'size': -1}
_COMPARE = {'eq': '__eq__', 'neq': '__ne__', 'gt': '__gt__', 'gte': '__ge__', 'lt': '__lt__', 'lte': '__le__'}


def get(image_id, viewer, deleted=False, for_update=False):
    """The image `viewer` may see under this id, or None. With `for_update`, its row stays locked in the writer."""
    statement = select(*_COLUMNS).where(Row.id == image_id, visibility.visible(viewer))
    if not deleted:
        statement = statement.where(Row.deleted == false())
    if for_update:
        statement = statement.with_for_update()
    with db.reader() as session:
        row = session.execute(statement).first()
        return _with_details(session, [row])[0] if row else None


def find(query, viewer):
    """The images that answer `query` (an ImageQuery), in its order. Raises UnknownMarker."""
    order = query.order()
    with db.reader() as session:
        statement = select(*_COLUMNS).where(*_conditions(query, viewer))
        if query.marker is not None:
            statement = statement.where(_after(session, query, viewer, order))
        for key, direction in order:
            column = _sortable(key)
            statement = statement.order_by(column.desc() if direction == 'desc' else column.asc())
        rows = session.execute(statement.limit(query.limit)).all()
        return _with_details(session, rows)


def _conditions(query, viewer):
    conditions = [visibility.listed(viewer, query)]
    if query.deleted is not None:
        conditions.append(Row.deleted == literal(query.deleted))
    if query.os_hidden is not None:
        conditions.append(Row.os_hidden == literal(query.os_hidden))
    if query.not_public:
        conditions.append(Row.visibility != 'public')
    conditions += [getattr(Row, name).in_(values) for name, values in query.any_of.items()]
    conditions += [getattr(getattr(Row, name), _COMPARE[operator])(value) for name, operator, value in query.ranges]
    conditions += [exists().where(Tag.image_id == Row.id, Tag.value == tag) for tag in query.tags]
    conditions += [exists().where(Property.image_id == Row.id, Property.name == name, Property.value == value)
                   for name, value in query.properties.items()]
    return conditions


def _sortable(key):
    column = getattr(Row, key)
    if key in _NULLABLE:
        return func.coalesce(column, _NULLABLE[key])
    return column


def _after(session, query, viewer, order):
    """The condition that an image comes after the marker in `order`."""
    wanted = select(*[_sortable(key) for key, _ in order]).where(Row.id == query.marker, visibility.visible(viewer))
    if query.deleted is False:
        wanted = wanted.where(Row.deleted == false())
    values = session.execute(wanted).first()
    if values is None:
        raise UnknownMarker(marker=query.marker[:80])
    steps, equal = [], []
    for (key, direction), value in zip(order, values, strict=True):
        column = _sortable(key)
        steps.append(and_(*equal, column < value if direction == 'desc' else column > value))
        equal.append(column == value)
    return or_(*steps)


def _with_details(session, rows):
    """Image records of `rows`: three more statements, however many rows."""
    images = [Image(*row) for row in rows]
    known = {image.id: image for image in images}
    if not known:
        return images
    ids = list(known)
    for image_id, name, value in session.execute(
            select(Property.image_id, Property.name, Property.value).where(Property.image_id.in_(ids))):
        known[image_id].properties[name] = value
    for image_id, value in session.execute(
            select(Tag.image_id, Tag.value).where(Tag.image_id.in_(ids)).order_by(Tag.value)):
        known[image_id].tags.append(value)
    for image_id, url, store, meta in session.execute(
            select(LocationRow.image_id, LocationRow.url, LocationRow.store, LocationRow.meta)
            .where(LocationRow.image_id.in_(ids), LocationRow.status == 'active').order_by(LocationRow.id)):
        known[image_id].locations.append(Location(location_key.open(url), store, meta))
    return images


def exists_id(image_id):
    """Whether an image, living or deleted, has this id."""
    with db.reader() as session:
        return session.execute(select(Row.id).where(Row.id == image_id)).first() is not None


def create(image):
    """Add an image with its properties, tags and locations."""
    with db.writer() as session:
        session.execute(insert(Row).values(**{name: getattr(image, name) for name in COLUMNS}))
        _add_details(session, image.id, image.properties, image.tags, image.locations)


def _add_details(session, image_id, properties=(), tags=(), locations=(), location_status='active'):
    if properties:
        session.execute(insert(Property), [{'image_id': image_id, 'name': name, 'value': value}
                                           for name, value in properties.items()])
    if tags:
        session.execute(insert(Tag), [{'image_id': image_id, 'value': tag} for tag in tags])
    if locations:
        session.execute(insert(LocationRow), [
            {'image_id': image_id, 'url': location_key.seal(place.url), 'store': place.store, 'meta': place.meta,
             'status': location_status}
            for place in locations])


def save(before, after):
    """Write what differs between two records of one image. The caller holds the row (get with for_update)."""
    changed = {name: getattr(after, name) for name in COLUMNS if getattr(after, name) != getattr(before, name)}
    with db.writer() as session:
        if changed:
            session.execute(update(Row).where(Row.id == before.id).values(**changed))
        if after.properties != before.properties:
            _save_properties(session, before, after)
        if after.tags != before.tags:
            gone = set(before.tags) - set(after.tags)
            if gone:
                session.execute(delete(Tag).where(Tag.image_id == before.id, Tag.value.in_(gone)))
            _add_details(session, before.id, tags=[tag for tag in after.tags if tag not in before.tags])
        if after.locations != before.locations:
            session.execute(delete(LocationRow).where(LocationRow.image_id == before.id,
                                                      LocationRow.status == 'active'))
            _add_details(session, before.id, locations=after.locations)
            kept = {place.url for place in after.locations}
            # The data there is still to be removed.
            _add_details(session, before.id, locations=[place for place in before.locations if place.url not in kept],
                         location_status='pending_delete')


def _save_properties(session, before, after):
    gone = set(before.properties) - set(after.properties)
    if gone:
        session.execute(delete(Property).where(Property.image_id == before.id, Property.name.in_(gone)))
    new = {}
    for name, value in after.properties.items():
        if name not in before.properties:
            new[name] = value
        elif before.properties[name] != value:
            session.execute(update(Property).where(Property.image_id == before.id, Property.name == name)
                            .values(value=value))
    _add_details(session, before.id, new)


def change_status(image_id, from_states, **values):
    """Set columns of a living image whose status is one of `from_states`; returns whether it was."""
    with db.writer() as session:
        result = session.execute(update(Row).where(Row.id == image_id, Row.status.in_(from_states),
                                                   Row.deleted == false()).values(**values))
        return result.rowcount == 1


def hold(image_id):
    """Lock the row of a living image until the writer ends; returns whether there is one."""
    with db.writer() as session:
        statement = select(Row.id).where(Row.id == image_id, Row.deleted == false()).with_for_update()
        return session.execute(statement).first() is not None


def status_of(image_id):
    """The status of a living image, or None."""
    with db.reader() as session:
        return session.execute(select(Row.status).where(Row.id == image_id, Row.deleted == false())).scalar()


def with_data(image_ids):
    """Those of `image_ids` that have data anywhere, or had when they were deleted and it is not removed yet."""
    with db.reader() as session:
        found = select(LocationRow.image_id).where(LocationRow.image_id.in_(list(image_ids)))
        return set(session.execute(found).scalars())


def has_location(image_id, url):
    """Whether the data of an image is known to be at `url`."""
    with db.reader() as session:
        sealed = session.execute(select(LocationRow.url).where(LocationRow.image_id == image_id)).scalars()
        # Each is sealed in its own way: they are compared open.
        return any(location_key.open(each) == url for each in sealed)


def add_location(image_id, location):
    """Note one more place that has the image's data."""
    with db.writer() as session:
        _add_details(session, image_id, locations=[location])


def remove_location(image_id, store):
    """Forget the data of an image in one store."""
    with db.writer() as session:
        session.execute(delete(LocationRow).where(LocationRow.image_id == image_id, LocationRow.store == store))


def set_property(image_id, name, value):
    """Give an image a property of the service's own."""
    with db.writer() as session:
        session.execute(delete(Property).where(Property.image_id == image_id, Property.name == name))
        _add_details(session, image_id, {name: value})


def finish_delete(image_id, **values):
    """Turn a pending_delete image into what `values` say and forget where its data was."""
    with db.writer() as session:
        session.execute(update(Row).where(Row.id == image_id, Row.status == 'pending_delete').values(**values))
        session.execute(delete(LocationRow).where(LocationRow.image_id == image_id, LocationRow.status == 'active'))


def begin_scrub(image_id):
    """Give up every place of a pending_delete image, for good; returns whether it is one."""
    with db.writer() as session:
        if not _hold_pending(session, image_id):
            return False
        session.execute(update(LocationRow).where(LocationRow.image_id == image_id).values(status='pending_delete'))
        return True


def restore(image_id, **values):
    """Set columns of a pending_delete image none of whose places was given up; returns whether there is one."""
    with db.writer() as session:
        if not _hold_pending(session, image_id):
            return False
        states = set(session.execute(select(LocationRow.status).where(LocationRow.image_id == image_id)).scalars())
        if states != {'active'}:
            return False
        session.execute(update(Row).where(Row.id == image_id).values(**values))
        return True


def _hold_pending(session, image_id):
    statement = select(Row.id).where(Row.id == image_id, Row.status == 'pending_delete').with_for_update()
    return session.execute(statement).first() is not None


def forget_tags(image_id):
    """Drop the tags of an image that is being deleted; its properties stay with its row."""
    with db.writer() as session:
        session.execute(delete(Tag).where(Tag.image_id == image_id))


def pending_delete(deleted_before, limit=100):
    """Ids of images whose data is still to be removed."""
    with db.reader() as session:
        return session.execute(select(Row.id).where(Row.status == 'pending_delete', Row.deleted_at <= deleted_before)
                               .order_by(Row.deleted_at).limit(limit)).scalars().all()


def stored_bytes(owner):
    """How many bytes the images of `owner` take, each location counted."""
    held = select(func.count()).where(LocationRow.image_id == Row.id).scalar_subquery()
    total = func.sum(Row.size * case((held > 1, held), else_=1))
    with db.reader() as session:
        return int(session.execute(select(func.coalesce(total, 0)).where(
            Row.owner == owner, Row.size.is_not(None), Row.status.in_(('active', 'deactivated', 'importing'))
        )).scalar())


def count(owner, statuses=None):
    """How many living images a project has, in one of `statuses` or at all."""
    statement = select(func.count()).select_from(Row).where(Row.owner == owner, Row.deleted == false())
    if statuses:
        statement = statement.where(Row.status.in_(statuses))
    with db.reader() as session:
        return session.execute(statement).scalar()


def purge(deleted_before, limit, rows=True):
    """Drop what is kept of images deleted before a time, at most `limit`; returns how many.

    Without `rows` the images' own rows stay, so that nobody can make another image under the id of an old one.
    """
    with db.writer() as session:
        wanted = [Row.deleted == literal(True), Row.status != 'pending_delete', Row.deleted_at < deleted_before]
        if not rows:
            wanted.append(exists().where(Property.image_id == Row.id))
        ids = session.execute(select(Row.id).where(*wanted)
            .order_by(Row.deleted_at).limit(limit)).scalars().all()
        for model in (Property, Tag, LocationRow, Upload, Staged):
            session.execute(delete(model).where(model.image_id.in_(ids)))
        if rows:
            session.execute(delete(Row).where(Row.id.in_(ids)))
        return len(ids)
