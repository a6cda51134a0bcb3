"""Forms of key pairs."""
from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

_NAME = RegexValidator(r'^[\w @.-]+$', _('Letters, digits, spaces and _ - . @ only.'))


class CreateForm(Form):
    """A new pair."""

    submit = _('Create and download')
    name = forms.CharField(label=_('Name'), max_length=255, validators=[_NAME])


class ImportForm(CreateForm):
    """The public half of a pair one has."""

    submit = _('Import')
    public_key = forms.CharField(label=_('Public key'), max_length=16384, widget=forms.Textarea(
        attrs={'rows': 5, 'spellcheck': 'false', 'placeholder': 'ssh-ed25519 AAAA... you@there'}),
        help_text=_('What is in ~/.ssh/id_ed25519.pub. Never the private one.'))

    def clean_public_key(self):
        """The key without the line breaks of a paste; a private one is refused before it travels."""
        value = self.cleaned_data['public_key'].strip()
        if 'PRIVATE KEY' in value:
            raise forms.ValidationError(_('This is a private key: keep it to yourself. The public one ends in .pub.'))
        return value
