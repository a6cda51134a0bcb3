"""What administrators alone do with servers, above all with those that are stuck; the rest is as in projects."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.project.instances import actions as of_projects


class ResetActive(of_projects.Simple):
    """Says it runs."""

    name, label, done = 'reset-active', _('Reset state to active'), _('State reset: %s')
    call, value, danger = 'os-resetState', {'state': 'active'}, True
    question = _('Only what is recorded changes: right where the guest in fact runs. What was being done is forgotten.')

    def allowed(self, login, row):
        return row['status'] != self.value['state'].upper() or bool(row.get('OS-EXT-STS:task_state'))


class ResetError(ResetActive):
    """Says it failed, so that it can be deleted or rebooted."""

    name, label, value = 'reset-error', _('Reset state to error'), {'state': 'error'}
    question = _('Only what is recorded changes. What was being done is forgotten; then it can be rebooted or deleted.')


class ForceDelete(of_projects.Simple):
    """At once, whatever state it is in."""

    name, label, done, call, danger = 'force-delete', _('Force delete'), _('Being deleted: %s'), 'forceDelete', True
    question = _('Deleted at once, whatever is being done to it. Its disk and everything on it are gone for good.')
    bulk = False

    def allowed(self, login, row):
        return row['status'] != 'DELETED'


ALL = [Link('open', _('Details'), lambda row: reverse('admin:instances:detail', args=[row['id']])),
       of_projects.Confirm(), of_projects.Revert(), of_projects.HardReboot(), of_projects.Lock(), of_projects.Unlock(),
       ResetActive(), ResetError(), of_projects.Delete(), ForceDelete()]
