"""Own limits of projects, and counts of what exists: nothing here is a counter that could drift."""
import sqlalchemy
from sqlalchemy import func, select
from sqlalchemy.dialects import mysql, postgresql

from essex import db
from nova.db.models import (
    FixedIp,
    FloatingIp,
    Instance,
    KeyPair,
    Quota,
    QuotaLock,
    SecurityGroup,
    SecurityGroupRule,
    Volume,
    VolumeSnapshot,
)


def _live(project_id):
    return Instance.project_id == project_id, Instance.deleted_at.is_(None)


def _sum(column):
    return func.coalesce(func.sum(column), 0)


# What the resources of a project (or of a user) amount to, as scalar selects.
OF_PROJECT = {
    'instances': lambda project: select(func.count(Instance.id)).where(*_live(project)),
    'cores': lambda project: select(_sum(Instance.vcpus + Instance.held_vcpus)).where(*_live(project)),
    'ram': lambda project: select(_sum(Instance.memory_mb + Instance.held_memory_mb)).where(*_live(project)),
    'floating_ips': lambda project: select(func.count(FloatingIp.id)).where(FloatingIp.project_id == project),
    'fixed_ips': lambda project: select(func.count(FixedIp.id)).join(
        Instance, Instance.uuid == FixedIp.instance_uuid).where(*_live(project)),
    'security_groups': lambda project: select(func.count(SecurityGroup.id)).where(SecurityGroup.project_id == project),
}
OF_USER = {'key_pairs': lambda user: select(func.count(KeyPair.id)).where(KeyPair.user_id == user)}
OF_GROUP = {'security_group_rules': lambda group: select(func.count(SecurityGroupRule.id)).where(
    SecurityGroupRule.parent_group_id == group)}

# Of block storage. Snapshots take room as volumes do.
OF_VOLUMES = {
    'volumes': lambda project: select(func.count(Volume.id)).where(Volume.project_id == project),
    'snapshots': lambda project: select(func.count(VolumeSnapshot.id)).where(VolumeSnapshot.project_id == project),
    'volume_gigabytes': lambda project: select(_sum(Volume.size)).where(Volume.project_id == project),
    'snapshot_gigabytes': lambda project: select(_sum(VolumeSnapshot.size)).where(
        VolumeSnapshot.project_id == project),
}


def usage(owners):
    """{resource: number that exists} for {resource: project, user or group id}: one statement."""
    kinds = {**OF_PROJECT, **OF_USER, **OF_GROUP, **OF_VOLUMES}
    columns = [kinds[resource](owner).scalar_subquery().label(resource) for resource, owner in owners.items()]
    if not columns:
        return {}
    with db.reader() as session:
        # MariaDB sums to Decimal.
        return {name: int(value) for name, value in session.execute(select(*columns)).mappings().one().items()}


def lock(name):
    """Let nobody else who locks `name` pass until the transaction ends. One statement; on SQLite none is needed,
    since its writers come one after another anyway."""
    with db.writer() as session:
        dialect = session.get_bind().dialect.name
        if dialect == 'postgresql':
            insert = postgresql.insert(QuotaLock).values(name=name)
            session.execute(insert.on_conflict_do_update(index_elements=['name'], set_={'name': insert.excluded.name}))
        elif dialect in ('mysql', 'mariadb'):
            insert = mysql.insert(QuotaLock).values(name=name)
            session.execute(insert.on_duplicate_key_update(name=insert.inserted.name))


# Whose limits those are that hold for projects without their own; no id of a project has a colon.
DEFAULT_CLASS = 'class:default'


def of_project(project_id):
    """{resource: limit} where the project has its own, or the default is another than the configuration's: one
    statement."""
    with db.reader() as session:
        rows = session.execute(select(Quota.project_id, Quota.resource, Quota.hard_limit)
                               .where(Quota.project_id.in_([DEFAULT_CLASS, project_id]))).all()
        # Its own come last, above the defaults.
        return {row.resource: row.hard_limit for row in sorted(rows, key=lambda row: row.project_id == project_id)}


@db.retry
def set_limits(project_id, limits):
    """Give a project its own limits for {resource: limit}; others stay."""
    with db.writer() as session:
        # Two administrators at once: the second waits, then sees the first's rows.
        lock(f'limits:{project_id}')
        known = {row.resource: row for row in session.scalars(
            select(Quota).where(Quota.project_id == project_id).execution_options(populate_existing=True))}
        for resource, limit in limits.items():
            if resource in known:
                known[resource].hard_limit = limit
            else:
                session.add(Quota(project_id=project_id, resource=resource, hard_limit=limit))


@db.retry
def delete_limits(project_id, resources):
    """Give a project the default limits of these resources again."""
    with db.writer() as session:
        session.execute(sqlalchemy.delete(Quota).where(Quota.project_id == project_id, Quota.resource.in_(resources))
                        .execution_options(synchronize_session=False))
