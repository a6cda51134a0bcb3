"""Tables of users."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.admin import actions
from horizon.ui.tables import Button, Column, Table


def address(name):
    """The address of a page of a user, as a function of the row."""
    return lambda row: reverse(f'admin:users:{name}', args=[row['id']])


class Users(Table):
    """Users of all domains."""

    name, caption = 'users', _('Users')
    columns = [Column('name', _('Name'), link=address('detail')), Column('email', _('Email')),
               Column('description', _('Description'), sortable=False, wide_only=True),
               Column('domain', _('Domain')),
               Column('enabled', _('Status'), value=lambda row: _('enabled') if row['enabled'] else _('disabled'),
                      kind='status')]
    actions = [actions.Link('edit', _('Edit'), address('edit')),
               actions.Link('password', _('Change password'), address('password')),
               actions.Enable('users'),
               actions.Disable('users', _('They cannot log in until they are enabled again; their tokens end now.')),
               actions.Delete('users', _('Their roles and key pairs go with them; what they made stays in its '
                                         'projects. This cannot be undone.'))]
    buttons = [Button(_('Create user'), reverse_lazy('admin:users:create'))]
    empty = _('No users.')
    default_sort = 'name'
    status_levels = {'enabled': 'good', 'disabled': 'idle'}

    def status(self, row):
        return 'enabled' if row['enabled'] else 'disabled'
