"""The log-in form."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.options import CONF
from horizon.ui.forms import Form


class LoginForm(Form):
    """Name, password, and where a cloud has them: domain and region."""

    region = forms.ChoiceField(label=_('Cloud'))
    domain = forms.CharField(label=_('Domain'), max_length=64)
    username = forms.CharField(label=_('User name'), max_length=255, widget=forms.TextInput(
        attrs={'autocomplete': 'username', 'autofocus': True, 'autocapitalize': 'none', 'spellcheck': 'false'}))
    password = forms.CharField(label=_('Password'), max_length=4096, strip=False, widget=forms.PasswordInput(
        attrs={'autocomplete': 'current-password'}))
    next = forms.CharField(required=False, widget=forms.HiddenInput)
    draft = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        options = CONF.horizon
        clouds = [(options.auth_url, options.site_name), *(each.split(None, 1) for each in options.regions)]
        self.fields['region'].choices = clouds
        if len(clouds) == 1:
            self.fields['region'].widget = forms.HiddenInput()
        self.fields['region'].initial = options.auth_url
        self._domain(options)

    def _domain(self, options):
        field = self.fields['domain']
        field.initial = options.default_domain
        if options.domain_choices:
            self.fields['domain'] = forms.ChoiceField(label=field.label, choices=[(each, each) for each in
                                                                                  options.domain_choices])
        elif not options.ask_domain or options.identity_api_version == '2.0':
            field.widget = forms.HiddenInput()


class PasscodeForm(Form):
    """The second factor."""

    submit = _('Log in')
    passcode = forms.CharField(label=_('Passcode'), max_length=16, widget=forms.TextInput(attrs={
        'autocomplete': 'one-time-code', 'inputmode': 'numeric', 'autofocus': True}),
        help_text=_('From the app on your phone.'))


