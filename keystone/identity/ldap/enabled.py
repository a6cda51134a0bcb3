"""Whether a user of a directory may log in: an attribute, a bit in one, its opposite, or membership in a group."""
import ldap

from keystone.identity.ldap.entries import escape, normal


class Enabled:
    """`kind` are the users."""

    def __init__(self, options, directory, kind):
        self.options, self.directory, self.kind = options, directory, kind
        self.emulated = options.user_enabled_emulation
        # None where no attribute says it.
        ignored = 'enabled' in (name.strip() for name in options.user_attribute_ignore)
        self.attribute = None if self.emulated or ignored else options.user_enabled_attribute
        own = options.user_enabled_emulation_use_group_config
        self._group = options.user_enabled_emulation_dn or f'cn=enabled_users,{kind.tree}'
        self._member = options.group_member_attribute if own else 'member'
        self._class = options.group_objectclass if own else 'groupOfNames'
        self._ids = own and options.group_members_are_ids

    @property
    def attributes(self):
        """What to ask the directory for beside the fields."""
        return [self.attribute] if self.attribute else []

    def fill_in(self, made):
        """Put `enabled` into each of [(ref, values of its entry)]."""
        members = self._members(made) if self.emulated and made else ()
        for ref, values in made:
            if self.emulated:
                ref['enabled'] = self._key(ref) in members
            else:
                ref['enabled'] = self._of(values)

    def _key(self, ref):
        return ref['id'] if self._ids else normal(ref['dn'])

    def _members(self, made):
        query = f'(objectClass={escape(self._class)})'
        if len(made) == 1:
            value = made[0][0]['id'] if self._ids else made[0][0]['dn']
            query = f'(&{query}({self._member}={escape(value)}))'
        found = self.directory.search(self._group, 'base', query, [self._member])
        names = [each.decode('utf-8', 'replace') for _, values in found for each in values.get(self._member, ())]
        return set(names) if self._ids else {normal(name) for name in names}

    def _of(self, values):
        options = self.options
        text = None
        if self.attribute:
            found = {name.lower(): value for name, value in values.items()}.get(self.attribute.lower())
            text = found[0].decode('utf-8', 'replace') if found else None
        if options.user_enabled_mask:
            return not self._number(text) & options.user_enabled_mask
        said = (options.user_enabled_default if text is None else text).strip().lower() == 'true'
        return said is not options.user_enabled_invert

    def _number(self, text):
        for each in (text, self.options.user_enabled_default):
            try:
                return int(each)
            except (TypeError, ValueError):
                continue
        return 0

    def stored(self, values, always=False):
        """{'enabled': text for the attribute, None when there is nothing to write}. What is assumed without the
        attribute is written with `always` alone: many a schema has no such attribute."""
        if 'enabled' not in values or not self.attribute:
            return {'enabled': None}
        options, enabled = self.options, values['enabled']
        if options.user_enabled_mask:
            number = self._number(None) & ~options.user_enabled_mask
            return {'enabled': str(number if enabled else number | options.user_enabled_mask)}
        said = enabled is not options.user_enabled_invert
        default = options.user_enabled_default.strip().lower() == 'true'
        return {'enabled': None if said is default and not always else 'TRUE' if said else 'FALSE'}

    def emulate(self, dn, enabled):
        """Put the user into the group of those enabled, or take him out."""
        if not self.emulated:
            return
        value = [dn.encode()]

        def work(connection):
            try:
                operation = ldap.MOD_ADD if enabled else ldap.MOD_DELETE
                connection.modify_s(self._group, [(operation, self._member, value)])
            except (ldap.TYPE_OR_VALUE_EXISTS, ldap.NO_SUCH_ATTRIBUTE):
                return
            except ldap.NO_SUCH_OBJECT:
                if enabled:
                    connection.add_s(self._group, [('objectClass', [self._class.encode()]), (self._member, value)])
        self.directory.change(work)
