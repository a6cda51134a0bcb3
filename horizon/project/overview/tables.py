"""The table of what servers used."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.ui.tables import BAD, GOOD, IDLE, Column, Table

_LEVELS = {'active': GOOD, 'error': BAD}


def _server(row):
    return None if row.get('ended_at') else reverse('project:instances:detail', args=[row['instance_id']])


class Usage(Table):
    """Servers of the period. Rows are those of simple-tenant-usage."""

    name, caption = 'usage', _('Servers of the period')
    columns = [
        Column('name', _('Name'), link=_server), Column('state', _('Status'), kind='status'),
        Column('flavor', _('Flavor')), Column('vcpus', _('vCPUs'), kind='number'),
        Column('memory_mb', _('Memory'), kind='megabytes'),
        Column('local_gb', _('Disk (GB)'), kind='number', wide_only=True),
        Column('hours', _('Hours in the period'), value=lambda row: round(row['hours'], 1), kind='number'),
        Column('started_at', _('Launched'), kind='time'), Column('ended_at', _('Ended'), kind='time', wide_only=True)]
    empty = _('No server ran in this period.')
    searchable = False
    default_sort = '-hours'

    def key(self, row):
        return row['instance_id']

    def status(self, row):
        return row['state']

    def level(self, row):
        # The list of instances follows what is under way; this looks back.
        return _LEVELS.get(row['state'], IDLE)
