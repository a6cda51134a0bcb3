"""Options of domains' own identity backends."""
from sqlalchemy import insert, select, update

from keystone.db import records
from keystone.db.models import DomainConfig

_config = DomainConfig.__table__


def _where(domain_id, section=None, name=None):
    wanted = {'domain_id': domain_id, 'section': section, 'name': name}
    return [_config.c[column] == value for column, value in wanted.items() if value is not None]


def options(session, domain_id=None):
    """Rows of a domain (None: of all), by section and name."""
    query = select(_config).order_by(_config.c.domain_id, _config.c.section, _config.c.name)
    return session.execute(query if domain_id is None else query.where(*_where(domain_id))).mappings().all()


def put(session, domain_id, section, name, values):
    """Store an option ({value, sensitive, key_hash}), new or changed."""
    key = _where(domain_id, section, name)
    if not session.execute(update(_config).where(*key).values(values)).rowcount:
        session.execute(insert(_config).values(domain_id=domain_id, section=section, name=name, **values))


def remove(session, domain_id, section=None, name=None):
    """Remove an option, a section or all of a domain; returns how many options."""
    return records.remove(session, DomainConfig, *_where(domain_id, section, name))


def sealed(session):
    """(key, key_hash, sealed text) of every sensitive option."""
    query = select(_config).where(_config.c.sensitive)
    return [((row['domain_id'], row['section'], row['name']), row['key_hash'], row['value'])
            for row in session.execute(query).mappings()]


def reseal(session, key, text, key_hash):
    """Replace the sealed text of an option."""
    session.execute(update(_config).where(*_where(*key)).values(value=text, key_hash=key_hash))
