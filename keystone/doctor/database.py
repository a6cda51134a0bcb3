"""The database: reachable, of this version, cleaned, its clock right; what bootstrap makes is there."""
import sqlalchemy
from sqlalchemy import func, select

from essex import config, db
from essex.db import migration
from keystone.assignment.roles import RoleManager  # noqa: F401 - declares [assignment]
from keystone.db.models import (
    DOMAIN_ROOT,
    GLOBAL,
    Assignment,
    Project,
    RevocationEvent,
    Role,
    StoredToken,
    User,
)
from keystone.doctor import error, warning
from keystone.revocation.manager import lifetime

CONF = config.CONF

# Seconds two clocks may differ by.
SKEW = 5
_ROLES = ('admin', 'manager', 'member', 'reader', 'service')


def _count(session, model, *conditions):
    return session.execute(select(func.count()).select_from(model.__table__).where(*conditions)).scalar()


def version():
    """The schema is this release's."""
    have, want = migration.version('keystone'), migration.newest('keystone')
    if have < want:
        yield error(f'The database is at version {have}, this release needs {want}.', 'Run `keystone-manage db_sync`.')
    elif have > want:
        yield error(f'The database is at version {have}, newer than this release knows ({want}).',
                    'Run the newer release, or restore a backup made before its db_sync.')


def clock():
    """The database server's clock agrees with this host's: tokens and revocations are compared by time."""
    if db.engine().dialect.name == 'sqlite':
        return
    text = {'postgresql': "SELECT now() AT TIME ZONE 'utc'"}.get(db.engine().dialect.name, 'SELECT utc_timestamp(6)')
    with db.reader() as session:
        there = session.execute(sqlalchemy.text(text)).scalar()
    skew = abs((there - db.utcnow()).total_seconds())
    if skew > SKEW:
        yield error(f'The clock of the database server is {skew:.0f} seconds away from this host\'s.',
                    'Run chrony or ntpd on both: tokens are valid and void by time.')


def leftovers():
    """Rows nobody needs any more."""
    now = db.utcnow()
    old = now - lifetime()
    with db.reader() as session:
        events = _count(session, RevocationEvent, RevocationEvent.revoked_at < old)
        tokens = _count(session, StoredToken, StoredToken.expires < now)
    if tokens > 10000:
        yield warning(f'{tokens} expired tokens are kept in the database.', 'Run `keystone-manage token_flush`, '
                      'and put it into cron.')
    if events > 10000:
        yield warning(f'{events} revocation events are older than any token.',
                      'The next revocation removes them; if they stay, look into the log for errors.')


def bootstrapped():
    """A default domain, the roles, and somebody who may administrate."""
    again = 'Run `keystone-manage bootstrap`: it makes what is missing.'
    default = CONF.identity.default_domain_id
    with db.reader() as session:
        domain = session.execute(select(Project.enabled).where(Project.id == default, Project.domain_id == DOMAIN_ROOT)
                                 ).first()
        roles = dict(session.execute(select(Role.name, Role.id).where(Role.domain_id == GLOBAL)).all())
        admins = _count(session, User, User.enabled, User.id.in_(select(Assignment.actor_id).where(
            Assignment.actor_type == 'user', Assignment.role_id == roles.get('admin', ''))))
        by_group = _count(session, Assignment, Assignment.actor_type == 'group',
                          Assignment.role_id == roles.get('admin', ''))
    if domain is None:
        yield error(f'The default domain {default} does not exist.', again)
    elif not domain.enabled:
        yield error(f'The default domain {default} is disabled: nobody in it can log in.', again)
    missing = [name for name in _ROLES if name not in roles]
    if missing:
        yield (error if 'admin' in missing else warning)(f'There is no role {", ".join(missing)}.', again)
    if not admins and not by_group and CONF.identity.driver == 'sql':
        yield error('No enabled user has the role admin anywhere.', again)


def depth():
    """Projects do not nest where limits forbid it."""
    if CONF.unified_limit.enforcement_model != 'strict_two_level':
        return
    above = Project.__table__.alias('above')
    with db.reader() as session:
        query = select(Project.id).join(above, above.c.id == Project.parent_id).where(above.c.domain_id != DOMAIN_ROOT)
        nested = session.execute(query.limit(1)).scalar()
    if nested:
        yield error(f'Project {nested} lies below another one, but [unified_limit] enforcement_model is '
                    'strict_two_level.', 'Set it to flat, or move what is in nested projects.')


CHECKS = (version, clock, leftovers, bootstrapped, depth)
