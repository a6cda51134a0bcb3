"""The table of volumes."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import servers, volumes
from horizon.project.volumes import states
from horizon.ui.tables import Action, Button, Column, Table


def _page(name):
    return lambda row: reverse(f'project:volumes:{name}', args=[row['id']])


class Form(Action):
    """An action with a page of its own, for volumes in some states."""

    statuses = (states.FREE,)

    def allowed(self, login, row):
        return row['status'] in self.statuses

    def url(self, row):
        return _page(self.name)(row)


class Attach(Form):
    """To a server."""

    name, label = 'attach', _('Attach')

    def allowed(self, login, row):
        return super().allowed(login, row) and login.has_service('compute')


class Detach(Action):
    """Takes it from its server."""

    name, label, done, danger = 'detach', _('Detach'), _('Being detached: %s'), True
    question = _('The server loses this disk at once. Unmount it there first, or what was not written yet is lost.')

    def allowed(self, login, row):
        return row['status'] == states.IN_USE and login.has_service('compute')

    def act(self, request, key):
        cloud = request.login.client
        server_id = states.server_of(volumes.get(cloud, key))
        if server_id:
            servers.detach_volume(cloud, server_id, key)


class Launch(Action):
    """A server that starts from it."""

    name, label = 'launch', _('Launch')

    def allowed(self, login, row):
        return row['status'] == states.FREE and states.is_bootable(row) and login.has_service('compute')

    def url(self, row):
        return f'{reverse("project:instances:launch")}?source=volume:{row["id"]}'


class Extend(Form):
    """Makes it larger."""

    name, label = 'extend', _('Extend')


class Snapshot(Form):
    """What it holds now, kept."""

    name, label, statuses = 'snapshot', _('Take snapshot'), (states.FREE, states.IN_USE)


class Copy(Form):
    """A new volume with what it holds."""

    name, label = 'copy', _('Copy')

    def url(self, row):
        return f'{reverse("project:volumes:create")}?source=volume:{row["id"]}'


class Edit(Form):
    """Name, description, whether it boots."""

    name, label = 'edit', _('Edit')

    def allowed(self, login, row):
        return row['status'] != 'deleting'


class Delete(Action):
    """Removes it with its data."""

    name, label, done, danger = 'delete', _('Delete'), _('Being deleted: %s'), True
    question = _('What is on it is gone for good. Its snapshots have to be deleted before.')

    def allowed(self, login, row):
        return row['status'] in states.DELETABLE and not row.get('attachments')

    def act(self, request, key):
        volumes.delete(request.login.client, key)


def kind(row):
    """The name of its type; the one of those that name none has no name worth showing."""
    return None if row.get('volume_type') in (None, '__DEFAULT__') else row['volume_type']


def server_url(row):
    """Address of the server that has it, or None."""
    server_id = states.server_of(row)
    return server_id and reverse('project:instances:detail', args=[server_id])


class Volumes(Table):
    """Volumes of the project. `server_name` of a row is added by the view."""

    name, caption = 'volumes', _('Volumes')
    columns = [Column('name', _('Name'), lambda row: row.get('name') or row['id'], link=_page('detail')),
               Column('size', _('Size'), lambda row: row['size'] * 1024, kind='megabytes'),
               Column('status', _('Status'), kind='status'),
               Column('attached', _('Attached to'), 'server_name', link=server_url),
               Column('bootable', _('Bootable'), states.is_bootable, kind='flag', sortable=False),
               Column('type', _('Type'), kind, wide_only=True),
               Column('created_at', _('Created'), kind='time', wide_only=True)]
    actions = [Attach(), Detach(), Launch(), Extend(), Snapshot(), Copy(), Edit(), Delete()]
    buttons = [Button(_('Create volume'), reverse_lazy('project:volumes:create'))]
    empty = _('No volumes yet.')
    empty_hint = _('A volume is a disk that stays when its server goes, and moves to another one.')
    default_sort = 'name'
    status_levels = states.LEVELS


def with_servers(rows, names):
    """The rows with server_name. `names`: {id: name}, what is not in it is called by its id."""
    return [{**row, 'server_name': (server_id := states.server_of(row)) and names.get(server_id, server_id)}
            for row in rows]
