"""Tables of aggregates and zones."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.api import services
from horizon.ui.tables import BAD, GOOD, Action, Button, Column, Table


class Delete(Action):
    """Takes its hosts out and removes it: a call a host and two."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Its hosts leave it first, and with it the availability zone it gave them. What runs keeps running.')

    def act(self, request, key):
        cloud = request.login.client
        services.change_hosts(cloud, key, (), services.aggregate(cloud, key)['hosts'])
        services.delete_aggregate(cloud, key)


class Aggregates(Table):
    """Groups of hosts."""

    name, caption = 'aggregates', _('Aggregates')
    columns = [Column('name', _('Name'), link=lambda row: reverse('admin:aggregates:edit', args=[row['id']])),
               Column('availability_zone', _('Availability zone')),
               Column('hosts', _('Hosts'), kind='list', sortable=False),
               Column('metadata', _('Metadata'), kind='list', sortable=False, value=lambda row: [
                   f'{key}={value}' for key, value in sorted(row['metadata'].items()) if key != 'availability_zone'])]
    actions = [Link('edit', _('Edit'), lambda row: reverse('admin:aggregates:edit', args=[row['id']])), Delete()]
    buttons = [Button(_('Create aggregate'), reverse_lazy('admin:aggregates:create'))]
    empty = _('No aggregates yet.')
    empty_hint = _('An aggregate groups hosts: by what they can (metadata that flavors ask for), or as an availability '
                   'zone that users choose.')
    searchable = False
    default_sort = 'name'

    def status(self, row):
        return None


class Zones(Table):
    """Availability zones."""

    name, caption = 'zones', _('Availability zones')
    columns = [Column('zoneName', _('Name')), Column('state', _('State'), kind='status'),
               Column('hosts', _('Hosts'), kind='list', sortable=False, value=lambda row: sorted(row['hosts'] or ()))]
    empty = _('No zones.')
    searchable = False
    status_levels = {'available': GOOD, 'not available': BAD}

    def key(self, row):
        return row['zoneName']

    def title(self, row):
        return row['zoneName']

    def status(self, row):
        return row['state']
