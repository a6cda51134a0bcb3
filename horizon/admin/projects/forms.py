"""Forms of projects."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.admin.fields import NameInput, choices
from horizon.ui.forms import Form


class EditForm(Form):
    """What a project is called."""

    name = forms.CharField(label=_('Name'), max_length=64)
    description = forms.CharField(label=_('Description'), required=False, max_length=2000)
    enabled = forms.BooleanField(label=_('Enabled'), required=False, initial=True,
                                 help_text=_('Nobody can work in a project that is not.'))


class CreateForm(EditForm):
    """A new project, and who is to work in it first."""

    submit = _('Create project')
    domain_id = forms.ChoiceField(label=_('Domain'))
    user = forms.CharField(label=_('First member'), required=False, max_length=255,
                           help_text=_('Name of a user who is to work in it. More later, on its page.'))
    role = forms.ChoiceField(label=_('Role of the first member'))
    field_order = ['name', 'description', 'domain_id', 'user', 'role', 'enabled']

    def __init__(self, *args, domains=(), users=(), roles=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['domain_id'].choices = choices(domains)
        if len(domains) == 1:
            self.fields['domain_id'].widget = forms.HiddenInput()
            self.fields['domain_id'].initial = domains[0]['id']
        self.fields['user'].widget = NameInput(each['name'] for each in users)
        self.fields['role'].choices = choices(roles)
