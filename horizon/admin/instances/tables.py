"""The table of servers of all projects."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.instances import actions
from horizon.ui.tables import BAD, BUSY, GOOD, IDLE, Column, Table

LEVELS = {'active': GOOD, 'error': BAD, 'unknown': BAD, 'shutoff': IDLE, 'paused': IDLE, 'suspended': IDLE,
          'deleted': IDLE, 'soft_deleted': IDLE, 'verify_resize': IDLE, 'rescue': IDLE}


def address(row):
    """The page of a server."""
    return reverse('admin:instances:detail', args=[row['id']])


def words(row):
    """Status and, when something is being done, what."""
    task = row.get('OS-EXT-STS:task_state')
    return f'{row["status"]}: {task}' if task else row['status']


class Servers(Table):
    """Servers of all projects. Rows have `project` and `flavor_name` beside the API's."""

    name, caption = 'servers', _('Instances')
    columns = [
        Column('project', _('Project'), sortable=False,
               link=lambda row: reverse('admin:projects:detail', args=[row['tenant_id']])),
        Column('name', _('Name'), link=address),
        Column('status', _('Status'), value=words, kind='status'),
        Column('host', _('Host'), value='OS-EXT-SRV-ATTR:host', sortable=False),
        Column('addresses', _('Addresses'), kind='list', sortable=False, wide_only=True, value=lambda row: [
            each['addr'] for entries in row['addresses'].values() for each in entries]),
        Column('flavor', _('Flavor'), value='flavor_name', sortable=False, wide_only=True),
        Column('age', _('Created'), value='created', kind='time')]
    actions = actions.ALL
    # The page has a search of its own, with the other filters.
    searchable = False
    empty = _('No such instances.')
    default_sort = '-age'
    status_levels = LEVELS

    def status(self, row):
        return words(row)

    def level(self, row):
        return BUSY if actions.task(row) else LEVELS.get(row['status'].lower(), BUSY)


def with_names(rows, projects, flavors=None):
    """The rows with the names of their projects ({id: name}) and flavors."""
    return [{**row, 'project': projects.get(row['tenant_id'], row['tenant_id']),
             'flavor_name': (flavors or {}).get(row['flavor'].get('id')) or row['flavor'].get('original_name')
             or row['flavor'].get('id')} for row in rows]
