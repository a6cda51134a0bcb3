"""Operations on a server with their steps, from the instance actions API."""
import datetime

from django.utils.translation import gettext_lazy as _

from horizon.ui.templatetags.ui import parse_time

_ACTIONS = {'create': _('Launch'), 'delete': _('Delete'), 'start': _('Start'), 'stop': _('Shut off'),
            'reboot': _('Reboot'), 'pause': _('Pause'), 'unpause': _('Resume after a pause'),
            'suspend': _('Suspend'), 'resume': _('Resume'), 'createImage': _('Snapshot'), 'createBackup': _('Backup'),
            'rebuild': _('Rebuild'), 'resize': _('Resize'), 'confirmResize': _('Confirm resize'),
            'revertResize': _('Undo resize'), 'attach_volume': _('Attach volume'),
            'detach_volume': _('Detach volume'), 'lock': _('Lock'), 'unlock': _('Unlock')}
_STEPS = {
    'boot_schedule': _('Choose a host'), 'boot_network': _('Give it an address'), 'boot_image': _('Fetch the image'),
    'boot_disk': _('Make its disk'), 'boot_spawn': _('Start the machine'), 'boot_activate': _('Hand it over'),
    'delete_locate': _('Find it'), 'delete_destroy': _('Stop the machine'),
    'delete_network': _('Give its address back'), 'delete_disk': _('Remove its disk'), 'delete_forget': _('Forget it'),
    'rebuild_image': _('Fetch the image'), 'rebuild_stop': _('Switch the machine off'),
    'rebuild_disk': _('Make a new disk'), 'rebuild_spawn': _('Start the machine'),
    'rebuild_clean': _('Remove the old disk'),
    'resize_schedule': _('Look for room on its host'), 'resize_stop': _('Shut the machine down'),
    'resize_disk': _('Grow the disk, keep the old one'), 'resize_size': _('Give it the new size'),
    'resize_spawn': _('Start the machine'), 'confirm_forget': _('Remove the old disk'),
    'revert_stop': _('Switch the machine off'), 'revert_disk': _('Put the old disk back'),
    'revert_spawn': _('Start the machine'),
    'snapshot_capture': _('Copy the disk'), 'snapshot_upload': _('Save the image'), 'snapshot_clean': _('Clean up'),
    'backup_capture': _('Copy the disk'), 'backup_upload': _('Save the image'),
    'backup_rotate': _('Remove older backups'), 'backup_clean': _('Clean up')}
# What will come is not in the API; of these it is known.
_PLANS = {'boot': ('schedule', 'network', 'image', 'disk', 'spawn', 'activate'),
          'snapshot': ('capture', 'upload', 'clean'),
          'backup': ('capture', 'upload', 'rotate', 'clean'),
          'rebuild': ('image', 'stop', 'disk', 'spawn', 'clean'),
          'resize': ('schedule', 'stop', 'disk', 'size', 'spawn'), 'confirm': ('forget',),
          'revert': ('stop', 'disk', 'spawn')}
_KINDS = {'create': 'boot', 'createImage': 'snapshot', 'createBackup': 'backup', 'confirmResize': 'confirm',
          'revertResize': 'revert'}
DONE, FAILED, RUNNING, COMING = 'done', 'failed', 'running', 'coming'


class Step:
    """One step. state: done, failed, running, coming; `seconds` it took or takes so far, None when not begun."""

    def __init__(self, name, state, begun=None, ended=None):
        self.name, self.state, self.begun, self.ended = name, state, begun, ended

    @classmethod
    def of(cls, event, now):
        """Of an event of the API."""
        begun, ended = parse_time(event['start_time']), parse_time(event.get('finish_time'))
        state = RUNNING if ended is None else DONE if event.get('result') in (None, 'Success') else FAILED
        return cls(event['event'], state, begun, ended or now)

    @property
    def label(self):
        """What it does, in words."""
        if self.name in _STEPS:
            return _STEPS[self.name]
        kind, _underscore, step = self.name.partition('_')
        if step == 'apply':
            return _('Done by its host')
        if step.startswith('undo_'):
            return _('Undo: %s') % _STEPS.get(f'{kind}_{step[5:]}', step[5:].replace('_', ' '))
        return self.name.rpartition('__')[2].replace('_', ' ').capitalize()

    @property
    def seconds(self):
        """How long."""
        return None if self.begun is None else max(0.0, (self.ended - self.begun).total_seconds())

    @property
    def level(self):
        """For the status tag."""
        return {DONE: 'good', FAILED: 'bad', RUNNING: 'busy', COMING: 'idle'}[self.state]


class Operation:
    """One action of the API. With `events` it has `steps`; `pending`: the server says that something is under way."""

    def __init__(self, action, pending=False):
        now = datetime.datetime.now(datetime.UTC)
        self.request_id, self.message = action['request_id'], action.get('message')
        self.name, self.user_id, self.begun = action['action'], action.get('user_id'), parse_time(action['start_time'])
        events = sorted(action.get('events', ()), key=lambda each: each['start_time'] or '')
        self.steps = [Step.of(each, now) for each in events]
        self.is_detailed = 'events' in action
        unfinished = any(each.state == RUNNING for each in self.steps)
        # Between two steps none is open: then the server knows.
        self.is_running = not self.message and (unfinished or pending)
        if self.is_running:
            self.steps += self._coming()

    def _coming(self):
        begun = [each.name for each in self.steps]
        kind = begun[0].partition('_')[0] if begun else _KINDS.get(self.name, self.name)
        if any('_undo_' in each for each in begun):
            return []
        return [Step(f'{kind}_{name}', COMING) for name in _PLANS.get(kind, ()) if f'{kind}_{name}' not in begun]

    @property
    def label(self):
        """What was done, in words."""
        return _ACTIONS.get(self.name, self.name.replace('_', ' ').replace('-', ' '))

    @property
    def state(self):
        """running, failed or done."""
        failed = self.message or any(each.state == FAILED for each in self.steps)
        return RUNNING if self.is_running else FAILED if failed else DONE

    @property
    def level(self):
        """For the status tag."""
        return {DONE: 'good', FAILED: 'bad', RUNNING: 'busy'}[self.state]

    @property
    def ended(self):
        """When its last step ended; None while it runs or when its steps are not known."""
        found = [each.ended for each in self.steps if each.ended and each.state != RUNNING]
        return max(found) if found and not self.is_running else None

    @property
    def seconds(self):
        """How long it took, or takes so far."""
        if self.is_running:
            return max(0.0, (datetime.datetime.now(datetime.UTC) - self.begun).total_seconds())
        return max(0.0, (self.ended - self.begun).total_seconds()) if self.ended else None

    @property
    def digest(self):
        """Changes when its state does, not with the time."""
        return [self.request_id, self.state, self.message, [(each.name, each.state) for each in self.steps]]
