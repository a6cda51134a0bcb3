"""What administrators do with servers of any project, above all with those that are stuck."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.api import servers
from horizon.ui.tables import Action


def task(row):
    """What is being done to a server, or None."""
    return row.get('OS-EXT-STS:task_state')


class Act(Action):
    """An action of the API. `call` and `value`: its name and body; `statuses`: in which it makes sense, all if none."""

    call, value, statuses = None, None, ()

    def allowed(self, login, row):
        return not self.statuses or row['status'] in self.statuses

    def act(self, request, key):
        servers.act(request.login.client, key, self.call, self.value)


class Confirm(Act):
    """The new size stays."""

    name, label, done, call, statuses = ('confirm', _('Confirm resize'), _('Resize confirmed: %s'), 'confirmResize',
                                         ('VERIFY_RESIZE',))


class Revert(Act):
    """The old size comes back."""

    name, label, done, call, statuses = ('revert', _('Undo resize'), _('The resize is undone: %s'), 'revertResize',
                                         ('VERIFY_RESIZE',))


class HardReboot(Act):
    """Makes everything on the host anew: the guest, its devices and addresses."""

    name, label, done = 'hard-reboot', _('Hard reboot'), _('Rebooting: %s')
    call, value, danger = 'reboot', {'type': 'HARD'}, True
    statuses = ('ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR')
    question = _('As if the power was cut: what is not on its disk yet is lost. It also repairs most servers in error.')

    def allowed(self, login, row):
        return super().allowed(login, row) and not task(row)


class ResetActive(Act):
    """Says it runs."""

    name, label, done = 'reset-active', _('Reset state to active'), _('State reset: %s')
    call, value, danger = 'os-resetState', {'state': 'active'}, True
    question = _('Only what is recorded changes: right where the guest in fact runs. What was being done is forgotten.')

    def allowed(self, login, row):
        return row['status'] != 'ACTIVE' or bool(task(row))


class ResetError(ResetActive):
    """Says it failed, so that it can be deleted or rebooted."""

    name, label, value = 'reset-error', _('Reset state to error'), {'state': 'error'}
    question = _('Only what is recorded changes. What was being done is forgotten; then it can be rebooted or deleted.')

    def allowed(self, login, row):
        return row['status'] != 'ERROR' or bool(task(row))


class Lock(Act):
    """Its users can do nothing with it."""

    name, label, done, call, bulk = 'lock', _('Lock'), _('Locked: %s'), 'lock', False

    def allowed(self, login, row):
        return row.get('locked') is False


class Unlock(Act):
    """Its users can do everything again."""

    name, label, done, call, bulk = 'unlock', _('Unlock'), _('Unlocked: %s'), 'unlock', False

    def allowed(self, login, row):
        return row.get('locked') is True


class Delete(Action):
    """As its owner would."""

    name, label, done, danger = 'delete', _('Delete'), _('Being deleted: %s'), True
    question = _('Its disk and everything on it are gone for good. Volumes and floating addresses stay.')

    def act(self, request, key):
        servers.delete(request.login.client, key)


class ForceDelete(Act):
    """At once, whatever state it is in."""

    name, label, done, call, danger = 'force-delete', _('Force delete'), _('Being deleted: %s'), 'forceDelete', True
    question = _('Deleted at once, whatever is being done to it. Its disk and everything on it are gone for good.')
    bulk = False


ALL = [Link('open', _('Details'), lambda row: reverse('admin:instances:detail', args=[row['id']])),
       Confirm(), Revert(), HardReboot(), Lock(), Unlock(), ResetActive(), ResetError(), Delete(), ForceDelete()]
