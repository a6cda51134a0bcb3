"""Servers: reading, listing, creating, and changing their state one at a time.

`network_info`, metadata and the like are JSON columns: a server with everything about it is one row.
"""
import sqlalchemy
from sqlalchemy import func, select

from essex import db
from nova.compute import states
from nova.db import instance_filters, keys, paging, resizes
from nova.db.models import Instance, SecurityGroup, SecurityGroupMember
from nova.exception import (
    InstanceInvalidState,
    InstanceNotFound,
    InvalidMarker,
    SecurityGroupNotFound,
    UnexpectedTaskState,
)

_DETACHED = {'synchronize_session': False}


def get(uuid, deleted=False):
    """The row; one that is deleted only with deleted=True. Raises InstanceNotFound."""
    row = _find(uuid, deleted)
    if row is None:
        raise InstanceNotFound(instance_id=uuid)
    return row


def get_for(context, uuid, deleted=False):
    """The row if the caller may see it: own project's, or any for administrators. Raises InstanceNotFound."""
    row = get(uuid, deleted)
    if not context.is_admin and row.project_id != context.project_id:
        raise InstanceNotFound(instance_id=uuid)
    return row


# Built once: no statement runs more often.
_BY_UUID = (select(Instance).where(Instance.uuid == sqlalchemy.bindparam('uuid'))
            .execution_options(populate_existing=True))
_LIVE_BY_UUID = _BY_UUID.where(Instance.deleted_at.is_(None))


def _find(uuid, deleted):
    with db.reader() as session:
        return session.scalars(_BY_UUID if deleted else _LIVE_BY_UUID, {'uuid': keys.text(uuid, 36)}).first()


def by_uuids(uuids):
    """{uuid: row} of those that are not deleted."""
    with db.reader() as session:
        rows = session.scalars(select(Instance).where(Instance.uuid.in_(list(uuids)), Instance.deleted_at.is_(None)))
        return {row.uuid: row for row in rows}


def list_for(context, filters=None, limit=None, marker=None, sort=None):
    """Rows the caller may see that pass `filters` (see nova.db.instance_filters), in pages.

    Administrators see their own project too, unless filters say all_tenants or name a project. Raises InvalidMarker,
    InvalidFilter, InvalidSortKey.
    """
    filters = dict(filters or {})
    statement = instance_filters.apply(select(Instance), filters, context)
    with db.reader() as session:
        last = None if marker is None else _marker(session, context, marker)
        statement = paging.page(statement, instance_filters.order(sort), last, limit)
        return list(session.scalars(statement))


def _marker(session, context, uuid):
    # A deleted server still marks its place: the next page must not fail because one was deleted meanwhile.
    row = session.scalars(select(Instance).where(Instance.uuid == keys.text(uuid, 36))).first()
    if row is None or (not context.is_admin and row.project_id != context.project_id):
        raise InvalidMarker(marker=str(uuid)[:80])
    return row


@db.retry
def create(values):
    """Insert one; returns the row."""
    return create_all([values])[0]


@db.retry
def create_all(all_values, group_ids=()):
    """Insert several, members of the security groups with these row ids; returns their rows.

    Raises SecurityGroupNotFound when one of the groups has gone meanwhile.
    """
    rows = [Instance(**values) for values in all_values]
    with db.writer() as session:
        if group_ids:
            # A group that is being deleted is waited for: it then is gone, or it has a member and stays.
            held = set(session.scalars(select(SecurityGroup.id).where(SecurityGroup.id.in_(group_ids))
                                       .order_by(SecurityGroup.id).with_for_update(read=True)))
            gone = set(group_ids) - held
            if gone:
                raise SecurityGroupNotFound(group_id=min(gone))
        session.add_all(rows)
        session.flush()
        if group_ids:
            session.execute(sqlalchemy.insert(SecurityGroupMember), [
                {'security_group_id': group_id, 'instance_uuid': row.uuid} for row in rows for group_id in group_ids])
    return rows


@db.retry
def change_json(uuid, column, change):
    """Set a JSON column to change(its value), while nobody else does; returns the row. Raises InstanceNotFound."""
    with db.writer() as session:
        row = session.scalars(select(Instance).where(Instance.uuid == uuid, Instance.deleted_at.is_(None))
                              .with_for_update().execution_options(populate_existing=True)).first()
        if row is None:
            raise InstanceNotFound(instance_id=uuid)
        setattr(row, column, change(getattr(row, column)))
        session.flush()
        return row


@db.retry
def update(uuid, **values):
    """Set columns of one that is not deleted; returns the row. Raises InstanceNotFound."""
    with db.writer() as session:
        if not _change(session, uuid, values):
            raise InstanceNotFound(instance_id=uuid)
        return _reload(session, uuid)


