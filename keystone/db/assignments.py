"""Grants: which actor has which role on which target."""
from sqlalchemy import and_, bindparam, delete, insert, or_, select

from essex import db
from keystone.db import federation, records
from keystone.db.models import GLOBAL, Assignment, ImpliedRole, Membership, Role

_grant = Assignment.__table__


def _to(user_id, extra_groups, now):
    """The condition for grants to the user or to a group of the user, for good or for the time being."""
    groups = (select(Membership.group_id).where(Membership.user_id == user_id)
              .union_all(federation.current_groups(user_id, now)))
    actors = [and_(_grant.c.actor_type == 'user', _grant.c.actor_id == user_id),
              and_(_grant.c.actor_type == 'group', _grant.c.actor_id.in_(groups))]
    if extra_groups is not None:
        actors.append(and_(_grant.c.actor_type == 'group', _grant.c.actor_id.in_(extra_groups)))
    return or_(*actors)


def of_user(session, user_id, extra_groups=()):
    """(target_type, target_id, role_id, inherited) of every grant to the user or a group of the user."""
    query = select(_grant.c.target_type, _grant.c.target_id, _grant.c.role_id, _grant.c.inherited)
    return session.execute(query.where(_to(user_id, tuple(extra_groups) or None, db.utcnow()))).all()


def _roles_on(below, grouped):
    """The statement of `role_ids_on`: for a target `below` others, and a user in groups beside the database's."""
    here = and_(_grant.c.target_type == bindparam('target_type'), _grant.c.target_id == bindparam('target_id'),
                ~_grant.c.inherited)
    if below:
        # An inherited grant holds below its target; stored on projects and domains alike.
        here = or_(here, and_(_grant.c.inherited, _grant.c.target_id.in_(bindparam('above', expanding=True))))
    extra_groups = bindparam('extra_groups', expanding=True) if grouped else None
    return select(_grant.c.role_id).where(_to(bindparam('user_id'), extra_groups, bindparam('now')), here).distinct()


# Made once: every token issued runs one of them.
_ROLES_ON = {(below, grouped): _roles_on(below, grouped) for below in (False, True) for grouped in (False, True)}


def role_ids_on(session, user_id, target_type, target_id, above=(), extra_groups=()):
    """Ids of the roles the user has on the target, through groups and from the projects `above` it too."""
    values = {'user_id': user_id, 'now': db.utcnow(), 'target_type': target_type, 'target_id': target_id}
    if above:
        values['above'] = list(above)
    if extra_groups:
        values['extra_groups'] = list(extra_groups)
    return session.execute(_ROLES_ON[bool(above), bool(extra_groups)], values).scalars().all()


def _key(actor_type, actor_id, target_type, target_id, role_id=None, inherited=False):
    conditions = [_grant.c.actor_type == actor_type, _grant.c.actor_id == actor_id,
                  _grant.c.target_type == target_type, _grant.c.target_id == target_id,
                  _grant.c.inherited == inherited]
    return conditions if role_id is None else [*conditions, _grant.c.role_id == role_id]


def exists(session, *key):
    """Whether there is this grant (arguments of `_key`)."""
    return session.execute(select(_grant.c.role_id).where(*_key(*key))).first() is not None


def add(session, actor_type, actor_id, target_type, target_id, role_id, inherited=False):
    """Grant; nothing happens when it is granted already."""
    key = (actor_type, actor_id, target_type, target_id, role_id, inherited)
    if not exists(session, *key):
        names = ('actor_type', 'actor_id', 'target_type', 'target_id', 'role_id', 'inherited')
        session.execute(insert(_grant).values(dict(zip(names, key, strict=True))))


def remove(session, *key):
    """Returns whether there was this grant (arguments of `_key`)."""
    return records.remove(session, Assignment, *_key(*key)) > 0


def roles_of(session, *key):
    """The roles an actor was given directly on a target (arguments of `_key` without role_id)."""
    actor_type, actor_id, target_type, target_id, inherited = key
    mine = select(_grant.c.role_id).where(*_key(actor_type, actor_id, target_type, target_id, None, inherited))
    return records.many(session, Role, Role.id.in_(mine))


