"""Who is in which group of a directory."""
import contextlib

import ldap

from keystone.identity.ldap.entries import escape, normal, one_of

# Active Directory's rule that follows groups in groups.
_IN_CHAIN = '1.2.840.113556.1.4.1941'
# Members asked for in one search.
_PORTION = 100


class Members:
    """Members are DNs, or ids where group_members_are_ids says so."""

    def __init__(self, options, directory, users, groups):
        self.options, self.directory, self.users, self.groups = options, directory, users, groups
        self.attribute, self.are_ids = options.group_member_attribute, options.group_members_are_ids
        self.nested = options.group_ad_nesting and not self.are_ids

    def _holds(self, user):
        """The filter for groups with this user (a ref)."""
        value = user['id'] if self.are_ids else user['dn']
        rule = f':{_IN_CHAIN}:' if self.nested else ''
        return f'({self.attribute}{rule}={escape(value)})'

    def groups_of(self, user):
        """Entries of the groups the user is in."""
        kind = self.groups
        return self.directory.search(kind.tree, kind.scope, kind.query(self._holds(user)), kind.attributes)

    def has(self, group, user):
        """Whether the user is in the group; both are refs."""
        query = self.groups.query(self._holds(user))
        return bool(self.directory.search(group['dn'], 'base', query, [self.groups.id_attribute]))

    def _names(self, group):
        found = self.directory.search(group['dn'], 'base', self.groups.query(), [self.attribute])
        values = {name.lower(): value for _, each in found for name, value in each.items()}
        return [name.decode('utf-8', 'replace') for name in values.get(self.attribute.lower(), ())]

    def users_in(self, group, more_attributes):
        """Entries of the users in the group (a ref)."""
        attributes = [*self.users.attributes, *more_attributes]
        if self.nested:
            query = self.users.query(f'(memberOf:{_IN_CHAIN}:={escape(group["dn"])})')
            return self.directory.search(self.users.tree, self.users.scope, query, attributes)
        names = self._names(group)
        if self.are_ids:
            return self._by(self.users.id_attribute, names, attributes)
        return self._by_dn(names, attributes)

    def _by(self, attribute, values, attributes):
        found = []
        for start in range(0, len(values), _PORTION):
            query = self.users.query(one_of(attribute, values[start:start + _PORTION]))
            found += self.directory.search(self.users.tree, self.users.scope, query, attributes)
        return found

    def _by_dn(self, names, attributes):
        """Entries by DN: together by the attribute their DNs begin with, the others one by one."""
        wanted = {normal(name): name for name in names}
        values = {}
        for name in wanted.values():
            with contextlib.suppress(ldap.DECODING_ERROR):
                attribute, value, _ = ldap.dn.str2dn(name)[0][0]
                values.setdefault(attribute, []).append(value)
        found = {normal(dn): (dn, entry) for attribute, each in values.items()
                 for dn, entry in self._by(attribute, each, attributes)}
        return [found[name] for name in wanted if name in found]

    def drop(self, user):
        """Take the user (a ref) out of every group, before it is removed."""
        value = [(user['id'] if self.are_ids else user['dn']).encode()]
        for dn, _ in self.groups_of(user):
            self.directory.change(lambda connection, dn=dn: connection.modify_s(
                dn, [(ldap.MOD_DELETE, self.attribute, value)]))
