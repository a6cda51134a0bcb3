"""Tables of groups and their members."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.admin import actions
from horizon.api import identity
from horizon.ui.tables import Action, Button, Column, Table


def address(name):
    """The address of a page of a group, as a function of the row."""
    return lambda row: reverse(f'admin:groups:{name}', args=[row['id']])


class Groups(Table):
    """Groups of all domains."""

    name, caption = 'groups', _('Groups')
    columns = [Column('name', _('Name'), link=address('detail')),
               Column('description', _('Description'), sortable=False), Column('domain', _('Domain'))]
    actions = [actions.Link('members', _('Members'), address('detail')),
               actions.Link('edit', _('Edit'), address('edit')),
               actions.Delete('groups', _('Its members lose the roles they have by it; they themselves stay. This '
                                          'cannot be undone.'))]
    buttons = [Button(_('Create group'), reverse_lazy('admin:groups:create'))]
    empty = _('No groups yet.')
    empty_hint = _('Roles given to a group are those of all its members: a team joins a project in one step.')
    default_sort = 'name'

    def status(self, row):
        return None


class Remove(Action):
    """Takes a user out of the group of this page."""

    name, label, done, danger = 'remove', _('Remove'), _('Removed: %s'), True
    question = _('They lose the roles they have by this group.')

    def act(self, request, key):
        identity.remove_member(request.login.client, request.resolver_match.kwargs['group_id'], key)


class Members(Table):
    """Users in a group."""

    name, caption = 'members', _('Members')
    columns = [Column('name', _('Name'), link=lambda row: reverse('admin:users:detail', args=[row['id']])),
               Column('email', _('Email'))]
    actions = [Remove()]
    empty = _('Nobody is in this group yet.')
    default_sort = 'name'

    def status(self, row):
        return None
