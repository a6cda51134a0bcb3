"""Policies and where they hold."""
import hashlib

from sqlalchemy import delete, insert, or_, select

from keystone.db import records
from keystone.db.models import PolicyAssociation

_association = PolicyAssociation.__table__
PLACE = ('endpoint_id', 'service_id', 'region_id')


def place_id(place):
    """The key of a place ({endpoint_id} or {service_id[, region_id]})."""
    return hashlib.sha256(repr([place.get(name) for name in PLACE]).encode()).hexdigest()


def associate(session, policy_id, place):
    """The policy holds there; one that did before no longer does."""
    key = place_id(place)
    session.execute(delete(_association).where(_association.c.id == key))
    session.execute(insert(_association).values(id=key, policy_id=policy_id, **place))


def is_associated(session, policy_id, place):
    """Whether this policy was put in force just there."""
    query = select(_association.c.id).where(_association.c.id == place_id(place), _association.c.policy_id == policy_id)
    return session.execute(query).first() is not None


def dissociate(session, policy_id, place):
    """Returns whether this policy was in force just there."""
    return records.remove(session, PolicyAssociation, _association.c.id == place_id(place),
                          _association.c.policy_id == policy_id) > 0


def associations(session, policy_id):
    """[{endpoint_id, service_id, region_id}] of a policy."""
    query = select(*(_association.c[name] for name in PLACE)).where(_association.c.policy_id == policy_id)
    return [dict(row) for row in session.execute(query).mappings()]


def associations_for(session, endpoint_id, service_id):
    """{place id: policy_id} of what can decide on an endpoint of a service."""
    query = select(_association.c.id, _association.c.policy_id)
    where = or_(_association.c.endpoint_id == endpoint_id, _association.c.service_id == service_id)
    return dict(session.execute(query.where(where)).all())
