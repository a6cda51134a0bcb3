"""Flavors and who may use those that are not public."""
import sqlalchemy
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db import keys, paging
from nova.db.models import Flavor, FlavorAccess
from nova.exception import (
    FlavorAccessExists,
    FlavorAccessNotFound,
    FlavorExists,
    FlavorExtraSpecNotFound,
    FlavorIdExists,
    FlavorNotFound,
    InvalidMarker,
)

SORT_KEYS = {'flavorid': Flavor.flavorid, 'name': Flavor.name, 'memory_mb': Flavor.memory_mb,
             'vcpus': Flavor.vcpus, 'root_gb': Flavor.root_gb, 'created_at': Flavor.created_at, 'id': Flavor.id,
             'ephemeral_gb': Flavor.ephemeral_gb, 'swap': Flavor.swap_mb, 'rxtx_factor': Flavor.rxtx_factor,
             'updated_at': Flavor.updated_at, 'is_public': Flavor.is_public, 'disabled': Flavor.disabled}


def _usable_by(project_id):
    shared = select(FlavorAccess.flavor_id).where(FlavorAccess.project_id == project_id)
    return or_(Flavor.is_public.is_(True), Flavor.id.in_(shared))


def get_for(context, flavorid):
    """The row, if it is public, shared with the caller's project, or the caller administrates. FlavorNotFound."""
    statement = select(Flavor).where(Flavor.flavorid == keys.text(flavorid))
    if not context.is_admin:
        statement = statement.where(_usable_by(context.project_id))
    with db.reader() as session:
        row = session.scalars(statement).first()
    if row is None:
        raise FlavorNotFound(flavor_id=str(flavorid)[:255])
    return row


def get_by_name(name):
    """The row. Raises FlavorNotFound."""
    with db.reader() as session:
        row = session.scalars(select(Flavor).where(Flavor.name == keys.text(name))).first()
    if row is None:
        raise FlavorNotFound(flavor_id=name)
    return row


def list_for(context, is_public=True, min_memory=None, min_disk=None, sort_key='flavorid', sort_dir='asc',
             limit=None, marker=None):
    """Rows. `is_public` None: all kinds (administrators); others get the public ones and those shared with them."""
    statement = select(Flavor).where(Flavor.disabled.is_(False))
    if not context.is_admin:
        statement = statement.where(_usable_by(context.project_id))
    elif is_public is not None:
        statement = statement.where(Flavor.is_public.is_(is_public))
    if min_memory is not None:
        statement = statement.where(Flavor.memory_mb >= min_memory)
    if min_disk is not None:
        statement = statement.where(Flavor.root_gb >= min_disk)
    with db.reader() as session:
        last = None
        if marker is not None:
            last = session.scalars(select(Flavor).where(Flavor.flavorid == keys.text(marker))).first()
            if last is None:
                raise InvalidMarker(marker=str(marker)[:80])
        ordered = [(SORT_KEYS[sort_key], sort_dir), (Flavor.id, sort_dir)]
        return list(session.scalars(paging.page(statement, ordered, last, limit)))


@db.retry
def create(values):
    """Insert one; returns the row. Raises FlavorIdExists, FlavorExists."""
    row = Flavor(**values)
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            same = session.scalars(select(Flavor.id).where(Flavor.flavorid == values['flavorid'])).first()
            if same is not None:
                raise FlavorIdExists(flavor_id=values['flavorid']) from error
            raise FlavorExists(name=values['name']) from error
        return row


@db.retry
def change(flavor_id, **values):
    """Set columns; returns the row."""
    with db.writer() as session:
        row = _locked(session, flavor_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        return row


def _locked(session, flavor_id):
    row = session.scalars(select(Flavor).where(Flavor.id == flavor_id).with_for_update()
                          .execution_options(populate_existing=True)).first()
    if row is None:
        raise FlavorNotFound(flavor_id=flavor_id)
    return row


@db.retry
def delete(flavor_id):
    """Remove one and its access list; servers keep their copy of its sizes."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(Flavor).where(Flavor.id == flavor_id))


def access(flavor_id):
    """Ids of the projects that may use it."""
    with db.reader() as session:
        return list(session.scalars(select(FlavorAccess.project_id).where(FlavorAccess.flavor_id == flavor_id)
                                    .order_by(FlavorAccess.project_id)))


@db.retry
def add_access(row, project_id):
    """Let a project use it. Raises FlavorAccessExists."""
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(FlavorAccess(flavor_id=row.id, project_id=project_id))
        except IntegrityError as error:
            raise FlavorAccessExists(flavor_id=row.flavorid, project_id=project_id) from error


@db.retry
def remove_access(row, project_id):
    """Take it from a project. Raises FlavorAccessNotFound."""
    with db.writer() as session:
        gone = session.execute(sqlalchemy.delete(FlavorAccess).where(
            FlavorAccess.flavor_id == row.id, FlavorAccess.project_id == project_id))
        if not gone.rowcount:
            raise FlavorAccessNotFound(flavor_id=row.flavorid, project_id=project_id)


@db.retry
def merge_extra_specs(flavor_id, specs):
    """Add or change extra specs; returns all."""
    with db.writer() as session:
        row = _locked(session, flavor_id)
        row.extra_specs = {**row.extra_specs, **specs}
        session.flush()
        return row.extra_specs


@db.retry
def delete_extra_spec(flavor_id, key):
    """Remove one. Raises FlavorExtraSpecNotFound."""
    with db.writer() as session:
        row = _locked(session, flavor_id)
        if key not in row.extra_specs:
            raise FlavorExtraSpecNotFound(flavor_id=row.flavorid, key=key)
        row.extra_specs = {name: value for name, value in row.extra_specs.items() if name != key}
        session.flush()
