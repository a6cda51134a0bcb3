"""What matters at this moment: servers by status, what failed, what is under way."""
import collections

from horizon.api import servers
from horizon.project.instances import states

# The servers changed last, and of those that failed so many are looked at.
LOOKED_AT, FAILED = 100, 5
_ORDER = ('active', 'shutoff', 'paused', 'suspended', 'error')
# What the usage of a server calls its state.
_OF_USAGE = {'active': 'ACTIVE', 'stopped': 'SHUTOFF', 'paused': 'PAUSED', 'suspended': 'SUSPENDED', 'error': 'ERROR',
             'resized': 'VERIFY_RESIZE', 'rescued': 'RESCUE', 'building': 'BUILD'}


def calls(cloud):
    """The two calls for it, by name."""
    return {'latest': lambda: servers.page(cloud, LOOKED_AT, sort='-changed'),
            'failed': lambda: servers.page(cloud, FAILED + 1, status='ERROR')}


class Now:
    """What `calls` found. `usage`: of a period that is not over, for the numbers of a project with more servers."""

    def __init__(self, latest, failed, usage=None):
        self._latest, more = latest
        self.is_whole = more is None
        self._usage = usage
        self.failed, self.has_more_failed = failed[0][:FAILED], len(failed[0]) > FAILED

    @property
    def under_way(self):
        """[{server, state}] of those changed last."""
        return [{'server': each, 'state': states.shown(each)} for each in self._latest if states.is_pending(each)]

    @property
    def by_status(self):
        """[{count, words, level, status}] with what there is of each; [] when it is not known."""
        counts = collections.Counter(self._statuses())
        shown = [{'status': status, 'count': count, 'words': states.words({'status': status}),
                  'level': states.level({'status': status})} for status, count in counts.items()]
        order = {status: number for number, status in enumerate(_ORDER)}
        return sorted(shown, key=lambda each: order.get(each['status'].lower(), len(order)))

    def _statuses(self):
        if self.is_whole:
            return [each['status'] for each in self._latest]
        return [_OF_USAGE.get(each['state'], each['state'].upper()) for each in (self._usage or {}).get(
            'server_usages', ()) if not each.get('ended_at')]

    @property
    def seen(self):
        """Changes when what one sees does."""
        return [self.by_status, [(each['server']['id'], each['server']['name'], each['state']) for each in
                                 self.under_way], [(each['id'], each.get('fault')) for each in self.failed]]
