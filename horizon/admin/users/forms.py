"""Forms of users."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.admin.fields import choices
from horizon.ui.forms import Form


class PasswordForm(Form):
    """A new password, twice."""

    submit = _('Change password')
    password = forms.CharField(label=_('Password'), max_length=4096, strip=False,
                               widget=forms.PasswordInput(attrs={'autocomplete': 'new-password'}))
    password_again = forms.CharField(label=_('Password again'), max_length=4096, strip=False,
                                     widget=forms.PasswordInput(attrs={'autocomplete': 'new-password'}))

    def clean(self):
        """Refuses two that differ."""
        found = super().clean()
        if found.get('password') and found.get('password_again') and found['password'] != found['password_again']:
            self.add_error('password_again', _('The two passwords differ.'))
        return found


class EditForm(Form):
    """A user's attributes. An unknown default project is one the user has no role in (any more)."""

    name = forms.CharField(label=_('Name'), max_length=255)
    email = forms.EmailField(label=_('Email'), required=False)
    description = forms.CharField(label=_('Description'), required=False, max_length=2000)
    project_id = forms.ChoiceField(label=_('First project'), required=False,
                                   help_text=_('Where they are after logging in.'))
    enabled = forms.BooleanField(label=_('Enabled'), required=False, initial=True,
                                 help_text=_('Who is not cannot log in.'))

    def __init__(self, *args, projects=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['project_id'].choices = choices(projects, empty=_('none'))


class CreateForm(PasswordForm, EditForm):
    """A new user, with a role in a first project."""

    submit = _('Create user')
    domain_id = forms.ChoiceField(label=_('Domain'))
    role = forms.ChoiceField(label=_('Role in the first project'))
    field_order = ['name', 'email', 'description', 'domain_id', 'password', 'password_again', 'project_id', 'role',
                   'enabled']

    def __init__(self, *args, domains=(), roles=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['domain_id'].choices = choices(domains)
        if len(domains) == 1:
            self.fields['domain_id'].widget = forms.HiddenInput()
            self.fields['domain_id'].initial = domains[0]['id']
        self.fields['role'].choices = choices(roles)
