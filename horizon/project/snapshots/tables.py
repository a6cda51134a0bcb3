"""The table of snapshots."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.api import volumes
from horizon.project.volumes import states
from horizon.ui.tables import Action, Column, Table


class CreateVolume(Action):
    """A new volume with what it holds."""

    name, label = 'volume', _('Create volume')

    def allowed(self, login, row):
        return row['status'] == states.FREE

    def url(self, row):
        return f'{reverse("project:volumes:create")}?source=snapshot:{row["id"]}'


class Edit(Action):
    """Name and description."""

    name, label = 'edit', _('Edit')

    def allowed(self, login, row):
        return row['status'] != 'deleting'

    def url(self, row):
        return reverse('project:snapshots:edit', args=[row['id']])


class Delete(Action):
    """Removes it; the volume stays."""

    name, label, done, danger = 'delete', _('Delete'), _('Being deleted: %s'), True
    question = _('What it kept is gone for good. Its volume, and volumes made of it, stay.')

    def allowed(self, login, row):
        return row['status'] in states.DELETABLE

    def act(self, request, key):
        volumes.delete_snapshot(request.login.client, key)


class Snapshots(Table):
    """Snapshots of a volume."""

    name, caption = 'snapshots', _('Snapshots')
    columns = [Column('name', _('Name'), lambda row: row.get('name') or row['id']),
               Column('size', _('Size'), lambda row: row['size'] * 1024, kind='megabytes'),
               Column('status', _('Status'), kind='status'),
               Column('description', _('Description'), wide_only=True),
               Column('created_at', _('Created'), kind='time')]
    actions = [CreateVolume(), Edit(), Delete()]
    empty = _('No snapshots yet.')
    empty_hint = _('A snapshot keeps what a volume holds now; new volumes can be made of it.')
    default_sort = '-created_at'
    status_levels = states.LEVELS


class AllSnapshots(Snapshots):
    """Snapshots of the project. `volume_name` of a row is added by the view."""

    columns = [*Snapshots.columns[:1],
               Column('volume', _('Volume'), 'volume_name', link=lambda row: row['volume_id'] and reverse(
                   'project:volumes:detail', args=[row['volume_id']])), *Snapshots.columns[1:]]
