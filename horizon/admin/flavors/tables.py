"""The table of flavors."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.api import flavors
from horizon.ui.tables import Action, Button, Column, Table

EPHEMERAL, PUBLIC = 'OS-FLV-EXT-DATA:ephemeral', 'os-flavor-access:is_public'


class Delete(Action):
    """Removes it from the choice."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Instances that have it keep it; new ones cannot be given it.')

    def act(self, request, key):
        flavors.delete(request.login.client, key)


class Flavors(Table):
    """Sizes of servers, private ones too."""

    name, caption = 'flavors', _('Flavors')
    columns = [Column('name', _('Name'), link=lambda row: reverse('admin:flavors:edit', args=[row['id']])),
               Column('vcpus', _('VCPUs'), kind='number'), Column('ram', _('Memory'), kind='megabytes'),
               Column('disk', _('Root disk'), kind='size', value=lambda row: row['disk'] << 30),
               Column('ephemeral', _('Ephemeral disk'), kind='megabytes', value=lambda row: row[EPHEMERAL] << 10,
                      wide_only=True),
               Column('swap', _('Swap'), kind='megabytes', value=lambda row: row['swap'] or 0, wide_only=True),
               Column('public', _('Public'), value=lambda row: row[PUBLIC], kind='flag'),
               Column('id', _('Id'), kind='code', wide_only=True)]
    actions = [Link('edit', _('Edit'), lambda row: reverse('admin:flavors:edit', args=[row['id']])),
               Link('like', _('Create one like it'), lambda row: (
                   f'{reverse("admin:flavors:create")}?vcpus={row["vcpus"]}&ram={row["ram"]}&disk={row["disk"]}'
                   f'&ephemeral={row[EPHEMERAL]}&swap={row["swap"] or 0}')),
               Delete()]
    buttons = [Button(_('Create flavor'), reverse_lazy('admin:flavors:create'))]
    empty = _('No flavors.')
    empty_hint = _('Without a flavor nobody can launch an instance.')

    def status(self, row):
        return None
