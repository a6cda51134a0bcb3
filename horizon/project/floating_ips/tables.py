"""The table of floating addresses."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import floating_ips
from horizon.ui.tables import Action, Button, Column, Table


class Associate(Action):
    """Gives it to a server."""

    name, label = 'associate', _('Associate')

    def allowed(self, login, row):
        return not row['instance_id']

    def url(self, row):
        return reverse('project:floating_ips:associate', args=[row['id']])


class Disassociate(Action):
    """Takes it from its server; the project keeps it."""

    name, label, done = 'disassociate', _('Disassociate'), _('Free now: %s')

    def allowed(self, login, row):
        return bool(row['instance_id'])

    def act(self, request, key):
        floating_ips.disassociate(request.login.client, key)


class Release(Action):
    """Gives it back to the pool."""

    name, label, done, danger = 'release', _('Release'), _('Released: %s'), True
    question = _('Another project may get the address next. A server that has it loses it.')

    def act(self, request, key):
        floating_ips.release(request.login.client, key)


class FloatingIps(Table):
    """Addresses of the project. `server_name` of a row is added by the view."""

    name, caption = 'floating_ips', _('Floating addresses')
    columns = [Column('ip', _('Address')),
               Column('server', _('Server'), 'server_name', link=lambda row: row['instance_id'] and reverse(
                   'project:instances:detail', args=[row['instance_id']])),
               Column('fixed_ip', _('Fixed address'), kind='code', wide_only=True), Column('pool', _('Pool'))]
    actions = [Associate(), Disassociate(), Release()]
    buttons = [Button(_('Allocate address'), reverse_lazy('project:floating_ips:allocate'))]
    empty = _('No floating addresses yet.')
    empty_hint = _('It makes one of your servers reachable from outside, and can move to another at once.')
    default_sort = 'ip'

    def key(self, row):
        return str(row['id'])

    def title(self, row):
        return row['ip']
