"""The identity driver for an LDAP directory: reads users and groups, and writes them where [ldap] allows it."""
import dataclasses

import ldap

from essex.exception import Forbidden
from keystone.identity import refs
from keystone.identity.driver import IdentityDriver
from keystone.identity.ldap import options as ldap_options
from keystone.identity.ldap.directory import Directory
from keystone.identity.ldap.enabled import Enabled
from keystone.identity.ldap.entries import Kind
from keystone.identity.ldap.members import Members
from keystone.identity.ldap.writer import Writer

# What there is to time a bind against when there is no such user.
_NOBODY = 'cn=nobody,cn=keystone'


class Identity(IdentityDriver):
    """Local ids are the values of user_id_attribute and group_id_attribute. A log-in is a bind as the user."""

    def __init__(self, conf):
        self.options = options = ldap_options.register(conf)
        self.directory = Directory(options)
        self.users = Kind(options, 'user', 'ou=Users', {
            'id': options.user_id_attribute, 'name': options.user_name_attribute,
            'description': options.user_description_attribute, 'email': options.user_mail_attribute,
            'default_project_id': options.user_default_project_id_attribute})
        self.groups = Kind(options, 'group', 'ou=UserGroups', {
            'id': options.group_id_attribute, 'name': options.group_name_attribute,
            'description': options.group_desc_attribute})
        self.enabled = Enabled(options, self.directory, self.users)
        self.members = Members(options, self.directory, self.users, self.groups)
        self.writer = Writer(options, self.directory)

    def _find(self, kind, *conditions):
        """Refs of the entries that meet the conditions."""
        attributes = kind.attributes + (self.enabled.attributes if kind is self.users else [])
        found = self.directory.search(kind.tree, kind.scope, kind.query(*conditions), attributes)
        return self._refs(kind, found)

    def _refs(self, kind, entries):
        made = [(kind.ref(dn, values), values) for dn, values in entries]
        made = [(ref, values) for ref, values in made if ref is not None]
        if kind is self.users:
            self.enabled.fill_in(made)
        return [ref for ref, _ in made]

    def _one(self, kind, condition):
        """The ref of the only entry that fits; None for none, and for several: nobody could say which is meant."""
        found = self._find(kind, condition)
        return found[0] if len(found) == 1 else None

    def _list(self, kind, hints, entries=None):
        known = [kind.condition(*each) for each in hints.filters]
        if entries is None:
            found = self._find(kind, *filter(None, known))
            rest = [each for each, condition in zip(hints.filters, known, strict=True) if condition is None]
        else:
            found, rest = self._refs(kind, entries), hints.filters
        return refs.cut(found, dataclasses.replace(hints, filters=rest, limit=None, marker=None))

    def full_user(self, user_id):
        return self._one(self.users, self.users.is_('id', user_id))

    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        return self._one(self.users, self.users.is_('name', name))

    def check_password(self, user, password):
        return self.directory.bind(user['dn'] if user else _NOBODY, password) and user is not None

    def list_users(self, hints):
        return self._list(self.users, hints)

    def get_group(self, group_id):
        return self._one(self.groups, self.groups.is_('id', group_id))

    def list_groups(self, hints):
        return self._list(self.groups, hints)

    def groups_of(self, user_id, hints):
        user = self.full_user(user_id)
        return self._list(self.groups, hints, self.members.groups_of(user)) if user else []

    def users_in(self, group_id, hints):
        group = self.get_group(group_id)
        return self._list(self.users, hints, self.members.users_in(group, self.enabled.attributes)) if group else []

    def is_member(self, user_id, group_id):
        user, group = self.full_user(user_id), self.get_group(group_id)
        return bool(user and group) and self.members.has(group, user)

    def _allow(self, what):
        if not self.options[what]:
            raise Forbidden(f'Users and groups of this domain come from an LDAP directory, which is not to be changed '
                            f'here ([ldap] {what} is false): change them there.')

    def create_user(self, user, password):
        self._allow('user_allow_create')
        dn = self.users.dn(user['id'])
        self.writer.add(self.users, dn, {**user, **self.enabled.stored(user)}, self.enabled.attribute)
        self.enabled.emulate(dn, user.get('enabled', True))
        if password is not None:
            try:
                self.writer.set_password(dn, password)
            except Exception:
                # A user without the password that was asked for is not what was asked for.
                self.writer.remove(dn)
                raise

    def update_user(self, user_id, values):
        self._allow('user_allow_update')
        user = self.full_user(user_id)
        if values.get('name', user['name']) != user['name']:
            raise Forbidden('A user of an LDAP directory cannot be renamed here.')
        self.writer.replace(self.users, user['dn'], {**values, **self.enabled.stored(values, always=True)},
                            self.enabled.attribute)
        if 'enabled' in values:
            self.enabled.emulate(user['dn'], values['enabled'])

    def set_password(self, user_id, password, self_service=False, **terms):
        self._allow('user_allow_update')
        self.writer.set_password(self.full_user(user_id)['dn'], password)

    def delete_user(self, user_id):
        self._allow('user_allow_delete')
        user = self.full_user(user_id)
        self.members.drop(user)
        self.enabled.emulate(user['dn'], False)
        self.writer.remove(user['dn'])

    def create_group(self, group):
        self._allow('group_allow_create')
        dumb = self.options.dumb_member if self.options.use_dumb_member else None
        more = {self.options.group_member_attribute: [dumb.encode()]} if dumb else {}
        self.writer.add(self.groups, self.groups.dn(group['id']), group, more=more)

    def update_group(self, group_id, values):
        self._allow('group_allow_update')
        self.writer.replace(self.groups, self.get_group(group_id)['dn'], values)

    def delete_group(self, group_id):
        self._allow('group_allow_delete')
        self.writer.remove(self.get_group(group_id)['dn'])

    def _membership(self, operation, user_id, group_id):
        self._allow('group_allow_update')
        user, group = self.full_user(user_id), self.get_group(group_id)
        value = user['id'] if self.options.group_members_are_ids else user['dn']
        change = [(operation, self.options.group_member_attribute, [value.encode()])]
        self.directory.change(lambda connection: connection.modify_s(group['dn'], change))

    def add_member(self, user_id, group_id):
        if not self.is_member(user_id, group_id):
            self._membership(ldap.MOD_ADD, user_id, group_id)

    def remove_member(self, user_id, group_id):
        was = self.is_member(user_id, group_id)
        if was:
            self._membership(ldap.MOD_DELETE, user_id, group_id)
        return was
