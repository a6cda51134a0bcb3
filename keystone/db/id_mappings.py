"""Public ids of users and groups in directories."""
from sqlalchemy import delete, insert, select

from keystone.db.models import IdMapping

_map = IdMapping.__table__
# Ids named in one statement.
_PORTION = 500


def local(session, public_id, kind):
    """(domain_id, local_id) of a public id, or None."""
    query = select(_map.c.domain_id, _map.c.local_id)
    row = session.execute(query.where(_map.c.public_id == public_id, _map.c.entity_type == kind)).first()
    return row and tuple(row)


def public(session, domain_id, kind, local_ids):
    """{local_id: public_id} of those that have one."""
    found, ids = {}, list(local_ids)
    for start in range(0, len(ids), _PORTION):
        query = select(_map.c.local_id, _map.c.public_id).where(
            _map.c.domain_id == domain_id, _map.c.entity_type == kind,
            _map.c.local_id.in_(ids[start:start + _PORTION]))
        found.update(session.execute(query).all())
    return found


def add(session, domain_id, kind, ids):
    """Store {local_id: public_id}. Raises IntegrityError when one is there."""
    session.execute(insert(_map), [{'public_id': public_id, 'domain_id': domain_id, 'entity_type': kind,
                                    'local_id': local_id} for local_id, public_id in ids.items()])


def purge(session, **wanted):
    """Remove the rows whose columns equal what is wanted; returns how many."""
    return session.execute(delete(_map).where(*(_map.c[name] == value for name, value in wanted.items()))).rowcount
