"""Which store of users a domain has, and the way from an id to it.

SQL alone, the default, is used directly. Otherwise `Backends` stands before the drivers: the one of `[identity] driver`
and those of domains with a configuration of their own. Drivers that know no domains and give ids of their own kind
(directories, the host's accounts) get both here: the domain they are configured for, and public ids.
"""
import contextlib
import contextvars
import dataclasses

from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone import drivers
from keystone.db import projects
from keystone.db.records import Hints
from keystone.identity import kvs, pam, refs, sql
from keystone.identity.domain_drivers import DomainDrivers
from keystone.identity.driver import IdentityDriver
from keystone.identity.id_mapping import IdMap
from keystone.identity.ldap import options as _options  # noqa: F401 - its section is declared in any case
from keystone.identity.remembered import Remembered

OPTS = [
    cfg.BoolOpt('domain_specific_drivers_enabled', default=False,
                help='Whether domains may have a backend of their own.'),
    cfg.BoolOpt('caching', default=True, help='Remember users and groups of directories for cache_time.'),
    cfg.IntOpt('cache_time', default=600, min=0, help='Seconds for which they are remembered.'),
]
CONF = config.register(OPTS, 'identity')
config.register([
    cfg.BoolOpt('backward_compatible_ids', default=True,
                help='Users of a directory that is the backend of the default domain keep its ids as their public '
                     'ones. Set it before the first log-in, or never.'),
], 'identity_mapping')


# What every ref has.
_USER = {'enabled': True, 'default_project_id': None, 'options': {}}
_GROUP = {'description': ''}
# The driver that was asked last for a user, in this (green) thread.
_asked = contextvars.ContextVar('keystone_identity_driver')


def _ldap(conf):
    # Only who has a directory needs python-ldap.
    from keystone.identity.ldap.driver import Identity
    return Identity(conf)


BUILTIN = {'sql': lambda conf: sql.Identity(), 'kvs': kvs.Identity, 'pam': pam.Identity, 'ldap': _ldap}


def make(name, conf):
    """The driver of that name over a configuration."""
    return drivers.load('essex.keystone.identity', name, BUILTIN, conf)


