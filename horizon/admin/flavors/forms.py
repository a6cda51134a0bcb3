"""Forms of flavors."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.admin.fields import KeyValues, choices
from horizon.ui.forms import Form

_LARGEST = 2 ** 31 - 1


def _number(label, initial, smallest=0, help_text=''):
    return forms.IntegerField(label=label, min_value=smallest, max_value=_LARGEST, initial=initial, help_text=help_text)


class AccessForm(Form):
    """What of a flavor can be changed: who may use it, if it is private, and its extra specs."""

    projects = forms.MultipleChoiceField(label=_('Projects that may use it'), required=False,
                                         widget=forms.CheckboxSelectMultiple())
    specs = KeyValues(label=_('Extra specs'), help_text=_(
        'One key=value a line: what the scheduler looks for in aggregates, or the hypervisor is told.'))

    def __init__(self, *args, projects=(), public=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['projects'].choices = choices(projects)
        if public:
            del self.fields['projects']


class CreateForm(AccessForm):
    """A new flavor."""

    submit = _('Create flavor')
    name = forms.CharField(label=_('Name'), max_length=255)
    vcpus = _number(_('VCPUs'), 1, 1)
    ram = _number(_('Memory in MB'), 2048, 1)
    disk = _number(_('Root disk in GB'), 20, 0, _('0: as large as the image.'))
    ephemeral = _number(_('Ephemeral disk in GB'), 0, 0, _('A second, empty disk that goes with the instance.'))
    swap = _number(_('Swap in MB'), 0)
    public = forms.BooleanField(label=_('Public'), required=False, initial=True,
                                help_text=_('All projects may use it; else those chosen below alone.'))
    flavor_id = forms.CharField(label=_('Id'), required=False, max_length=255, help_text=_('Empty: a new one.'))
    field_order = ['name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'public', 'projects', 'specs', 'flavor_id']
