"""Tables of security groups and their rules."""
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import security_groups
from horizon.ui.tables import Action, Button, Column, Table


def _rules(row):
    return reverse('project:security_groups:rules', args=[row['id']])


class Manage(Action):
    """The page of a group's rules."""

    name, label = 'rules', _('Rules')

    def url(self, row):
        return _rules(row)


class Edit(Action):
    """Name and description."""

    name, label = 'edit', _('Edit')

    def allowed(self, login, row):
        return row['name'] != 'default'

    def url(self, row):
        return reverse('project:security_groups:edit', args=[row['id']])


class Delete(Action):
    """Removes a group."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Its rules go with it. A group that servers are in cannot be deleted.')

    def allowed(self, login, row):
        return row['name'] != 'default'

    def act(self, request, key):
        security_groups.delete(request.login.client, key)


class SecurityGroups(Table):
    """Groups of the project."""

    name, caption = 'security_groups', _('Security groups')
    columns = [Column('name', _('Name'), link=_rules), Column('description', _('Description')),
               Column('rules', _('Lets in'), lambda row: [sentence(each) for each in row['rules']][:4] + (
                   ['…'] if len(row['rules']) > 4 else []), kind='list', sortable=False)]
    actions = [Manage(), Edit(), Delete()]
    buttons = [Button(_('Create security group'), reverse_lazy('project:security_groups:create'))]
    empty = _('No security groups.')
    default_sort = 'name'


def ports(rule):
    """The ports of a rule in words."""
    first, last, protocol = rule['from_port'], rule['to_port'], rule['ip_protocol']
    if protocol == 'icmp':
        if first in (None, -1):
            return _('all types')
        return _('type %(type)s, code %(code)s') % {'type': first, 'code': last}
    if first in (None, -1) or (first, last) == (1, 65535):
        return _('all ports')
    return str(first) if first == last else f'{first}-{last}'


def source(rule):
    """Where a rule lets in from."""
    if rule.get('group', {}).get('name'):
        return _('group %s') % rule['group']['name']
    cidr = rule.get('ip_range', {}).get('cidr')
    return _('anywhere') if cidr in (None, '0.0.0.0/0') else cidr


def sentence(rule):
    """A rule as 'tcp 22 from anywhere'."""
    return _('%(protocol)s %(ports)s from %(source)s') % {
        'protocol': rule['ip_protocol'] or _('everything'), 'ports': ports(rule), 'source': source(rule)}


class DeleteRule(Action):
    """Lets it in no longer."""

    name, label, done = 'delete', _('Remove'), _('Removed: %s')

    def act(self, request, key):
        security_groups.delete_rule(request.login.client, key)


class Rules(Table):
    """Rules of one group."""

    name, caption = 'rules', _('Rules')
    columns = [Column('ip_protocol', _('Protocol'), lambda row: (row['ip_protocol'] or _('any')).upper()),
               Column('ports', _('Ports'), ports), Column('source', _('From'), source)]
    actions = [DeleteRule()]
    searchable = False
    empty = _('This group lets nothing in.')
    empty_hint = _('Add a rule below, for example SSH.')

    def title(self, row):
        return sentence(row)

