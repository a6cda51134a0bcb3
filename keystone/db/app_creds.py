"""Application credentials with their roles and access rules."""
from sqlalchemy import and_, delete, func, insert, or_, select

from keystone.db import records
from keystone.db.models import AccessRule, AppCred, AppCredAccessRule, AppCredRole

_cred, _role, _rule, _link = (model.__table__ for model in (AppCred, AppCredRole, AccessRule, AppCredAccessRule))


def add(session, values, role_ids, rule_ids, conflict):
    """Store one. Raises `conflict` when the user has one of that name."""
    records.create(session, AppCred, values, conflict)
    key = {'application_credential_id': values['id']}
    session.execute(insert(_role), [{**key, 'role_id': role_id} for role_id in role_ids])
    if rule_ids:
        session.execute(insert(_link), [{**key, 'access_rule_id': rule_id} for rule_id in rule_ids])


def get(session, cred_id):
    """The one with this id, with `role_ids` and `access_rules`, or None."""
    return _one(session, _cred.c.id == cred_id)


def get_by_name(session, user_id, name):
    """The user's one of that name, or None."""
    return _one(session, and_(_cred.c.user_id == user_id, _cred.c.name == name))


def _one(session, condition):
    found = _with_parts(session, records.many(session, AppCred, condition))
    return found[0] if found else None


def of_user(session, user_id, hints):
    """The user's, as `get` gives them."""
    return _with_parts(session, records.listing(session, AppCred, hints, _cred.c.user_id == user_id))


def _with_parts(session, refs):
    by_id = {ref['id']: ref for ref in refs}
    for ref in refs:
        ref.update(role_ids=[], access_rules=[])
    if not refs:
        return refs
    query = select(_role).where(_role.c.application_credential_id.in_(by_id)).order_by(_role.c.role_id)
    for cred_id, role_id in session.execute(query):
        by_id[cred_id]['role_ids'].append(role_id)
    query = (select(_link.c.application_credential_id, *_rule.c).join(_rule, _rule.c.id == _link.c.access_rule_id)
             .where(_link.c.application_credential_id.in_(by_id)).order_by(_rule.c.id))
    for row in session.execute(query).mappings():
        by_id[row['application_credential_id']]['access_rules'].append(
            {name: row[name] for name in ('id', 'service', 'path', 'method')})
    return refs


def count(session, user_id):
    """How many a user has."""
    return session.execute(select(func.count()).select_from(_cred).where(_cred.c.user_id == user_id)).scalar()


def remove(session, *conditions):
    """Delete those that fit, with their links to roles and rules. Returns how many."""
    return records.remove(session, AppCred, *conditions)


def remove_with_role(session, role_id):
    """Delete every one that carries a role."""
    remove(session, _cred.c.id.in_(select(_role.c.application_credential_id).where(_role.c.role_id == role_id)))


def remove_of(session, user_ids=(), project_ids=()):
    """Delete those of these users with their rules, and those for these projects."""
    remove(session, or_(_cred.c.user_id.in_(user_ids), _cred.c.project_id.in_(project_ids)))
    if user_ids:
        session.execute(delete(_rule).where(_rule.c.user_id.in_(user_ids)))


def rules_of(session, user_id, hints):
    """A user's access rules."""
    return records.listing(session, AccessRule, hints, _rule.c.user_id == user_id)


def rule(session, user_id, **values):
    """The user's rule with these columns ({'id': ...} or the three others), or None."""
    return records.get(session, AccessRule, _rule.c.user_id == user_id,
                       *[_rule.c[name] == value for name, value in values.items()])


def add_rule(session, values):
    """Store a rule."""
    session.execute(insert(_rule).values(values))


def rule_is_used(session, rule_id):
    """Whether any application credential has the rule."""
    return session.execute(select(_link).where(_link.c.access_rule_id == rule_id).limit(1)).first() is not None


def remove_rule(session, rule_id):
    """Delete a rule nobody uses."""
    session.execute(delete(_rule).where(_rule.c.id == rule_id))
