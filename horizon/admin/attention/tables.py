"""Tables of what is stuck or failed, with what ends it."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.attention import search
from horizon.admin.images.tables import Delete as DeleteImage
from horizon.admin.instances import actions as of_servers
from horizon.admin.instances.tables import Servers
from horizon.admin.services.tables import Enable, Forget, key_of
from horizon.api import operations
from horizon.project.instances import actions as of_projects
from horizon.ui.tables import BAD, BUSY, GOOD, IDLE, Action, Column, Table


class Finish(Action):
    """Tries the next step now."""

    name, label, done, verb = 'finish', _('Try again now'), _('Tried again: %s'), 'finish'

    def allowed(self, login, row):
        return self.verb in row['can']

    def act(self, request, key):
        operations.act(request.login.client, key, self.verb)


class Undo(Finish):
    """Takes back what its steps did."""

    name, label, done, verb, danger = 'undo', _('Undo'), _('Being undone: %s'), 'undo', True
    question = _('It stops, and what its steps did is taken back, the last one first.')


class Quiet(Table):
    """A table that is shown when it has rows."""

    searchable = False

    def status(self, row):
        return None


class Operations(Quiet):
    """Work that does not get on."""

    name, caption = 'operations', _('Work that does not get on')
    columns = [Column('action', _('What')),
               Column('server_id', _('Instance or volume'), value=lambda row: row['server_name'],
                      link=lambda row: row['server_id'] and not row['gone'] and reverse(
                          'admin:instances:detail', args=[row['server_id']])),
               Column('state', _('State'), kind='status'), Column('step', _('Step'), sortable=False),
               Column('why', _('Why'), value=lambda row: row['stuck'] or row['error'] or '-', sortable=False),
               Column('created_at', _('Since'), kind='time'), Column('host', _('Host'), wide_only=True)]
    actions = [Finish(), Undo()]
    default_sort = '-created_at'
    status_levels = {'failed': BAD, 'undone': IDLE, 'done': GOOD}

    def title(self, row):
        return f'{row["action"]}: {row["server_name"]}'

    def status(self, row):
        return row['state']


class FailedServers(Servers):
    """Servers in ERROR."""

    name, caption, searchable = 'failed', _('Failed instances'), False
    columns = [*[each for each in Servers.columns if each.name in ('project', 'name', 'host')],
               Column('why', _('Why'), value=search.why_server, sortable=False),
               Column('since', _('Since'), value=lambda row: (row.get('fault') or {}).get('created') or row['updated'],
                      kind='time')]
    actions = [of_projects.HardReboot(), of_projects.Delete(), of_servers.ForceDelete(), of_servers.ResetActive()]
    default_sort = '-since'

    def is_pending(self, row):
        return False


class BusyServers(FailedServers):
    """Servers something has been done to for long."""

    name, caption = 'busy', _('Instances that hang in a task')
    actions = [of_servers.ResetError(), of_servers.ResetActive(), of_servers.ForceDelete()]


class ResizedServers(FailedServers):
    """Servers that hold two disks until somebody confirms."""

    name, caption = 'resized', _('Resizes to be confirmed')
    columns = [each for each in FailedServers.columns if each.name != 'why']
    actions = [of_projects.Confirm(), of_projects.Revert()]


class StuckImages(Quiet):
    """Images without data."""

    name, caption = 'images', _('Images without data')
    columns = [Column('name', _('Name'), value=lambda row: row.get('name') or row['id'],
                      link=lambda row: reverse('admin:images:edit', args=[row['id']])), Column('project', _('Project')),
               Column('status', _('Status'), kind='status'),
               Column('why', _('Why'), value=search.why_image, sortable=False),
               Column('updated_at', _('Since'), kind='time')]
    actions = [DeleteImage()]
    default_sort = '-updated_at'
    status_levels = {'killed': BAD, 'saving': BUSY, 'importing': BUSY, 'uploading': BUSY, 'queued': IDLE,
                     'pending_delete': IDLE}

    def status(self, row):
        return row['status']

    def is_pending(self, row):
        return False


class ResetVolume(Action):
    """Says it is fine."""

    name, label, done, danger = 'reset', _('Reset state to available'), _('State reset: %s'), True
    question = _('Only what is recorded changes: right where the volume in fact is whole and not attached.')

    def act(self, request, key):
        request.login.client.send('volumev3', 'POST', f'/volumes/{key}/action',
                                  {'os-reset_status': {'status': 'available'}})


class ForceDeleteVolume(Action):
    """At once, whatever state it is in."""

    name, label, done, danger = 'force-delete', _('Force delete'), _('Being deleted: %s'), True
    question = _('Deleted at once, whatever is being done to it. What is on it is gone for good.')

    def act(self, request, key):
        request.login.client.send('volumev3', 'POST', f'/volumes/{key}/action', {'os-force_delete': {}})


class StuckVolumes(Quiet):
    """Volumes that failed or hang."""

    name, caption = 'volumes', _('Volumes that failed or hang')
    columns = [Column('name', _('Name'), value=lambda row: row.get('name') or row['id']),
               Column('project', _('Project')), Column('status', _('Status'), kind='status'),
               Column('why', _('Why'), value=search.why_volume, sortable=False),
               Column('created_at', _('Created'), kind='time')]
    actions = [ForceDeleteVolume(), ResetVolume()]
    default_sort = '-created_at'

    def status(self, row):
        return row['status']

    def level(self, row):
        return BAD if 'error' in row['status'] else BUSY

    def is_pending(self, row):
        return False


class DownServices(Quiet):
    """Daemons without a heartbeat, or out of work."""

    name, caption = 'daemons', _('Daemons that are down or disabled')
    columns = [Column('binary', _('Daemon')), Column('host', _('Host')), Column('state', _('State'), kind='status'),
               Column('why', _('Why'), sortable=False, value=lambda row: row['why']),
               Column('updated_at', _('Last heartbeat'), kind='time')]
    actions = [Enable(), Forget()]
    status_levels = {'up': GOOD, 'down': BAD}

    def key(self, row):
        return key_of(row['kind'], row['binary'], row['host'])

    def title(self, row):
        return f'{row["binary"]} @ {row["host"]}'

    def status(self, row):
        return row['state']


ALL = (Operations, FailedServers, BusyServers, ResizedServers, StuckVolumes, StuckImages, DownServices)
