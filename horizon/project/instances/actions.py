"""What one can do with a server. Each shows only in the states that allow it."""
import functools

from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _

from horizon.api import servers
from horizon.project.instances import states
from horizon.ui.tables import Action


class Simple(Action):
    """An action of the API without a form. `statuses`: where it makes sense; '*' anywhere."""

    statuses = ()
    call, value = None, None
    unlocked = True             # a locked server refuses it

    def allowed(self, login, row):
        if self.unlocked and row.get('locked') and not login.is_admin:
            return False
        return states.is_calm(row, *(() if self.statuses == '*' else self.statuses))

    def act(self, request, key):
        servers.act(request.login.client, key, self.call, self.value)


class Start(Simple):
    name, label, done, call, statuses = 'start', _('Start'), _('Starting: %s'), 'os-start', ('SHUTOFF',)


class Confirm(Simple):
    name, label, done, call = 'confirm', _('Confirm resize'), _('Resize confirmed: %s'), 'confirmResize'
    statuses = ('VERIFY_RESIZE',)


class Revert(Simple):
    name, label, done, call = 'revert', _('Undo resize'), _('The resize is undone: %s'), 'revertResize'
    statuses = ('VERIFY_RESIZE',)


class Unpause(Simple):
    name, label, done, call, statuses = 'unpause', _('Resume'), _('Resuming: %s'), 'unpause', ('PAUSED',)


class Resume(Simple):
    name, label, done, call, statuses = 'resume', _('Resume'), _('Resuming: %s'), 'resume', ('SUSPENDED',)


class Stop(Simple):
    name, label, done, call = 'stop', _('Shut off'), _('Shutting off: %s'), 'os-stop'
    statuses = ('ACTIVE',)
    danger, question = True, _('Programs in it are asked to end. It keeps its disk and addresses, and its share of '
                               'the quota.')


class Pause(Simple):
    name, label, done, call, statuses = 'pause', _('Pause'), _('Pausing: %s'), 'pause', ('ACTIVE',)
    bulk = False


class Suspend(Simple):
    name, label, done, call, statuses = 'suspend', _('Suspend'), _('Suspending: %s'), 'suspend', ('ACTIVE',)
    bulk = False


class SoftReboot(Simple):
    name, label, done, call, statuses = 'reboot', _('Reboot'), _('Rebooting: %s'), 'reboot', ('ACTIVE',)
    value = {'type': 'SOFT'}
    danger, question = True, _('Programs in it are asked to end, then it starts again.')


class HardReboot(Simple):
    name, label, done, call = 'hard-reboot', _('Hard reboot'), _('Rebooting: %s'), 'reboot'
    statuses, value, bulk = ('ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR'), {'type': 'HARD'}, False
    danger, question = True, _('As if the power was cut: what is not yet on its disk is lost.')


class Lock(Simple):
    name, label, done, call, statuses = 'lock', _('Lock'), _('Locked: %s'), 'lock', '*'
    bulk = False

    def allowed(self, login, row):
        return row.get('locked') is False


class Unlock(Simple):
    name, label, done, call, statuses = 'unlock', _('Unlock'), _('Unlocked: %s'), 'unlock', '*'
    bulk = False

    def allowed(self, login, row):
        return row.get('locked') is True


class Disassociate(Simple):
    name, label, done, statuses = 'disassociate', _('Take floating address away'), _('Taken away: %s'), '*'
    bulk = False
    danger, question = True, _('Connections to the address end. The project keeps it.')

    def allowed(self, login, row):
        return super().allowed(login, row) and bool(servers.floating_addresses(row))

    def act(self, request, key):
        """Two calls and more: the server, then one for each address."""
        cloud = request.login.client
        for address in servers.floating_addresses(servers.get(cloud, key)):
            servers.act(cloud, key, 'removeFloatingIp', {'address': address})


class Delete(Simple):
    name, label, done, danger = 'delete', _('Delete'), _('Being deleted: %s'), True
    question = _('Its disk and everything on it are gone for good. Volumes and floating addresses stay.')

    def allowed(self, login, row):
        # Possible in every state, however stuck; not twice.
        locked = row.get('locked') and not login.is_admin
        return not locked and row.get('OS-EXT-STS:task_state') != 'deleting' and row['status'] != 'DELETED'

    def act(self, request, key):
        servers.delete(request.login.client, key)


_SOME = '00000000-0000-0000-0000-000000000000'


@functools.cache
def _address(prefix, view):
    """Address of a page of some server: a list has a dozen for each row. `prefix`: where the dashboard is."""
    return reverse(f'project:instances:{view}', args=[_SOME])


class Open(Simple):
    """A page of the server. `view`: its name, `statuses` as above."""

    bulk = False
    view = None

    def url(self, row):
        return _address(get_script_prefix(), self.view).replace(_SOME, row['id'])


class Console(Open):
    name, label, view, statuses, unlocked = 'console', _('Console'), 'console', ('ACTIVE', 'PAUSED'), False


class Log(Open):
    name, label, view, unlocked = 'log', _('Log'), 'log', False

    def allowed(self, login, row):
        return row['status'] != 'BUILD'


class Snapshot(Open):
    name, label, view, statuses = 'snapshot', _('Snapshot'), 'snapshot', states.RESTING
    unlocked = False


class Rename(Open):
    name, label, view, unlocked = 'rename', _('Rename'), 'rename', False

    def allowed(self, login, row):
        return row.get('OS-EXT-STS:task_state') != 'deleting'


class Resize(Open):
    name, label, view, statuses = 'resize', _('Resize'), 'resize', ('ACTIVE', 'SHUTOFF')


class Rebuild(Open):
    name, label, view, statuses = 'rebuild', _('Rebuild'), 'rebuild', ('ACTIVE', 'SHUTOFF', 'ERROR')


class Associate(Open):
    name, label, view, statuses = 'associate', _('Give floating address'), 'associate', (*states.RESTING,)


class Groups(Open):
    name, label, view = 'groups', _('Security groups'), 'groups'
    statuses = (*states.RESTING, 'ERROR')


class Metadata(Open):
    name, label, view, statuses = 'metadata', _('Metadata'), 'metadata', '*'


class Attach(Open):
    name, label, view, statuses = 'attach', _('Attach volume'), 'attach', states.RESTING

    def allowed(self, login, row):
        return super().allowed(login, row) and login.has_service('volumev3')


class Detach(Open):
    name, label, view, statuses = 'detach', _('Detach volume'), 'detach', states.RESTING

    def allowed(self, login, row):
        return super().allowed(login, row) and bool(row.get('os-extended-volumes:volumes_attached'))


# The first one that fits is the row's button, the others are in its menu.
ALL = [Confirm(), Revert(), Start(), Unpause(), Resume(), Console(), Log(), Snapshot(), Associate(), Disassociate(),
       Groups(), Attach(), Detach(), Rename(), Metadata(), Resize(), Rebuild(), Lock(), Unlock(), Pause(), Suspend(),
       SoftReboot(), HardReboot(), Stop(), Delete()]
