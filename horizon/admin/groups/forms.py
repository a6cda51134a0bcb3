"""Forms of groups."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.admin.fields import choices
from horizon.ui.forms import Form


class EditForm(Form):
    """What a group is called."""

    name = forms.CharField(label=_('Name'), max_length=64)
    description = forms.CharField(label=_('Description'), required=False, max_length=2000)


class CreateForm(EditForm):
    """A new group."""

    submit = _('Create group')
    domain_id = forms.ChoiceField(label=_('Domain'))

    def __init__(self, *args, domains=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['domain_id'].choices = choices(domains)
        if len(domains) == 1:
            self.fields['domain_id'].widget = forms.HiddenInput()
            self.fields['domain_id'].initial = domains[0]['id']
