"""Forms of security groups."""
import ipaddress

from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

# name: (words, protocol, first, last)
PRESETS = {
    'ssh': (_('SSH (tcp 22)'), 'tcp', 22, 22), 'http': (_('HTTP (tcp 80)'), 'tcp', 80, 80),
    'https': (_('HTTPS (tcp 443)'), 'tcp', 443, 443), 'ping': (_('Ping (icmp)'), 'icmp', -1, -1),
    'dns': (_('DNS (udp 53)'), 'udp', 53, 53), 'rdp': (_('RDP (tcp 3389)'), 'tcp', 3389, 3389),
    'postgresql': (_('PostgreSQL (tcp 5432)'), 'tcp', 5432, 5432), 'mysql': (_('MySQL (tcp 3306)'), 'tcp', 3306, 3306),
    'all_tcp': (_('All TCP'), 'tcp', 1, 65535), 'all_udp': (_('All UDP'), 'udp', 1, 65535),
    'tcp': (_('TCP ports ...'), 'tcp', None, None), 'udp': (_('UDP ports ...'), 'udp', None, None),
    'icmp': (_('ICMP type and code ...'), 'icmp', None, None),
}


class GroupForm(Form):
    """Name and description."""

    name = forms.CharField(label=_('Name'), max_length=255)
    description = forms.CharField(label=_('Description'), max_length=255, required=False)

    def clean_description(self):
        """Compute wants one: the name when there is none."""
        return self.cleaned_data['description'] or self.cleaned_data.get('name', '')


class CreateForm(GroupForm):
    """A new group."""

    submit = _('Create')


class RuleForm(Form):
    """One rule: what, and from where."""

    submit = _('Add rule')
    kind = forms.ChoiceField(label=_('Let in'), choices=[(name, each[0]) for name, each in PRESETS.items()])
    ports = forms.CharField(label=_('Ports'), max_length=11, required=False, help_text=_(
        'For TCP or UDP ports of your own: 8080, or 8000-8100. For ICMP: type and code, as 8-0.'))
    cidr = forms.CharField(label=_('From addresses'), max_length=18, required=False, initial='0.0.0.0/0', help_text=_(
        '0.0.0.0/0 is everybody; 203.0.113.7/32 one address.'))
    group = forms.ChoiceField(label=_('Or from members of a group'), required=False)

    def __init__(self, *args, groups=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['group'].choices = [('', _('no, from the addresses above')), *groups]

    def clean_cidr(self):
        """An IPv4 network, written as Compute wants it."""
        value = self.cleaned_data['cidr'].strip() or '0.0.0.0/0'
        try:
            return str(ipaddress.IPv4Network(value, strict=False))
        except ValueError:
            raise forms.ValidationError(_('This is not an IPv4 network: write it as 192.0.2.0/24.')) from None

    def clean(self):
        """Adds `rule`: (protocol, first, last)."""
        values = super().clean()
        if 'kind' in values:
            _label, protocol, first, last = PRESETS[values['kind']]
            values['rule'] = (protocol, first, last) if first is not None else (protocol, *self._ports(protocol))
        if values.get('group') and values.get('cidr') not in (None, '0.0.0.0/0'):
            self.add_error('group', _('Either addresses or a group, not both: leave the addresses at 0.0.0.0/0.'))
        return values

    def _ports(self, protocol):
        first, _dash, last = self.cleaned_data.get('ports', '').replace(' ', '').partition('-')
        limit = 255 if protocol == 'icmp' else 65535
        lowest = 0 if protocol == 'icmp' else 1
        numbers = [int(each) if each.isdecimal() else None for each in (first, last or first)]
        if None in numbers or not all(lowest <= each <= limit for each in numbers):
            self.add_error('ports', _('Which? Numbers from %(low)d to %(high)d.') % {'low': lowest, 'high': limit})
        elif protocol != 'icmp' and numbers[1] < numbers[0]:
            self.add_error('ports', _('The first port is larger than the last.'))
        return numbers
