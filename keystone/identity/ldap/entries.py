"""Entries of a directory as refs, and questions about refs as filters (RFC 4515)."""
import ldap.dn
import ldap.filter

escape = ldap.filter.escape_filter_chars


class Kind:
    """Users or groups: their tree, their class, and which attribute is which field.

    `options` is [ldap], `prefix` user or group, `unit` the tree below the suffix where none is configured, `fields`
    {field: attribute}; a field without attribute is left out.
    """

    def __init__(self, options, prefix, unit, fields):
        self.tree = options[f'{prefix}_tree_dn'] or f'{unit},{options.suffix}'
        self.scope, self.object_class = options.query_scope, options[f'{prefix}_objectclass']
        self.more = options[f'{prefix}_filter'] or ''
        if self.more and not self.more.startswith('('):
            self.more = f'({self.more})'
        ignored = {name.strip() for name in options[f'{prefix}_attribute_ignore']}
        additional = dict(reversed(pair.split(':', 1)) for pair in options[f'{prefix}_additional_attribute_mapping']
                          if ':' in pair)
        # The id and the name are what everything rests on.
        self.fields = {field.strip(): attribute.strip() for field, attribute in {**fields, **additional}.items()
                       if attribute and (field in ('id', 'name') or field not in ignored)}

    @property
    def id_attribute(self):
        return self.fields['id']

    @property
    def attributes(self):
        """What to ask the directory for."""
        return list(dict.fromkeys(self.fields.values()))

    def query(self, *conditions):
        """The filter for entries of this kind that meet all conditions, themselves filters."""
        return f'(&(objectClass={escape(self.object_class)}){self.more}{"".join(conditions)})'

    def is_(self, field, value):
        """The filter for a field with exactly this value."""
        return f'({self.fields[field]}={escape(value)})'

    def condition(self, field, operator, value):
        """The filter of a list request, or None when the directory cannot decide it."""
        if field not in self.fields or field == 'enabled' or not isinstance(value, str):
            return None
        pattern = {'equals': '{}', 'contains': '*{}*', 'startswith': '{}*', 'endswith': '*{}'}.get(
            operator.removeprefix('i') if operator != 'in' else operator)
        if pattern is None:
            return None
        if not value:
            # Every entry with the attribute contains nothing; none is equal to it.
            return '(!(objectClass=*))' if operator == 'equals' else f'({self.fields[field]}=*)'
        return f'({self.fields[field]}={pattern.format(escape(value))})'

    def dn(self, local_id):
        """The DN of a new entry."""
        return f'{self.id_attribute}={ldap.dn.escape_dn_chars(local_id)},{self.tree}'

    def ref(self, dn, values):
        """The ref of an entry, with `dn`; None when it has no id or no name."""
        values = {name.lower(): value for name, value in values.items()}
        ref = {'dn': dn}
        for field, attribute in self.fields.items():
            found = values.get(attribute.lower())
            if found:
                ref[field] = _text(found[0])
        ids = values.get(self.id_attribute.lower()) or ()
        if len(ids) > 1:
            ref['id'] = _rdn_value(dn, self.id_attribute) or ref['id']
        return ref if ref.get('id') and ref.get('name') else None


def _text(value):
    """An attribute's value; bytes that are no text are shown as hexadecimal digits (objectGUID)."""
    try:
        return value.decode('utf-8')
    except UnicodeDecodeError:
        return value.hex()


def _rdn_value(dn, attribute):
    """What the first part of a DN says of an attribute, or None."""
    for name, value, _ in ldap.dn.str2dn(dn)[0]:
        if name.lower() == attribute.lower():
            return value
    return None


def normal(dn):
    """A DN in one spelling, to compare by."""
    try:
        return tuple(tuple(sorted((name.lower(), value.lower()) for name, value, _ in part))
                     for part in ldap.dn.str2dn(dn))
    except ldap.DECODING_ERROR:
        return dn.lower()


def one_of(attribute, values):
    """The filter for entries whose attribute is one of these."""
    return '(|' + ''.join(f'({attribute}={escape(value)})' for value in values) + ')'
