"""Forms of containers and objects."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

_LIVES = [(3600, _('an hour')), (86400, _('a day')), (7 * 86400, _('a week')), (30 * 86400, _('30 days'))]
_BAD_PARTS = ('.', '..')


def _check_name(value):
    if any(part in _BAD_PARTS for part in value.split('/')):
        raise forms.ValidationError(_('No address can hold a name with “.” or “..” between slashes.'))
    if len(value.encode()) > 1024:
        raise forms.ValidationError(_('At most 1,024 bytes.'))
    return value


class ContainerForm(Form):
    """A new container."""

    submit = _('Create container')
    name = forms.CharField(label=_('Name'), strip=False)
    public = forms.BooleanField(label=_('Everybody may read and list it'), required=False)
    policy = forms.ChoiceField(label=_('Storage policy'), required=False)

    def __init__(self, *args, policies=(), **kwargs):
        super().__init__(*args, **kwargs)
        if len(policies) > 1:
            self.fields['policy'].choices = [('', _('the default'))] + [(each['name'],) * 2 for each in policies]
        else:
            del self.fields['policy']

    def clean_name(self):
        """Not more than 256 bytes, no slash."""
        value = self.cleaned_data['name']
        if '/' in value or len(value.encode()) > 256:
            raise forms.ValidationError(_('At most 256 bytes, and no slash.'))
        return _check_name(value)


class AccessForm(Form):
    """Who may read a container."""

    public = forms.BooleanField(label=_('Everybody may read and list it'), required=False)


class UploadForm(Form):
    """Files for the folder one is in."""

    submit = _('Upload')
    file = forms.FileField(label=_('Files'), widget=forms.FileInput)


class FolderForm(Form):
    """A folder: an empty object whose name ends in a slash."""

    submit = _('Create folder')
    folder = forms.CharField(label=_('Name of a new folder'), max_length=255)

    def clean_folder(self):
        """No slash at its ends."""
        return _check_name(self.cleaned_data['folder'].strip('/'))


class CopyForm(Form):
    """Where the copy goes."""

    submit = _('Copy')
    into = forms.ChoiceField(label=_('Into container'))
    as_name = forms.CharField(label=_('Under the name'), strip=False)
    move = forms.BooleanField(label=_('Delete the original (move it)'), required=False)

    def __init__(self, *args, containers=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['into'].choices = [(each, each) for each in containers]

    def clean_as_name(self):
        """A name an address can hold."""
        return _check_name(self.cleaned_data['as_name'])


class LinkForm(Form):
    """How long a link works."""

    submit = _('Make link')
    seconds = forms.TypedChoiceField(label=_('It works for'), choices=_LIVES, coerce=int)


class MetadataForm(Form):
    """What somebody gives an object: a line each."""

    metadata = forms.CharField(label=_('Metadata'), required=False, widget=forms.Textarea(attrs={'rows': 4}),
                               help_text=_('One a line: name = value.'))
    days = forms.IntegerField(label=_('Delete by itself after days'), required=False, min_value=1, max_value=36500)

    def clean_metadata(self):
        """{name: value}."""
        found = {}
        for line in self.cleaned_data['metadata'].splitlines():
            name, equals, value = (part.strip() for part in line.partition('='))
            if line.strip() and (not equals or not name.replace('-', '').isalnum() or not name.isascii()):
                raise forms.ValidationError(_('“%s” is not name = value; names are letters, digits and dashes.')
                                            % line[:60])
            if line.strip():
                found[name] = value
        return found
