"""Security groups, their rules and their members: queries."""
import uuid

from sqlalchemy import bindparam, exc, func, or_, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import aliased, selectinload

from essex import db
from nova import exception
from nova.db.models import FixedIp, Instance, SecurityGroup, SecurityGroupMember, SecurityGroupRule

DEFAULT = 'default'


def _groups():
    return select(SecurityGroup).options(selectinload(SecurityGroup.rules))


def list_for(context, project_id=None, all_projects=False):
    """The caller's groups with their rules, by project and name; an administrator may ask for others'."""
    statement = _groups().order_by(SecurityGroup.project_id, SecurityGroup.name)
    if not (all_projects and context.is_admin):
        asked = project_id if project_id and context.is_admin else context.project_id
        statement = statement.where(SecurityGroup.project_id == asked)
    with db.reader() as session:
        return session.scalars(statement).all()


def get_for(context, id_or_uuid):
    """The group with that row id or uuid, with its rules. Raises SecurityGroupNotFound."""
    text = str(id_or_uuid)
    by_row = text.isascii() and text.isdigit() and len(text) < 10
    statement = _groups().where(SecurityGroup.id == int(text) if by_row else SecurityGroup.uuid == text)
    if not context.is_admin:
        statement = statement.where(SecurityGroup.project_id == context.project_id)
    with db.reader() as session:
        group = session.scalars(statement.execution_options(populate_existing=True)).first()
    if group is None:
        raise exception.SecurityGroupNotFound(group_id=id_or_uuid)
    return group


def by_names(context, names):
    """The caller's groups of those names (or uuids), in that order, doubles merged; `default` is made if missing.

    Raises SecurityGroupNotFound.
    """
    wanted = list(dict.fromkeys(str(name) for name in names))
    if DEFAULT in wanted:
        ensure_default(context.project_id, context.user_id)
    with db.reader() as session:
        rows = session.scalars(select(SecurityGroup).where(
            SecurityGroup.project_id == context.project_id,
            or_(SecurityGroup.name.in_(wanted), SecurityGroup.uuid.in_(wanted)))).all()
    # A name comes before another group's uuid.
    found = {row.uuid: row for row in rows} | {row.name: row for row in rows}
    for name in wanted:
        if name not in found:
            raise exception.SecurityGroupNotFound(group_id=name)
    return list({found[name].id: found[name] for name in wanted}.values())


def in_project(project_id, name):
    """The project's group of that name or uuid. Raises SecurityGroupNotFound."""
    with db.reader() as session:
        row = (session.scalars(_named(project_id, name)).first()
               or session.scalars(select(SecurityGroup).where(SecurityGroup.project_id == project_id,
                                                              SecurityGroup.uuid == str(name))).first())
    if row is None:
        raise exception.SecurityGroupNotFound(group_id=name)
    return row


def by_ids(ids):
    """{row id: group} (without rules), for showing the groups that rules name: one statement."""
    with db.reader() as session:
        return {row.id: row for row in
                session.scalars(select(SecurityGroup).where(SecurityGroup.id.in_(list(ids))))} if ids else {}


def ensure_default(project_id, user_id=None):
    """The project's group `default`, made on first use."""
    with db.reader() as session:
        row = session.scalars(_named(project_id, DEFAULT)).first()
    if row is not None:
        return row
    try:
        return create({'project_id': project_id, 'user_id': user_id, 'name': DEFAULT, 'description': DEFAULT})
    except exception.SecurityGroupExists:
        with db.reader() as session:
            return session.scalars(_named(project_id, DEFAULT)).one()


def _named(project_id, name):
    return select(SecurityGroup).where(SecurityGroup.project_id == project_id, SecurityGroup.name == name)


@db.retry
def create(values):
    """Insert a group and return it with its (no) rules. Raises SecurityGroupExists."""
    with db.writer() as session:
        group = SecurityGroup(uuid=str(uuid.uuid4()), rules=[], **values)
        try:
            with session.begin_nested():
                session.add(group)
        except exc.IntegrityError:
            raise exception.SecurityGroupExists(name=values['name']) from None
        return group


@db.retry
def update(group_id, name, description):
    """Rename a group; returns it. Raises SecurityGroupExists."""
    with db.writer() as session:
        group = session.scalars(_groups().where(SecurityGroup.id == group_id)).one()
        try:
            with session.begin_nested():
                group.name, group.description = name, description
        except exc.IntegrityError:
            raise exception.SecurityGroupExists(name=name) from None
        return group