# The columns of `rows`, in the order of assignment.listing.Item.
_COLUMNS = [_grant.c[name] for name in ('actor_type', 'actor_id', 'target_type', 'target_id', 'role_id', 'inherited')]
# As many values as one statement may carry on every database.
_AT_MOST = 10000


def rows(session, of_user=None, extra_groups=(), **wanted):
    """Grants as tuples (actor_type, actor_id, target_type, target_id, role_id, inherited), ordered by target.

    Their columns equal what is wanted, or are in it where that is a set; None asks nothing. `of_user`: grants to this
    user, the groups of the user and `extra_groups` alone.
    """
    query = select(*_COLUMNS)
    many = {}
    if of_user is not None:
        query = query.where(_to(of_user, tuple(extra_groups) or None, db.utcnow()))
    for name, value in wanted.items():
        if isinstance(value, set):
            if len(value) <= _AT_MOST:
                query = query.where(_grant.c[name].in_(sorted(value)))
            else:
                many[name] = value
        elif value is not None:
            query = query.where(_grant.c[name] == value)
    found = session.execute(query.order_by(*_COLUMNS[2:4], *_COLUMNS[:2], *_COLUMNS[4:])).all()
    return [row for row in found if all(row._mapping[name] in value for name, value in many.items())] if many else found


def names(session, model, ids):
    """(id, name, domain_id) of the users, groups or projects (`model`) with these ids."""
    ids = sorted(ids)
    found = []
    for start in range(0, len(ids), _AT_MOST):
        query = select(model.id, model.name, model.domain_id).where(model.id.in_(ids[start:start + _AT_MOST]))
        found += session.execute(query)
    return found


def remove_actor(session, actor_type, actor_id):
    """Every grant to a user or group."""
    session.execute(delete(_grant).where(_grant.c.actor_type == actor_type, _grant.c.actor_id == actor_id))


def remove_targets(session, target_ids):
    """Every grant on these projects and domains."""
    session.execute(delete(_grant).where(_grant.c.target_type != 'system', _grant.c.target_id.in_(target_ids)))


def remove_role(session, role_id):
    """Every grant and implication of a role."""
    session.execute(delete(_grant).where(_grant.c.role_id == role_id))
    session.execute(delete(ImpliedRole.__table__).where(or_(ImpliedRole.prior_role_id == role_id,
                                                            ImpliedRole.implied_role_id == role_id)))


def role_graph(session):
    """(roles {id: (name, domain_id or None)}, implied {prior id: [implied ids]}) in one statement."""
    role, implied = Role.__table__, ImpliedRole.__table__
    query = (select(role.c.id, role.c.name, role.c.domain_id, implied.c.implied_role_id)
             .outerjoin(implied, implied.c.prior_role_id == role.c.id))
    roles, edges = {}, {}
    for role_id, name, domain_id, implied_id in session.execute(query):
        roles[role_id] = (name, None if domain_id == GLOBAL else domain_id)
        if implied_id:
            edges.setdefault(role_id, []).append(implied_id)
    return roles, edges


def implied_by(session, prior_id):
    """Ids of the roles that one role implies directly."""
    query = select(ImpliedRole.implied_role_id).where(ImpliedRole.prior_role_id == prior_id)
    return session.execute(query.order_by(ImpliedRole.implied_role_id)).scalars().all()


def add_implied(session, prior_id, implied_id):
    """Make one role imply another; nothing happens when it does."""
    if implied_id not in implied_by(session, prior_id):
        session.execute(insert(ImpliedRole.__table__).values(prior_role_id=prior_id, implied_role_id=implied_id))


def remove_implied(session, prior_id, implied_id):
    """Returns whether there was this implication."""
    return records.remove(session, ImpliedRole, ImpliedRole.prior_role_id == prior_id,
                          ImpliedRole.implied_role_id == implied_id) > 0
