"""Forms of volumes."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

# What block storage keeps a size in.
_MOST = 2 ** 31 - 1


class NameForm(Form):
    """What people call a thing."""

    name = forms.CharField(label=_('Name'), max_length=255)
    description = forms.CharField(label=_('Description'), max_length=255, required=False)


class CreateForm(NameForm):
    """A new volume. `least`: {source: GB it needs}, `types`: names."""

    submit = _('Create volume')
    source = forms.ChoiceField(label=_('Made of'), required=False)
    size = forms.IntegerField(label=_('Size (GB)'), min_value=1, max_value=_MOST, required=False,
                              help_text=_('Left empty: as large as what it is made of, 1 GB for an empty disk.'))
    kind = forms.ChoiceField(label=_('Type'), required=False)
    field_order = ('name', 'source', 'size', 'kind', 'description')

    def __init__(self, *args, sources=(), least=None, types=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['source'].choices, self._least = sources, least or {}
        if types:
            self.fields['kind'].choices = [('', _('the usual one')), *((each, each) for each in types)]
        else:
            del self.fields['kind']

    def clean(self):
        """It holds what it is made of."""
        asked = super().clean()
        need = self._least.get(asked.get('source'), 1)
        if 'size' in asked and asked['size'] is not None and asked['size'] < need:
            self.add_error('size', _('This needs at least %d GB.') % need)
        asked['size'] = asked.get('size') or need
        return asked


class EditForm(NameForm):
    """What can be said of a volume."""

    bootable = forms.BooleanField(label=_('Servers can start from it'), required=False)


class ExtendForm(Form):
    """A larger size. `now`: GB it has."""

    submit = _('Extend')
    size = forms.IntegerField(label=_('New size (GB)'), max_value=_MOST, help_text=_(
        'A volume never becomes smaller. The file system on it has to be extended afterwards, by its server.'))

    def __init__(self, *args, now=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['size'].min_value, self._now = now + 1, now
        self.fields['size'].widget.attrs['min'] = now + 1

    def clean_size(self):
        """More than it has."""
        size = self.cleaned_data['size']
        if size <= self._now:
            raise forms.ValidationError(_('It has %d GB already.') % self._now)
        return size


class AttachForm(Form):
    """Which server gets it."""

    submit = _('Attach')
    server = forms.ChoiceField(label=_('Server'))
    device = forms.RegexField(label=_('Device'), regex=r'^/dev/[a-z]{2,4}$', required=False, max_length=16, help_text=_(
        'Left empty: the next free one. Servers may call it otherwise.'), widget=forms.TextInput(
            attrs={'placeholder': '/dev/vdb', 'autocomplete': 'off'}))

    def __init__(self, *args, servers=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['server'].choices = [(each['id'], each['name']) for each in servers]
        if not servers:
            self.fields['server'].help_text = _('There is no server to attach it to: launch one first.')


class SnapshotForm(NameForm):
    """A new snapshot."""

    submit = _('Take snapshot')