def load(changes, domain_config=None):
    """What the managers call: the SQL driver where nothing else is configured, Backends otherwise."""
    default = make(CONF.identity.driver, CONF)
    if isinstance(default, sql.Identity) and not CONF.identity.domain_specific_drivers_enabled:
        return default
    return Backends(default, changes, domain_config)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an id leads: `local_id` in a driver, for a domain; None where the driver knows domains itself."""

    driver: IdentityDriver
    domain_id: str
    local_id: str


class _Prepared:
    """A password as SQL stores it and as a directory takes it."""

    def __init__(self, plain, hashed):
        self.plain, self.hashed = plain, hashed


def _for(driver, password):
    """A prepared password (or None) for a driver; those that know domains keep hashes."""
    if isinstance(password, _Prepared):
        return password.hashed if driver.knows_domains else password.plain
    if password is not None and not driver.knows_domains:
        raise BadRequest('A directory takes no hashes of passwords.')
    return password


class Backends(IdentityDriver):
    """All drivers as one."""

    knows_domains = True

    def __init__(self, default, changes, domain_config):
        self.default = default
        self.sql = default if isinstance(default, sql.Identity) else sql.Identity()
        self.domains = DomainDrivers(changes, domain_config, self._make)
        self.ids = IdMap()
        self.remembered = Remembered()

    def _make(self, name, conf):
        driver = make(name, conf)
        return self.sql if isinstance(driver, sql.Identity) else driver

    def of_domain(self, domain_id):
        """The driver of a domain."""
        return self.domains.of(domain_id) or self.default

    def in_directory(self, kind, public_id=None, domain_id=None):
        driver = self._owner(domain_id) if domain_id is not None else self._place(kind, public_id).driver
        return not driver.knows_domains

    def _is_plain(self, driver, domain_id):
        """Whether public ids are the driver's own."""
        if driver.knows_domains:
            return True
        return (driver is self.default and domain_id == CONF.identity.default_domain_id
                and CONF.identity_mapping.backward_compatible_ids)

    def _place(self, kind, public_id):
        """The Place of a public id; there need not be anything there."""
        found = self.ids.local(public_id, kind)
        if found is not None:
            domain_id, local_id = found
            return Place(self.of_domain(domain_id), domain_id, local_id)
        if self.default.knows_domains and self.default is self.sql:
            return Place(self.sql, None, public_id)
        # Users of identity providers are in SQL whatever the backend is.
        find = self.sql.full_user if kind == 'user' else self.sql.get_group
        if find(public_id) is not None:
            return Place(self.sql, None, public_id)
        if self.default.knows_domains:
            return Place(self.default, None, public_id)
        if not CONF.identity_mapping.backward_compatible_ids:
            return Place(self.sql, None, public_id)
        return Place(self.default, CONF.identity.default_domain_id, public_id)

    def _public(self, kind, driver, domain_id, found):
        """Refs of a driver with public ids, domain and what every ref has."""
        if driver is self.sql:
            return found
        default = _USER if kind == 'user' else _GROUP
        if driver.knows_domains:
            return [{**default, **ref} for ref in found]
        ids = ({ref['id']: ref['id'] for ref in found} if self._is_plain(driver, domain_id)
               else self.ids.public(domain_id, kind, [ref['id'] for ref in found]))
        made = []
        for ref in found:
            dn = ref.pop('dn', None)
            hidden = {'directory_id': ref['id'], 'directory_dn': dn} if kind == 'user' else {}
            made.append({**default, **ref, 'id': ids[ref['id']], 'domain_id': domain_id, **hidden})
        return made

    def _full(self, driver, domain_id, user):
        """A user of a driver as a full user, or None."""
        if user is None or driver is self.sql:
            return user
        domain_id = domain_id or user['domain_id']
        with db.reader() as session:
            domain = projects.domain(session, domain_id)
        if domain is None:
            return None
        (user,) = self._public('user', driver, domain_id, [user])
        return {**user, 'domain_name': domain['name'], 'domain_enabled': domain['enabled']}

    def full_user(self, user_id):
        place = self._place('user', user_id)
        _asked.set(place.driver)
        if place.driver.knows_domains:
            user = place.driver.full_user(place.local_id)
        else:
            user = self.remembered.get(('user', user_id), lambda: place.driver.full_user(place.local_id))
            user = user and dict(user)
        return self._full(place.driver, place.domain_id, user)

    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        if domain_id is None:
            with db.reader() as session:
                domain = projects.domain(session, name=domain_name)
            domain_id = domain and domain['id']
        driver = self._owner(domain_id)
        _asked.set(driver)
        return self._full(driver, domain_id, driver.full_user_by_name(name, domain_id))

    def check_password(self, user, password):
        if user is None:
            # By the driver that was asked for him, so that it takes as long as for somebody who is there.
            return _asked.get(self.default).check_password(None, password)
        if 'password_hash' in user:
            return self.sql.check_password(user, password)
        if 'directory_id' in user:
            local = {**user, 'id': user['directory_id'], 'dn': user['directory_dn']}
            return self._owner(user['domain_id']).check_password(local, password)
        return self.default.check_password(user, password)

    def prepare_password(self, password):
        return _Prepared(password, self.sql.prepare_password(password))

    def _listed(self, kind, hints):
        domain_id, public_id = hints.value('domain_id'), hints.value('id')
        if domain_id is None and public_id is not None:
            domain_id = self._place(kind, public_id).domain_id
        if domain_id is not None:
            return self._list_of(kind, self._owner(domain_id), domain_id, hints)
        if self.default.knows_domains:
            found = self._list_of(kind, self.default, None, hints)
        else:
            found = (self._list_of(kind, self.default, CONF.identity.default_domain_id, hints)
                     + self._list_of(kind, self.sql, None, hints))
        for own_id, driver in self.domains.all():
            if driver is not self.sql:
                found = found + self._list_of(kind, driver, own_id, hints)
        return refs.cut(found, dataclasses.replace(hints, filters=[], limit=None, marker=None))

    def _owner(self, domain_id):
        """The driver of a domain; SQL for those that a directory for the default domain says nothing of."""
        driver = self.of_domain(domain_id)
        is_directory = driver is self.default and not driver.knows_domains
        return self.sql if is_directory and domain_id != CONF.identity.default_domain_id else driver

    def _list_of(self, kind, driver, domain_id, hints):
        """What one driver has; without the page, which is cut from all."""
        call = driver.list_users if kind == 'user' else driver.list_groups
        if driver.knows_domains:
            found = call(dataclasses.replace(hints, limit=None, marker=None))
            return self._public(kind, driver, domain_id, found)
        filters = [each for each in hints.filters if each[0] not in ('domain_id', 'id')]
        found = self._public(kind, driver, domain_id, call(Hints(filters)))
        return refs.cut(found, Hints([each for each in hints.filters if each[0] == 'id']))

    def _paged(self, found, hints):
        page = Hints(limit=hints.limit, marker=hints.marker)
        found = refs.cut(found, page)
        hints.truncated = page.truncated
        return found

    def list_users(self, hints):
        return self._paged(self._listed('user', hints), hints)

    def list_groups(self, hints):
        return self._paged(self._listed('group', hints), hints)

    @contextlib.contextmanager
    def _new(self, kind, ref):
        """The driver that makes something new; an id of ours leads to it from now on, unless that fails."""
        driver = self._owner(ref['domain_id'])
        if self._is_plain(driver, ref['domain_id']):
            yield driver
            return
        self.ids.remember(ref['id'], ref['domain_id'], kind, ref['id'])
        try:
            yield driver
        except Exception:
            self.ids.purge(public_id=ref['id'])
            raise

    def create_user(self, user, password):
        with self._new('user', user) as driver:
            driver.create_user(user, _for(driver, password))

    def update_user(self, user_id, values):
        place = self._place('user', user_id)
        place.driver.update_user(place.local_id, values)
        self.remembered.forget()

    def set_password(self, user_id, password, self_service=False, **more):
        place = self._place('user', user_id)
        place.driver.set_password(place.local_id, _for(place.driver, password), self_service, **more)

    def had_password(self, user_id, password, count):
        place = self._place('user', user_id)
        return place.driver.had_password(place.local_id, password, count)

    def count_failure(self, user_id, horizon):
        place = self._place('user', user_id)
        place.driver.count_failure(place.local_id, horizon)

    def forget_failures(self, user_id):
        place = self._place('user', user_id)
        place.driver.forget_failures(place.local_id)

    def note_activity(self, user_id):
        place = self._place('user', user_id)
        place.driver.note_activity(place.local_id)

    def delete_user(self, user_id):
        place = self._place('user', user_id)
        place.driver.delete_user(place.local_id)
        self.ids.purge(public_id=user_id)
        self.remembered.forget()

    def get_group(self, group_id):
        place = self._place('group', group_id)

        def read():
            group = place.driver.get_group(place.local_id)
            return group and self._public('group', place.driver, place.domain_id, [group])[0]
        if place.driver.knows_domains:
            return read()
        return self.remembered.get(('group', group_id), read)

    def create_group(self, group):
        with self._new('group', group) as driver:
            driver.create_group(group)

    def update_group(self, group_id, values):
        place = self._place('group', group_id)
        place.driver.update_group(place.local_id, values)
        self.remembered.forget()

    def delete_group(self, group_id):
        place = self._place('group', group_id)
        place.driver.delete_group(place.local_id)
        self.ids.purge(public_id=group_id)
        self.remembered.forget()

    def groups_of(self, user_id, hints):
        place = self._place('user', user_id)
        found = place.driver.groups_of(place.local_id, Hints(hints.filters))
        return self._paged(self._public('group', place.driver, place.domain_id, found), hints)

    def users_in(self, group_id, hints):
        place = self._place('group', group_id)
        found = place.driver.users_in(place.local_id, Hints(hints.filters))
        return self._paged(self._public('user', place.driver, place.domain_id, found), hints)

    def directory_groups(self, user_id):
        place = self._place('user', user_id)
        if place.driver is self.sql:
            return ()
        return self.remembered.get(('groups', user_id), lambda: tuple(
            group['id'] for group in self.groups_of(user_id, Hints())))

    def directory_members(self, group_id):
        place = self._place('group', group_id)
        if place.driver is self.sql:
            return ()
        return [user['id'] for user in self.users_in(group_id, Hints())]

    def _both(self, user_id, group_id):
        user, group = self._place('user', user_id), self._place('group', group_id)
        if user.driver is not group.driver:
            raise Forbidden('Group membership across backend boundaries is not allowed. Group in question is '
                            f'{group_id}, user is {user_id}.')
        return user.driver, user.local_id, group.local_id

    def is_member(self, user_id, group_id):
        driver, user_id, group_id = self._both(user_id, group_id)
        return driver.is_member(user_id, group_id)

    def add_member(self, user_id, group_id):
        driver, user_id, group_id = self._both(user_id, group_id)
        driver.add_member(user_id, group_id)
        self.remembered.forget()

    def remove_member(self, user_id, group_id):
        driver, user_id, group_id = self._both(user_id, group_id)
        self.remembered.forget()
        return driver.remove_member(user_id, group_id)
