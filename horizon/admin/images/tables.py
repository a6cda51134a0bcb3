"""The table of images of all projects."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.api import image_changes
from horizon.ui.tables import BAD, BUSY, GOOD, IDLE, Action, Column, Table


class Deactivate(Action):
    """Nobody can read it until it is looked into."""

    name, label, done, danger = 'deactivate', _('Deactivate'), _('Deactivated: %s'), True
    question = _('Nobody but administrators can read its data, so nothing boots from it; it stays listed.')

    def allowed(self, login, row):
        return row['status'] == 'active'

    def act(self, request, key):
        image_changes.act(request.login.client, key, 'deactivate')


class Reactivate(Action):
    """As before."""

    name, label, done = 'reactivate', _('Reactivate'), _('Reactivated: %s')

    def allowed(self, login, row):
        return row['status'] == 'deactivated'

    def act(self, request, key):
        image_changes.act(request.login.client, key, 'reactivate')


class Delete(Action):
    """Never a protected one."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Its data is gone for good. Instances that run from it go on, but cannot be rebuilt from it.')

    def allowed(self, login, row):
        return not row['protected']

    def act(self, request, key):
        image_changes.delete(request.login.client, key)


class Images(Table):
    """Images of all projects. Rows have `project` beside the API's."""

    name, caption = 'images', _('Images')
    columns = [Column('name', _('Name'), value=lambda row: row.get('name') or row['id'],
                      link=lambda row: reverse('admin:images:edit', args=[row['id']])),
               Column('project', _('Project'), sortable=False, link=lambda row: row.get('owner') and reverse(
                   'admin:projects:detail', args=[row['owner']])),
               Column('status', _('Status'), kind='status'), Column('visibility', _('Visibility')),
               Column('protected', _('Protected'), kind='flag', sortable=False),
               Column('disk_format', _('Format'), wide_only=True),
               Column('size', _('Size'), kind='size'), Column('created_at', _('Created'), kind='time', wide_only=True)]
    actions = [Link('edit', _('Edit'), lambda row: reverse('admin:images:edit', args=[row['id']])), Deactivate(),
               Reactivate(), Delete()]
    empty = _('No images.')
    empty_hint = _('Without an image nobody can launch an instance.')
    default_sort = 'name'
    status_levels = {'active': GOOD, 'deactivated': IDLE, 'killed': BAD, 'queued': IDLE, 'deleted': IDLE,
                     'pending_delete': IDLE, 'saving': BUSY, 'importing': BUSY, 'uploading': BUSY}
