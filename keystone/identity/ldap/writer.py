"""Changes to a directory."""
import ldap

# What inetOrgPerson, and person below it, ask for.
_PERSON = ('cn', 'sn')


class Writer:
    """Adds, changes and removes entries. `kind` says which field is which attribute."""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory

    def _fields(self, kind, values, enabled):
        fields = {**kind.fields, **({'enabled': enabled} if enabled else {})}
        return {attribute: values[field] for field, attribute in fields.items() if field in values}

    def add(self, kind, dn, values, enabled=None, more=None):
        """A new entry. `enabled` is the attribute for that field, `more` are further values."""
        written = {attribute: [str(value).encode()] for attribute, value in
                   self._fields(kind, values, enabled).items() if value not in (None, '')}
        classes = [kind.object_class]
        if kind.object_class.lower() == 'inetorgperson':
            classes = ['person', 'inetOrgPerson']
            for attribute in _PERSON:
                written.setdefault(attribute, [values['name'].encode()])
        written.update(more or {}, objectClass=[name.encode() for name in classes])
        self.directory.change(lambda connection: connection.add_s(dn, list(written.items())))

    def replace(self, kind, dn, values, enabled=None):
        """Change an entry's fields; None takes one away."""
        changes = [(ldap.MOD_REPLACE, attribute, [] if value in (None, '') else [str(value).encode()])
                   for attribute, value in self._fields(kind, values, enabled).items()
                   if attribute != kind.id_attribute and not (attribute == enabled and value is None)]
        if changes:
            self.directory.change(lambda connection: connection.modify_s(dn, changes))

    def set_password(self, dn, password):
        """The directory hashes it as it is configured to (RFC 3062)."""
        self.directory.change(lambda connection: connection.passwd_s(dn, None, password))

    def remove(self, dn):
        """Remove an entry."""
        self.directory.change(lambda connection: connection.delete_s(dn))
