"""The table of servers of all projects."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.instances import actions
from horizon.project.instances import states
from horizon.project.instances import tables as of_projects
from horizon.ui.tables import Column

Cell = of_projects.Cell


class Servers(of_projects.Servers):
    """Servers of all projects. Rows have `project`, flavor_name and addresses beside the API's."""

    columns = [
        Column('project', _('Project'), sortable=False,
               link=lambda row: reverse('admin:projects:detail', args=[row['tenant_id']])),
        Cell('name', _('Name'), kind='name', link=lambda row: reverse('admin:instances:detail', args=[row['id']])),
        Cell('status', _('Status'), value=states.shown, kind='state'),
        Column('host', _('Host'), value='OS-EXT-SRV-ATTR:host', sortable=False),
        Cell('addresses', _('Addresses'), value=lambda row: row, kind='addresses', sortable=False, wide_only=True),
        Column('flavor', _('Flavor'), value='flavor_name', sortable=False, wide_only=True),
        Column('age', _('Age'), value='created', kind='time')]
    actions, buttons = actions.ALL, ()
    # The page has a search of its own, with the other filters.
    searchable = False
    empty, empty_hint = _('No such instances.'), ''


def with_names(rows, projects, flavors=None):
    """The rows with the names of their projects and flavors ({id: name} each)."""
    sizes = {key: {'name': name} for key, name in (flavors or {}).items()}
    return [{**row, 'project': projects.get(row['tenant_id'], row['tenant_id'])}
            for row in of_projects.with_names(rows, sizes, {})]
