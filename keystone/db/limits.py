"""Registered limits and the limits of projects and domains."""
from sqlalchemy import and_, or_, select

from keystone.db import records
from keystone.db.models import DOMAIN_ROOT, Limit, Project, RegisteredLimit

_limit, _registered, _owner = Limit.__table__, RegisteredLimit.__table__, Project.__table__.alias('owner')
# What a limit takes from its registered limit.
RESOURCE = ('service_id', 'region_id', 'resource_name')
_JOINED = (select(_limit, *(_registered.c[name] for name in RESOURCE), _owner.c.domain_id.label('owner_domain_id'))
           .join(_registered, _registered.c.id == _limit.c.registered_limit_id)
           .join(_owner, _owner.c.id == _limit.c.owner_id))


def _ref(row):
    is_domain = row['owner_domain_id'] == DOMAIN_ROOT
    return {'id': row['id'], 'project_id': None if is_domain else row['owner_id'],
            'domain_id': row['owner_id'] if is_domain else None, 'service_id': row['service_id'],
            'region_id': row['region_id'] or None, 'resource_name': row['resource_name'],
            'resource_limit': row['resource_limit'], 'description': row['description'],
            # For rules and look-ups; not shown.
            'owner_domain_id': None if is_domain else row['owner_domain_id'],
            'registered_limit_id': row['registered_limit_id']}


def get(session, limit_id):
    """The limit with what it takes from its registered limit, or None."""
    row = session.execute(_JOINED.where(_limit.c.id == limit_id)).mappings().first()
    return _ref(row) if row else None


def listing(session, filters, project_id=None, domain_id=None):
    """Limits whose attributes equal `filters`; of one project, or of one domain and the projects in it."""
    columns = {**{name: _registered.c[name] for name in RESOURCE}, 'id': _limit.c.id}
    query = _JOINED.order_by(_limit.c.id)
    for name, value in filters.items():
        if name == 'project_id':
            query = query.where(_owner.c.id == value, _owner.c.domain_id != DOMAIN_ROOT)
        elif name == 'domain_id':
            query = query.where(_owner.c.id == value, _owner.c.domain_id == DOMAIN_ROOT)
        else:
            query = query.where(columns[name] == value)
    if project_id is not None:
        query = query.where(_owner.c.id == project_id)
    if domain_id is not None:
        query = query.where(or_(_owner.c.id == domain_id, _owner.c.domain_id == domain_id))
    return [_ref(row) for row in session.execute(query).mappings()]


def registered_for(session, service_id, region_id, resource_name):
    """The registered limit of a resource, in that region or none, locked (records.get), or None."""
    return records.get(session, RegisteredLimit, RegisteredLimit.service_id == service_id,
                       RegisteredLimit.region_id == region_id, RegisteredLimit.resource_name == resource_name,
                       lock=True)


def is_used(session, registered_limit_id):
    """Whether a project or domain has a limit of it."""
    query = select(_limit.c.id).where(_limit.c.registered_limit_id == registered_limit_id)
    return session.execute(query.limit(1)).first() is not None


def of_owner(session, registered_limit_id, owner_id):
    """The value a project or domain has of its own, or None."""
    query = select(_limit.c.resource_limit).where(_limit.c.registered_limit_id == registered_limit_id,
                                                  _limit.c.owner_id == owner_id)
    return session.execute(query).scalar()


def of_children(session, registered_limit_id, domain_id):
    """(project_id, value) of every project of a domain that has a limit of its own."""
    query = (select(_owner.c.id, _limit.c.resource_limit)
             .join(_limit, and_(_limit.c.owner_id == _owner.c.id,
                                _limit.c.registered_limit_id == registered_limit_id))
             .where(_owner.c.domain_id == domain_id))
    return session.execute(query).all()