@db.retry
def compare_and_set(uuid, expected, method='change', **values):
    """Set columns only while the server is in a state of `expected`; returns the row.

    `expected`: {'vm_state': [...], 'task_state': [...]}, either may be missing (any). Atomic: of two callers that
    ask at once one wins. Raises InstanceNotFound, InstanceInvalidState (vm_state), UnexpectedTaskState (task_state).
    `method` names in the error what was tried.
    """
    with db.writer() as session:
        changed = _change(session, uuid, values, *_in_states(expected))
        row = _reload(session, uuid)
        if not changed:
            _explain(uuid, row, expected, method)
        return row


def _in_states(expected):
    conditions = []
    for name, wanted in expected.items():
        column, some = getattr(Instance, name), [state for state in wanted if state is not None]
        condition = column.in_(some)
        conditions.append(condition | column.is_(None) if None in wanted else condition)
    return conditions


def _explain(uuid, row, expected, method):
    if row is None or row.deleted_at is not None:
        raise InstanceNotFound(instance_id=uuid)
    if 'vm_state' in expected and row.vm_state not in expected['vm_state']:
        raise InstanceInvalidState(method=method, instance_uuid=uuid, attr='vm_state', state=row.vm_state)
    wanted = ' or '.join(str(state) for state in expected.get('task_state', ()))
    raise UnexpectedTaskState(method=method, instance_uuid=uuid, actual=row.task_state, expected=wanted)


def _change(session, uuid, values, *conditions):
    """Whether the server was there (not deleted, and as the conditions say) to be changed."""
    # By attribute: a column may have another name than its attribute.
    columns = {getattr(Instance, name): value for name, value in values.items()}
    statement = sqlalchemy.update(Instance).where(Instance.uuid == uuid, Instance.deleted_at.is_(None), *conditions)
    return bool(session.execute(statement.values(columns).execution_options(**_DETACHED)).rowcount)


def _reload(session, uuid):
    return session.scalars(select(Instance).where(Instance.uuid == uuid)
                           .execution_options(populate_existing=True)).first()


def on_host(host):
    """Rows on a host that are not deleted."""
    with db.reader() as session:
        return list(session.scalars(select(Instance).where(Instance.host == host, Instance.deleted_at.is_(None))
                                    .order_by(Instance.id)))


def on_hosts(hosts):
    """Rows on any of these hosts that are not deleted."""
    with db.reader() as session:
        return list(session.scalars(select(Instance).where(Instance.host.in_(hosts), Instance.deleted_at.is_(None))
                                    .order_by(Instance.id)))


def busy_by_host():
    """{host: how many of its servers have a task_state}."""
    with db.reader() as session:
        rows = session.execute(select(Instance.host, func.count()).group_by(Instance.host).where(
            Instance.deleted_at.is_(None), Instance.task_state.is_not(None), Instance.host.is_not(None)))
        return dict(tuple(row) for row in rows)


def usage_by_host(host=None, without=None):
    """{host: {'memory_mb', 'vcpus', 'disk_gb', 'instances'}}: what the servers of each host, but the one with uuid
    `without`, have been promised."""
    on_host = Instance.host.is_not(None) if host is None else Instance.host == host
    return _usage_by(Instance.host, on_host if without is None else on_host & (Instance.uuid != without))


def usage_by_project(host):
    """{project id: the same} of the servers on a host."""
    return _usage_by(Instance.project_id, Instance.host == host)


def _usage_by(column, condition):
    sums = [func.coalesce(func.sum(each), 0) for each in
            (Instance.memory_mb + Instance.held_memory_mb, Instance.vcpus + Instance.held_vcpus,
             Instance.root_gb + Instance.ephemeral_gb + Instance.held_disk_gb)]
    statement = select(column, *sums, func.count()).where(Instance.deleted_at.is_(None), condition).group_by(column)
    with db.reader() as session:
        # MariaDB sums to Decimal.
        return {name: {'memory_mb': int(memory), 'vcpus': int(vcpus), 'disk_gb': int(disk), 'instances': int(count)}
                for name, memory, vcpus, disk, count in session.execute(statement)}


@db.retry
def mark_deleted(uuid):
    """End a server's life in the records (it leaves its security groups too). Harmless when it is over already."""
    now = db.utcnow()
    with db.writer() as session:
        session.execute(sqlalchemy.update(Instance).where(Instance.uuid == uuid, Instance.deleted_at.is_(None))
                        .values(deleted_at=now, terminated_at=now, vm_state=states.DELETED, task_state=None,
                                power_state=states.NOSTATE, **resizes.NOTHING_HELD)
                        .execution_options(**_DETACHED))
        resizes.end_all(uuid)
        session.execute(sqlalchemy.delete(SecurityGroupMember).where(SecurityGroupMember.instance_uuid == uuid)
                        .execution_options(**_DETACHED))

