"""Tables of daemons."""
import base64

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from horizon.admin.actions import Link
from horizon.api import services
from horizon.ui.tables import BAD, GOOD, IDLE, Action, Column, Table


def key_of(kind, binary, host):
    """A row's key: one that may be part of an element's id, whatever hosts are called."""
    return base64.urlsafe_b64encode(f'{kind} {binary} {host}'.encode()).decode().rstrip('=')


def parts(key):
    """[service type, binary, host] of a row's key."""
    return base64.urlsafe_b64decode(key + '=' * (-len(key) % 4)).decode().split(' ', 2)


class Enable(Action):
    """Gives a daemon work again."""

    name, label, done = 'enable', _('Enable'), _('Enabled: %s')

    def allowed(self, login, row):
        return row['status'] == 'disabled'

    def act(self, request, key):
        kind, binary, host = parts(key)
        services.enable(request.login.client, kind, host, binary)


class Forget(Action):
    """Removes the record of one that is down."""

    name, label, done, danger = 'forget', _('Remove record'), _('Removed: %s'), True
    question = _('The daemon is down. If it comes back, it records itself again.')

    def allowed(self, login, row):
        return row['state'] == 'down' and row['kind'] == 'compute' and row.get('id') is not None

    def act(self, request, key):
        kind, binary, host = parts(key)
        cloud = request.login.client
        for each in cloud.get('compute', '/os-services', host=host, binary=binary)['services']:
            services.forget(cloud, each['id'])


class Services(Table):
    """Daemons of one service with their heartbeats. They are looked at again and again."""

    columns = [Column('binary', _('Daemon')), Column('host', _('Host')), Column('zone', _('Zone'), wide_only=True),
               Column('state', _('State'), kind='status'),
               Column('updated_at', _('Last heartbeat'), kind='time'),
               Column('takes', _('New work'), value=lambda row: _('yes') if row['status'] == 'enabled' else _('no')),
               Column('disabled_reason', _('Reason'), sortable=False)]
    actions = [Link('disable', _('Disable'), lambda row: f'{reverse("admin:services:disable")}?' + urlencode(
                   {'kind': row['kind'], 'binary': row['binary'], 'host': row['host']}),
                    allowed=lambda login, row: row['status'] == 'enabled'),
               Enable(), Forget()]
    empty = _('No daemon has ever given a sign of life.')
    default_sort = 'binary'
    status_levels = {'up': GOOD, 'down': BAD, 'disabled': IDLE}

    def key(self, row):
        return key_of(row['kind'], row['binary'], row['host'])

    def title(self, row):
        return f'{row["binary"]} @ {row["host"]}'

    def status(self, row):
        return row['state']

    def is_pending(self, row):
        return True


class ComputeServices(Services):
    """Of compute."""

    name, caption = 'compute', _('Compute')


class VolumeServices(Services):
    """Of block storage."""

    name, caption = 'volumev3', _('Block storage')


KINDS = {'compute': ComputeServices, 'volumev3': VolumeServices}