@db.retry
def delete(group_id):
    """Forget a group, its rules and the rules that name it. Raises SecurityGroupInUse while a server is in it."""
    with db.writer() as session:
        group = session.scalars(select(SecurityGroup).where(SecurityGroup.id == group_id).with_for_update()).first()
        if group is None:
            raise exception.SecurityGroupNotFound(group_id=group_id)
        members = _live_members(session, group_id)
        if members:
            raise exception.SecurityGroupInUse(
                name=group.name, reason=f'{members} servers are in it, take them out of it first.')
        session.execute(sql_delete(SecurityGroupMember).where(SecurityGroupMember.security_group_id == group_id)
                        .execution_options(synchronize_session=False))
        session.execute(sql_delete(SecurityGroupRule).where(
            or_(SecurityGroupRule.parent_group_id == group_id, SecurityGroupRule.group_id == group_id))
            .execution_options(synchronize_session=False))
        session.execute(sql_delete(SecurityGroup).where(SecurityGroup.id == group_id)
                        .execution_options(synchronize_session=False))


def _live_members(session, group_id):
    return session.scalar(
        select(func.count()).select_from(SecurityGroupMember)
        .join(Instance, Instance.uuid == SecurityGroupMember.instance_uuid)
        .where(SecurityGroupMember.security_group_id == group_id, Instance.deleted_at.is_(None)))


# --- rules -----------------------------------------------------------------------------------------------------

@db.retry
def add_rule(group_id, values):
    """Insert a rule and return it. Raises SecurityGroupRuleExists, SecurityGroupNotFound."""
    columns = ('protocol', 'from_port', 'to_port', 'cidr', 'group_id')
    with db.writer() as session:
        # The lock on the group lets only one of two equal rules in.
        group = session.scalars(select(SecurityGroup).where(SecurityGroup.id == group_id).with_for_update()).first()
        if group is None:
            raise exception.SecurityGroupNotFound(group_id=group_id)
        for rule in session.scalars(select(SecurityGroupRule).where(SecurityGroupRule.parent_group_id == group_id)):
            if all(_same(getattr(rule, column), values.get(column)) for column in columns):
                raise exception.SecurityGroupRuleExists(group=group.name, rule_id=rule.id)
        rule = SecurityGroupRule(uuid=str(uuid.uuid4()), parent_group_id=group_id, **values)
        session.add(rule)
        session.flush()
        return rule


def _same(one, other):
    return one.lower() == other.lower() if isinstance(one, str) and isinstance(other, str) else one == other


def get_rule_for(context, id_or_uuid):
    """The rule with that row id or uuid. Raises SecurityGroupRuleNotFound."""
    text = str(id_or_uuid)
    by_row = text.isascii() and text.isdigit() and len(text) < 10
    statement = (select(SecurityGroupRule)
                 .join(SecurityGroup, SecurityGroup.id == SecurityGroupRule.parent_group_id)
                 .where(SecurityGroupRule.id == int(text) if by_row else SecurityGroupRule.uuid == text))
    if not context.is_admin:
        statement = statement.where(SecurityGroup.project_id == context.project_id)
    with db.reader() as session:
        rule = session.scalars(statement).first()
    if rule is None:
        raise exception.SecurityGroupRuleNotFound(rule_id=id_or_uuid)
    return rule


@db.retry
def delete_rule(rule_id):
    """Forget a rule."""
    with db.writer() as session:
        session.execute(sql_delete(SecurityGroupRule).where(SecurityGroupRule.id == rule_id)
                        .execution_options(synchronize_session=False))


# --- members ---------------------------------------------------------------------------------------------------

@db.retry
def add_members(instance_uuid, group_ids):
    """Put a server in groups; returns the ids of those it was not in yet. Raises SecurityGroupNotFound."""
    with db.writer() as session:
        # A group that is being deleted is waited for: it then is gone, or it has a member and stays.
        held = set(session.scalars(select(SecurityGroup.id).where(SecurityGroup.id.in_(list(group_ids)))
                                   .order_by(SecurityGroup.id).with_for_update(read=True)))
        for group_id in group_ids:
            if group_id not in held:
                raise exception.SecurityGroupNotFound(group_id=group_id)
        known = set(session.scalars(select(SecurityGroupMember.security_group_id)
                                    .where(SecurityGroupMember.instance_uuid == instance_uuid)))
        new = [group_id for group_id in group_ids if group_id not in known]
        session.add_all(SecurityGroupMember(security_group_id=group_id, instance_uuid=instance_uuid)
                        for group_id in new)
        session.flush()
        return new


