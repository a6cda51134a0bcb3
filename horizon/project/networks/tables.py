"""Tables of networks and of what is on one."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.ui.tables import Column, Table


class Networks(Table):
    """Networks the project may use; `servers` of a row is how many of its servers are there."""

    name, caption = 'networks', _('Networks')
    columns = [Column('label', _('Name'), link=lambda row: reverse('project:networks:detail', args=[row['id']])),
               Column('cidr', _('Addresses'), kind='code'), Column('gateway', _('Gateway'), kind='code'),
               Column('servers', _('Your servers'), kind='number')]
    empty = _('No networks.')
    empty_hint = _('An administrator makes them.')
    default_sort = 'label'

    def title(self, row):
        return row['label']


class Addresses(Table):
    """Servers on a network with their addresses."""

    name, caption = 'addresses', _('Servers here')
    columns = [Column('name', _('Server'), link=lambda row: reverse('project:instances:detail', args=[row['id']])),
               Column('fixed', _('Fixed address'), kind='list'), Column('floating', _('Floating address'), kind='list'),
               Column('mac', _('MAC'), kind='code', wide_only=True)]
    searchable = False
    empty = _('None of your servers is connected here.')
    default_sort = 'name'
