"""Users, their passwords, groups and memberships."""
import operator

from sqlalchemy import and_, case, delete, func, insert, or_, select, update

from essex import db
from keystone.db import federation, records
from keystone.db.models import Group, Membership, Password, Project, User

_user, _password, _domain = User.__table__, Password.__table__, Project.__table__.alias('domain')
_latest = (select(func.max(_password.c.id)).where(_password.c.user_id == _user.c.id).correlate(_user)
           .scalar_subquery())
# A user with its domain and its password in force, in one statement: the hot path of authentication.
_FULL = (select(_user, _domain.c.name.label('domain_name'), _domain.c.enabled.label('domain_enabled'),
                _password.c.password_hash, _password.c.expires_at.label('password_expires_at'),
                _password.c.created_at.label('password_created_at'),
                _password.c.self_service.label('password_self_service'))
         .join(_domain, and_(_domain.c.id == _user.c.domain_id, _domain.c.is_domain))
         .outerjoin(_password, and_(_password.c.user_id == _user.c.id, _password.c.id == _latest)))


def full(session, user_id):
    """The user with domain_name, domain_enabled, password_hash, password_expires_at, or None."""
    return _full(session, _user.c.id == user_id)


def full_by_name(session, name, domain_id=None, domain_name=None):
    """As `full`, by the user's name and the id or the name of its domain."""
    where = _domain.c.id == domain_id if domain_id is not None else _domain.c.name == domain_name
    return _full(session, and_(_user.c.name == name, where))


def _full(session, condition):
    row = session.execute(_FULL.where(condition)).mappings().first()
    if row is None:
        return None
    more = ('domain_name', 'domain_enabled', 'password_hash', 'password_expires_at', 'password_created_at',
            'password_self_service')
    return {**records.ref(User, row), **{name: row[name] for name in more}}


def with_expiry(session, refs):
    """Put password_expires_at of the password in force into each user ref."""
    newest = (select(func.max(_password.c.id)).where(_password.c.user_id.in_([ref['id'] for ref in refs]))
              .group_by(_password.c.user_id))
    query = select(_password.c.user_id, _password.c.expires_at).where(_password.c.id.in_(newest))
    expiry = dict(session.execute(query).all()) if refs else {}
    for ref in refs:
        ref['password_expires_at'] = expiry.get(ref['id'])
    return refs


def set_password(session, user_id, password_hash, self_service=False, expires_at=None, keep=0):
    """A new password in force; older ones are kept for history as far as `keep` asks."""
    old = session.execute(select(_password.c.id).where(_password.c.user_id == user_id)
                          .order_by(_password.c.id.desc())).scalars().all()
    session.execute(insert(_password).values(user_id=user_id, password_hash=password_hash, created_at=db.utcnow(),
                                             expires_at=expires_at, self_service=self_service))
    if old[keep:]:
        session.execute(delete(_password).where(_password.c.id.in_(old[keep:])))


def last_passwords(session, user_id, count):
    """The hashes of the newest `count` passwords of a user, the one in force first."""
    query = select(_password.c.password_hash).where(_password.c.user_id == user_id).order_by(_password.c.id.desc())
    return session.execute(query.limit(count)).scalars().all()


def count_failure(session, user_id, horizon):
    """One more failed log-in in a row; those before `horizon` do not count any more."""
    over = or_(_user.c.failed_auth_at.is_(None), _user.c.failed_auth_at < horizon)
    session.execute(update(_user).where(_user.c.id == user_id).values(
        failed_auth_count=case((over, 1), else_=_user.c.failed_auth_count + 1), failed_auth_at=db.utcnow()))


def forget_failures(session, user_id):
    """No failed log-in in a row any more."""
    session.execute(update(_user).where(_user.c.id == user_id).values(failed_auth_count=0, failed_auth_at=None))


def note_activity(session, user_id=None):
    """The user (None: every user) was active now; returns how many there are."""
    query = update(_user).values(last_active_at=db.utcnow())
    return session.execute(query if user_id is None else query.where(_user.c.id == user_id)).rowcount


def drop_default_project(session, project_id):
    """No user has `project_id` as default project any more."""
    session.execute(update(_user).where(_user.c.default_project_id == project_id).values(default_project_id=None))


def remove(session, user_id):
    """The user with its passwords and memberships; returns whether there was one."""
    session.execute(delete(_password).where(_password.c.user_id == user_id))
    session.execute(delete(Membership.__table__).where(Membership.user_id == user_id))
    return records.remove(session, User, User.id == user_id)


def group_ids(session, user_id):
    """Ids of the groups a user is in."""
    return session.execute(select(Membership.group_id).where(Membership.user_id == user_id)).scalars().all()


def groups_of(session, user_id, hints):
    """Groups a user is in, for good or for the time being."""
    mine = select(Membership.group_id).where(Membership.user_id == user_id).union_all(
        federation.current_groups(user_id, db.utcnow()))
    return records.listing(session, Group, hints, Group.id.in_(mine))


def users_in(session, group_id, hints):
    """Users of a group."""
    members = select(Membership.user_id).where(Membership.group_id == group_id)
    return listing(session, hints, User.id.in_(members))


_COMPARISONS = {'lt': operator.lt, 'lte': operator.le, 'gt': operator.gt, 'gte': operator.ge, 'eq': operator.eq,
                'neq': operator.ne}


# Filters on who a user is to an identity provider.
FEDERATED = ('idp_id', 'protocol_id', 'unique_id')


def listing(session, hints, *conditions):
    """Users that pass `hints`; those on password_expires_at compare the password in force (operator lt, gte...)."""
    conditions = list(conditions)
    federated = {name: hints.value(name) for name in FEDERATED if hints.value(name) is not None}
    if federated:
        conditions.append(User.id.in_(federation.user_ids(**federated)))
    for attribute, name, moment in hints.filters:
        if attribute == 'password_expires_at':
            newest = select(func.max(_password.c.id)).group_by(_password.c.user_id)
            conditions.append(User.id.in_(select(_password.c.user_id).where(
                _password.c.id.in_(newest), _COMPARISONS[name](_password.c.expires_at, moment))))
    return records.listing(session, User, hints, *conditions)


def members_of(session, group_ids_):
    """(group_id, user_id) of every membership of these groups."""
    query = select(Membership.group_id, Membership.user_id).where(Membership.group_id.in_(group_ids_))
    return session.execute(query.order_by(Membership.group_id, Membership.user_id)).all()


def is_member(session, user_id, group_id):
    """Whether the user is in the group."""
    query = select(Membership.user_id).where(Membership.user_id == user_id, Membership.group_id == group_id)
    return session.execute(query).first() is not None


def add_member(session, user_id, group_id):
    """Put the user into the group; nothing happens when it is there."""
    if not is_member(session, user_id, group_id):
        session.execute(insert(Membership.__table__).values(user_id=user_id, group_id=group_id))


def remove_member(session, user_id, group_id):
    """Returns whether the user was in the group."""
    return records.remove(session, Membership, Membership.user_id == user_id, Membership.group_id == group_id)


def remove_group(session, group_id):
    """The group with its memberships; returns whether there was one."""
    session.execute(delete(Membership.__table__).where(Membership.group_id == group_id))
    return records.remove(session, Group, Group.id == group_id)
