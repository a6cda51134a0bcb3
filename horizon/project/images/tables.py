"""Tables of images and of those they are shared with."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import image_changes, images
from horizon.ui.tables import BAD, BUSY, GOOD, IDLE, Action, Button, Column, Table

LEVELS = {'active': GOOD, 'deactivated': IDLE, 'killed': BAD, 'queued': IDLE, 'deleted': IDLE, 'pending_delete': IDLE,
          'saving': BUSY, 'importing': BUSY, 'uploading': BUSY}


def _page(name):
    return lambda row: reverse(f'project:images:{name}', args=[row['id']])


def is_snapshot(image):
    """Whether it was made of a server."""
    return image.get('image_type') == 'snapshot'


class Launch(Action):
    """A server from it."""

    name, label = 'launch', _('Launch')

    def allowed(self, login, row):
        return row['status'] == 'active' and login.has_service('compute')

    def url(self, row):
        return f'{reverse("project:instances:launch")}?source=image:{row["id"]}'


class Own(Action):
    """For images of this project alone."""

    def allowed(self, login, row):
        return row.get('owner') == login.project_id


class Edit(Own):
    """Name, description, visibility and so on."""

    name, label = 'edit', _('Edit')

    def url(self, row):
        return reverse('project:images:edit', args=[row['id']])


class Share(Own):
    """With other projects."""

    name, label = 'share', _('Share')

    def allowed(self, login, row):
        return super().allowed(login, row) and row['visibility'] in ('shared', 'private')

    def url(self, row):
        return reverse('project:images:share', args=[row['id']])


class Delete(Own):
    """Removes it with its data."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Its data is gone for good. Servers that run from it go on, but cannot be rebuilt from it.')

    def allowed(self, login, row):
        return super().allowed(login, row) and not row['protected']

    def act(self, request, key):
        image_changes.delete(request.login.client, key)


class Images(Table):
    """What the project sees: its own, those shared with it, public ones."""

    name, caption = 'images', _('Images')
    columns = [Column('name', _('Name'), lambda row: row.get('name') or row['id'], link=_page('detail')),
               Column('kind', _('Kind'), lambda row: _('Snapshot') if is_snapshot(row) else _('Image'), sortable=False),
               Column('status', _('Status'), kind='status'),
               Column('visibility', _('Visibility'), sortable=False),
               Column('disk_format', _('Format'), wide_only=True),
               Column('size', _('Size'), kind='size'), Column('created_at', _('Created'), kind='time', wide_only=True)]
    actions = [Launch(), Edit(), Share(), Delete()]
    buttons = [Button(_('Create image'), reverse_lazy('project:images:create'))]
    empty = _('No images.')
    empty_hint = _('An image is a disk that servers begin from. Upload one, or take a snapshot of a server.')
    default_sort = 'name'
    status_levels = LEVELS


class StopSharing(Action):
    """The project loses it; its servers go on."""

    name, label, done = 'stop', _('Stop sharing'), _('No longer shared with %s')

    def act(self, request, key):
        images.remove_member(request.login.client, str(request.resolver_match.kwargs['image_id']), key)


class Members(Table):
    """Projects an image is shared with."""

    name, caption = 'members', _('Shared with')
    columns = [Column('member_id', _('Project'), kind='code'), Column('status', _('Status'), kind='status'),
               Column('updated_at', _('Since'), kind='time')]
    actions = [StopSharing()]
    searchable = False
    empty = _('Shared with nobody yet.')
    status_levels = {'accepted': GOOD, 'pending': IDLE, 'rejected': BAD}

    def key(self, row):
        return row['member_id']