@db.retry
def remove_members(instance_uuid, group_ids=None):
    """Take a server out of groups (of all when none are given); returns how many it was in."""
    statement = sql_delete(SecurityGroupMember).where(SecurityGroupMember.instance_uuid == instance_uuid)
    if group_ids is not None:
        statement = statement.where(SecurityGroupMember.security_group_id.in_(list(group_ids)))
    with db.writer() as session:
        return session.execute(statement.execution_options(synchronize_session=False)).rowcount


def of_instance(instance_uuid):
    """The groups of a server with their rules, by name."""
    with db.reader() as session:
        return session.scalars(
            _groups().join(SecurityGroupMember, SecurityGroupMember.security_group_id == SecurityGroup.id)
            .where(SecurityGroupMember.instance_uuid == instance_uuid).order_by(SecurityGroup.name)).all()


def names_of(instance_uuids):
    """{uuid: [names of its groups]}, one statement."""
    uuids = list(instance_uuids)
    result = {each: [] for each in uuids}
    if uuids:
        with db.reader() as session:
            for instance_uuid, name in session.execute(_NAMES, {'uuids': uuids}):
                result[instance_uuid].append(name)
    return result


# Built once: it runs with every look at a server.
_NAMES = (select(SecurityGroupMember.instance_uuid, SecurityGroup.name)
          .join(SecurityGroup, SecurityGroup.id == SecurityGroupMember.security_group_id)
          .where(SecurityGroupMember.instance_uuid.in_(bindparam('uuids', expanding=True)))
          .order_by(SecurityGroup.name))


def affected(group_ids):
    """{host: [uuids]} of live servers whose filters follow from those groups: their members, and the members of
    groups with a rule that names one of them."""
    ids = list(group_ids)
    if not ids:
        return {}
    naming = select(SecurityGroupRule.parent_group_id).where(SecurityGroupRule.group_id.in_(ids))
    return _by_host(or_(SecurityGroupMember.security_group_id.in_(ids),
                        SecurityGroupMember.security_group_id.in_(naming)))


def naming(group_id):
    """{host: [uuids]} of live servers in groups with a rule that names that group."""
    rules = select(SecurityGroupRule.parent_group_id).where(SecurityGroupRule.group_id == group_id)
    return _by_host(SecurityGroupMember.security_group_id.in_(rules))


def named_by(instance_uuid):
    """{host: [uuids]} of live servers in groups with a rule that names a group of this server."""
    own = select(SecurityGroupMember.security_group_id).where(SecurityGroupMember.instance_uuid == instance_uuid)
    naming = select(SecurityGroupRule.parent_group_id).where(SecurityGroupRule.group_id.in_(own))
    return _by_host(SecurityGroupMember.security_group_id.in_(naming))


def _by_host(condition):
    statement = (select(Instance.host, Instance.uuid)
                 .join(SecurityGroupMember, SecurityGroupMember.instance_uuid == Instance.uuid)
                 .where(condition, Instance.deleted_at.is_(None), Instance.host.is_not(None)).distinct())
    hosts = {}
    with db.reader() as session:
        for host, instance_uuid in session.execute(statement):
            hosts.setdefault(host, []).append(instance_uuid)
    return hosts


def rules_of(instance_uuid):
    """[(protocol, from_port, to_port, cidr, group id or None, [addresses of the group's members])] of a server:
    two statements."""
    rule, member = SecurityGroupRule, aliased(SecurityGroupMember)
    with db.reader() as session:
        rows = session.execute(
            select(rule.protocol, rule.from_port, rule.to_port, rule.cidr, rule.group_id)
            .join(member, member.security_group_id == rule.parent_group_id)
            .where(member.instance_uuid == instance_uuid).order_by(rule.id)).all()
        sources = {row.group_id for row in rows if row.group_id is not None}
        members = {}
        if sources:
            for group_id, address in session.execute(
                    select(SecurityGroupMember.security_group_id, FixedIp.address)
                    .join(FixedIp, FixedIp.instance_uuid == SecurityGroupMember.instance_uuid)
                    .where(SecurityGroupMember.security_group_id.in_(sources)).order_by(FixedIp.id)):
                members.setdefault(group_id, []).append(address)
        return [(*row, members.get(row.group_id, [])) for row in rows]
