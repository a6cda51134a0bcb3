"""The table of projects."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.admin import actions
from horizon.ui.tables import Button, Column, Table


def address(name):
    """The address of a page of a project, as a function of the row."""
    return lambda row: reverse(f'admin:projects:{name}', args=[row['id']])


class Projects(Table):
    """Projects of all domains."""

    name, caption = 'projects', _('Projects')
    columns = [Column('name', _('Name'), link=address('detail')),
               Column('description', _('Description'), sortable=False, wide_only=True),
               Column('domain', _('Domain')),
               Column('enabled', _('Status'), value=lambda row: _('enabled') if row['enabled'] else _('disabled'),
                      kind='status')]
    actions = [actions.Link('members', _('Members'), address('members')),
               actions.Link('quotas', _('Quotas'), address('quotas')),
               actions.Link('edit', _('Edit'), address('edit')),
               actions.Link('usage', _('Usage'), address('usage')),
               actions.Enable('projects'),
               actions.Disable('projects', _('Nobody can work in it until it is enabled again; what runs keeps '
                                             'running.')),
               actions.Delete('projects', _('What it still contains is not deleted with it: nobody will get at it '
                                            'any more. This cannot be undone.'))]
    buttons = [Button(_('Create project'), reverse_lazy('admin:projects:create'))]
    empty = _('No projects.')
    default_sort = 'name'

    def status(self, row):
        return 'enabled' if row['enabled'] else 'disabled'

    status_levels = {'enabled': 'good', 'disabled': 'idle'}
