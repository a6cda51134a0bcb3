"""The table of servers."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import servers
from horizon.project.instances import actions, states
from horizon.ui.tables import Button, Column, Table


class Cell(Column):
    """A column with a template of this panel."""

    @property
    def template(self):
        return f'project/instances/cells/{self.kind}.html'


class Servers(Table):
    """Servers of the project. Rows are the API's, with flavor_name and image_name."""

    name, caption = 'servers', _('Instances')
    columns = [
        Cell('name', _('Name'), kind='name', link=lambda row: reverse('project:instances:detail', args=[row['id']])),
        Cell('status', _('Status'), value=states.shown, kind='state'),
        Cell('addresses', _('Addresses'), value=lambda row: row, kind='addresses', sortable=False),
        Cell('flavor', _('Flavor and image'), value=lambda row: row, kind='made_of', sortable=False),
        Column('power', _('Power'), value=states.power, sortable=False, wide_only=True),
        Column('key', _('Key pair'), value='key_name', wide_only=True),
        Column('zone', _('Zone'), value='OS-EXT-AZ:availability_zone', sortable=False, wide_only=True),
        Column('age', _('Age'), value='created', kind='time')]
    actions = actions.ALL
    buttons = [Button(_('Launch'), reverse_lazy('project:instances:launch'))]
    empty = _('No servers yet.')
    empty_hint = _('Launch one: type a name, everything else is chosen already.')
    default_sort = '-age'
    status_levels = states.LEVELS

    def level(self, row):
        return states.level(row)

    def status(self, row):
        return states.words(row)


def with_names(rows, flavors, images):
    """The rows with flavor_name and image_name. `flavors`: {id: flavor}, `images`: {id: name}."""
    return [{**row, 'flavor_name': flavors.get(row['flavor'].get('id'), {}).get('name')
             or row['flavor'].get('original_name') or row['flavor'].get('id'),
             'image_name': images.get(row['image']['id']) if row.get('image') else None,
             'floating': servers.floating_addresses(row), 'fixed': servers.fixed_addresses(row)} for row in rows]
