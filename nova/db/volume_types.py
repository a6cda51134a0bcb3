"""Kinds of volumes."""
import uuid as uuids

import sqlalchemy
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from essex import db
from nova.db import keys
from nova.db.models import Volume, VolumeType, VolumeTypeProject
from nova.volume.exception import (
    VolumeTypeAccessExists,
    VolumeTypeAccessNotFound,
    VolumeTypeExists,
    VolumeTypeInUse,
    VolumeTypeNotFound,
)


def list(context=None):  # noqa: A001  (read with its module: volume_types.list)
    """Rows by name: all, or those the caller may use."""
    statement = select(VolumeType).order_by(VolumeType.name)
    if context is not None and not context.is_admin:
        statement = statement.where(VolumeType.is_public.is_(True) | VolumeType.id.in_(_granted(context.project_id)))
    with db.reader() as session:
        return session.scalars(statement).all()


def _granted(project_id):
    return select(VolumeTypeProject.volume_type_id).where(VolumeTypeProject.project_id == project_id)


def get_for(context, name_or_id):
    """The row with an id or a name; one that is not public is the administrators' and of projects that were let in.

    Raises VolumeTypeNotFound.
    """
    wanted = keys.text(name_or_id)
    with db.reader() as session:
        rows = session.scalars(select(VolumeType).where((VolumeType.uuid == wanted)
                                                        | (VolumeType.name == wanted))).all()
        # An id goes before a type that somebody gave another's id as its name.
        row = max(rows, key=lambda each: each.uuid == wanted, default=None)
        usable = row is not None and (row.is_public or context.is_admin or session.scalar(
            select(_granted(context.project_id).where(VolumeTypeProject.volume_type_id == row.id).exists())))
    if not usable:
        raise VolumeTypeNotFound(type_id=str(name_or_id)[:80])
    return row


@db.retry
def create(name, description, is_public, extra_specs):
    """Insert one; returns the row. Raises VolumeTypeExists."""
    row = VolumeType(uuid=str(uuids.uuid4()), name=name, description=description, is_public=is_public,
                     extra_specs=extra_specs)
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError as error:
            raise VolumeTypeExists(name=name) from error
        return row


@db.retry
def change(row_id, **values):
    """Set columns of a row; returns it. Raises VolumeTypeExists, VolumeTypeNotFound."""
    with db.writer() as session:
        row = session.get(VolumeType, row_id, populate_existing=True)
        if row is None:
            raise VolumeTypeNotFound(type_id=row_id)
        try:
            with session.begin_nested():
                for name, value in values.items():
                    setattr(row, name, value)
        except IntegrityError as error:
            raise VolumeTypeExists(name=values['name']) from error
        return row


@db.retry
def delete(row):
    """Remove one that no volume is of. Raises VolumeTypeInUse."""
    with db.writer() as session:
        count = session.scalar(select(func.count(Volume.id)).where(Volume.volume_type_id == row.id))
        if count:
            raise VolumeTypeInUse(name=row.name, count=count)
        session.execute(sqlalchemy.delete(VolumeTypeProject).where(VolumeTypeProject.volume_type_id == row.id)
                        .execution_options(synchronize_session=False))
        session.execute(sqlalchemy.delete(VolumeType).where(VolumeType.id == row.id)
                        .execution_options(synchronize_session=False))


def projects(row_id):
    """Ids of the projects that were let in to a type."""
    with db.reader() as session:
        return session.scalars(select(VolumeTypeProject.project_id).where(VolumeTypeProject.volume_type_id == row_id)
                               .order_by(VolumeTypeProject.id)).all()


@db.retry
def grant(row, project_id):
    """Let a project in. Raises VolumeTypeAccessExists."""
    with db.writer() as session:
        try:
            with session.begin_nested():
                session.add(VolumeTypeProject(volume_type_id=row.id, project_id=project_id))
        except IntegrityError as error:
            raise VolumeTypeAccessExists(name=row.name, project_id=project_id) from error


@db.retry
def revoke(row, project_id):
    """Let a project in no more. Raises VolumeTypeAccessNotFound."""
    with db.writer() as session:
        count = session.execute(sqlalchemy.delete(VolumeTypeProject).where(
            VolumeTypeProject.volume_type_id == row.id, VolumeTypeProject.project_id == project_id)
            .execution_options(synchronize_session=False)).rowcount
    if not count:
        raise VolumeTypeAccessNotFound(name=row.name, project_id=project_id)
