"""Forms of images."""
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

FORMATS = [('', _('by the name of the file')), ('qcow2', _('QCOW2 (QEMU)')), ('raw', _('Raw')),
           ('iso', _('ISO (a CD)')), ('vmdk', _('VMDK (VMware)')), ('vdi', _('VDI (VirtualBox)')),
           ('vhd', _('VHD')), ('vhdx', _('VHDX'))]
_ENDINGS = {'qcow2': 'qcow2', 'img': 'raw', 'raw': 'raw', 'iso': 'iso', 'vmdk': 'vmdk', 'vdi': 'vdi', 'vhd': 'vhd',
            'vhdx': 'vhdx'}
_VISIBILITIES = [('private', _('private: this project alone')), ('shared', _('shared: and projects you name')),
                 ('community', _('community: everybody who knows it'))]
_PUBLIC = ('public', _('public: everybody'))
_MOST = 2 ** 31 - 1


class ImageForm(Form):
    """What can be said of any image."""

    name = forms.CharField(label=_('Name'), max_length=255)
    description = forms.CharField(label=_('Description'), max_length=255, required=False)
    visibility = forms.ChoiceField(label=_('Who may use it'), choices=_VISIBILITIES)
    min_ram = forms.IntegerField(label=_('Least memory (MB)'), min_value=0, max_value=_MOST, initial=0, required=False)
    min_disk = forms.IntegerField(label=_('Least disk (GB)'), min_value=0, max_value=_MOST, initial=0, required=False)
    protected = forms.BooleanField(label=_('Protected: cannot be deleted'), required=False)

    def __init__(self, *args, is_admin=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['visibility'].choices = [*_VISIBILITIES, *([_PUBLIC] if is_admin else [])]

    def values(self):
        """What Glance is told."""
        asked = self.cleaned_data
        return {'name': asked['name'], 'visibility': asked['visibility'], 'min_ram': asked['min_ram'] or 0,
                'min_disk': asked['min_disk'] or 0, 'protected': asked['protected'],
                **({'description': asked['description']} if asked['description'] else {})}


class CreateForm(ImageForm):
    """A new image, of a file or an address."""

    submit = _('Create image')
    source = forms.ChoiceField(label=_('From'), choices=[('file', _('a file on this computer')),
                                                         ('url', _('an address the cloud fetches'))],
                               widget=forms.RadioSelect, initial='file')
    file = forms.FileField(label=_('File'), required=False, widget=forms.FileInput)
    filename = forms.CharField(required=False, widget=forms.HiddenInput)
    url = forms.CharField(label=_('Address'), max_length=2048, required=False, widget=forms.URLInput(
        attrs={'placeholder': 'https://...'}))
    disk_format = forms.ChoiceField(label=_('Format'), choices=FORMATS, required=False)
    field_order = ('name', 'source', 'file', 'url', 'disk_format', 'description', 'visibility')

    def clean(self):
        """A source, and its format."""
        asked = super().clean()
        named = asked.get('filename') or (asked['file'].name if asked.get('file') else '')
        if asked.get('source') == 'url':
            named = urlsplit(asked.get('url') or '').path
            if urlsplit(asked.get('url') or '').scheme not in ('http', 'https'):
                self.add_error('url', _('An address that begins with http:// or https://.'))
        elif not named:
            self.add_error('file', _('Choose a file.'))
        if not asked.get('disk_format') and not self.errors:
            asked['disk_format'] = _ENDINGS.get(named.rsplit('.', 1)[-1].lower())
            if asked['disk_format'] is None:
                self.add_error('disk_format', _('The name does not tell the format: choose it.'))
        return asked

    def values(self):
        return {**super().values(), 'disk_format': self.cleaned_data['disk_format'], 'container_format': 'bare'}


class ShareForm(Form):
    """One more project."""

    submit = _('Share')
    project = forms.SlugField(label=_('Project id'), max_length=64, help_text=_(
        'Its people find it under API access. They have to accept the image.'))
