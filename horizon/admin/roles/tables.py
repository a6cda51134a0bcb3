"""Tables of roles, and of who has which where."""
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from horizon.admin import actions
from horizon.ui.tables import Button, Column, Table


class DeleteRole(actions.Delete):
    """Never one that Keystone keeps from changes."""

    def allowed(self, login, row):
        return not (row.get('options') or {}).get('immutable')


class Roles(Table):
    """Roles."""

    name, caption = 'roles', _('Roles')
    columns = [Column('name', _('Name')), Column('description', _('Description'), sortable=False),
               Column('domain', _('Domain'), value=lambda row: row['domain'] or _('all')),
               Column('immutable', _('Protected'), value=lambda row: (row.get('options') or {}).get('immutable', False),
                      kind='flag')]
    actions = [actions.Link('who', _('Who has it'), lambda row: reverse('admin:roles:assignments') + '?' + urlencode(
                   {'q': row['name']})),
               actions.Link('edit', _('Edit'), lambda row: reverse('admin:roles:edit', args=[row['id']]),
                            allowed=lambda login, row: not (row.get('options') or {}).get('immutable')),
               DeleteRole('roles', _('Whoever has it has it no more. This cannot be undone.'))]
    buttons = [Button(_('Assignments'), reverse_lazy('admin:roles:assignments'), icon='users', primary=False),
               Button(_('Create role'), reverse_lazy('admin:roles:create'))]
    empty = _('No roles.')
    default_sort = 'name'

    def status(self, row):
        return None


class Assignments(Table):
    """Who has which role where."""

    name, caption = 'assignments', _('Assignments')
    columns = [Column('role', _('Role')),
               Column('who', _('Who'), link=lambda row: row['who_address']),
               Column('kind', _('Kind')),
               Column('where', _('Where'), link=lambda row: row['where_address']),
               Column('domain', _('Domain'), wide_only=True),
               Column('note', _('Note'), sortable=False, wide_only=True)]
    empty = _('Nobody has any role.')
    default_sort = 'who'

    def status(self, row):
        return None
