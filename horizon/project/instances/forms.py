"""Forms of servers."""
import base64

from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.project.instances import sizes, sources
from horizon.ui.forms import Form

_USER_DATA = 16384
NEW = 'new:'


class LaunchForm(Form):
    """A new server. `offer`: see launch.Offer."""

    submit = _('Launch')
    name = forms.CharField(label=_('Name'), max_length=255, widget=forms.TextInput(
        attrs={'autofocus': True, 'autocomplete': 'off', 'placeholder': 'web-1'}))
    count = forms.IntegerField(label=_('How many'), min_value=1, max_value=1000, initial=1)
    source = forms.ChoiceField(label=_('Boots from'))
    flavor = sizes.FlavorField(label=_('Flavor'))
    networks = forms.MultipleChoiceField(label=_('Networks'), widget=forms.CheckboxSelectMultiple)
    key = forms.ChoiceField(label=_('Key pair'), required=False)
    groups = forms.MultipleChoiceField(label=_('Security groups'), widget=forms.CheckboxSelectMultiple, required=False)
    zone = forms.ChoiceField(label=_('Zone'), required=False)
    user_data = forms.CharField(label=_('User data'), required=False, strip=False, widget=forms.Textarea(
        attrs={'rows': 6, 'spellcheck': 'false', 'placeholder': '#!/bin/sh\necho hello'}),
        help_text=_('A script or cloud-config that runs at the first start; 16 KB at most.'))
    config_drive = forms.BooleanField(label=_('Config drive'), required=False, help_text=_(
        'Metadata on a small disk, for images that cannot ask for it over the network.'))
    new_volume = forms.IntegerField(label=_('Boot from a new volume of (GB)'), required=False, min_value=1, help_text=_(
        'The image is copied to a volume that outlives the server. Empty: the disk of the flavor.'))
    delete_volume = forms.BooleanField(label=_('Delete the volume together with the server'), required=False)
    more = ('zone', 'user_data', 'config_drive', 'new_volume', 'delete_volume')

    def __init__(self, *args, offer, **kwargs):
        super().__init__(*args, **kwargs)
        self.offer, fields = offer, self.fields
        fields['source'].choices = offer.sources
        fields['flavor'].offer(offer.flavors, offer.quota)
        fields['key'].choices = [*((each['name'], each['name']) for each in offer.keys), ('', _('None'))]
        fields['groups'].choices = [(each['name'], each['name']) for each in offer.groups]
        fields['zone'].choices = [('', _('Any')), *((each, each) for each in offer.zones)]
        fields['networks'].choices = [(each['id'], f'{each["label"]} {each["cidr"]}') for each in offer.networks]
        if len(offer.networks) < 2:
            del fields['networks']
        if not offer.has_volumes:
            del fields['new_volume'], fields['delete_volume']

    @property
    def more_fields(self):
        """The folded ones."""
        return [self[name] for name in self.more if name in self.fields]

    @property
    def is_more_open(self):
        """Whether one of them was filled in, or is wrong."""
        return any(self[name].value() or self[name].errors for name in self.more if name in self.fields)

    def clean_user_data(self):
        """Base64, as the API takes it; '' without any."""
        data = self.cleaned_data['user_data'].replace('\r\n', '\n').encode()
        if len(data) > _USER_DATA:
            raise forms.ValidationError(_('This is longer than 16 KB.'))
        return base64.b64encode(data).decode()

    def clean(self):
        """An image that does not run on the flavor is said here."""
        source, flavor = self.cleaned_data.get('source'), self.cleaned_data.get('flavor')
        if source and flavor and source.startswith('image:'):
            image = self.offer.image(source)
            why = image and sizes.unfit(self.offer.flavor(flavor), image)
            if why:
                self.add_error('flavor', why)
        elif source and self.cleaned_data.get('count', 1) > 1 and source.startswith('volume:'):
            self.add_error('count', _('A volume boots one server only.'))
        if self.cleaned_data.get('new_volume') and source and not source.startswith('image:'):
            self.add_error('new_volume', _('Only an image is copied to a new volume.'))
        return self.cleaned_data


class NameForm(Form):
    """Another name."""

    name = forms.CharField(label=_('Name'), max_length=255)


class SnapshotForm(NameForm):
    """An image of the server's disk."""

    submit = _('Take snapshot')


class ResizeForm(Form):
    """Another flavor."""

    submit = _('Resize')
    flavor = sizes.FlavorField(label=_('New flavor'))

    def __init__(self, *args, flavors, quota, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['flavor'].offer(flavors, quota, instead=now)


class RebuildForm(Form):
    """A new disk from an image."""

    submit = _('Rebuild: erase its disk')
    image = forms.ChoiceField(label=_('Image'))

    def __init__(self, *args, images, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['image'].choices = [(group, [(value.partition(':')[2], label) for value, label in entries])
                                        for group, entries in sources.choices(images)]


class AssociateForm(Form):
    """A floating address. Values are addresses, or new:POOL."""

    submit = _('Give it')
    address = forms.ChoiceField(label=_('Floating address'))
    fixed = forms.ChoiceField(label=_('For its address'))

    def __init__(self, *args, free, pools, fixed, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['address'].choices = [
            *((each['ip'], each['ip']) for each in free),
            *((f'{NEW}{pool}', _('A new one of pool %s') % pool) for pool in pools)]
        self.fields['fixed'].choices = [(each, each) for each in fixed]
        if len(fixed) < 2:
            del self.fields['fixed']


class GroupsForm(Form):
    """The security groups of a server."""

    groups = forms.MultipleChoiceField(label=_('Security groups'), widget=forms.CheckboxSelectMultiple, required=False,
                                       help_text=_('Traffic gets in when a rule of any of them allows it.'))

    def __init__(self, *args, groups, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['groups'].choices = [
            (each['name'], f'{each["name"]} - {each["description"]}' if each.get('description') else each['name'])
            for each in groups]


class MetadataForm(Form):
    """Key-value pairs, one a line."""

    pairs = forms.CharField(label=_('Metadata'), required=False, widget=forms.Textarea(
        attrs={'rows': 8, 'spellcheck': 'false', 'placeholder': 'role = web'}),
        help_text=_('One a line: key = value. The server reads them from the metadata service.'))

    def clean_pairs(self):
        """{key: value}."""
        found = {}
        for line in filter(None, map(str.strip, self.cleaned_data['pairs'].splitlines())):
            key, equals, value = (part.strip() for part in line.partition('='))
            if not equals or not key:
                raise forms.ValidationError(_('This is no pair of key = value: %s') % line[:80])
            if key in found:
                raise forms.ValidationError(_('The key %s is there twice.') % key[:80])
            if len(key) > 255 or len(value) > 255:
                raise forms.ValidationError(_('Keys and values have 255 characters at most: %s') % key[:80])
            found[key] = value
        return found


class AttachForm(Form):
    """A volume for a server."""

    submit = _('Attach')
    volume = forms.ChoiceField(label=_('Volume'))
    device = forms.RegexField(r'^/dev/[a-z]+$', label=_('Device'), required=False, help_text=_(
        'Such as /dev/vdb. Empty: the next free one.'))

    def __init__(self, *args, volumes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['volume'].choices = [
            (each['id'], f'{each.get("name") or each["id"]} ({each["size"]} GB)') for each in volumes
        ] or [('', _('No volume is free: create one first'))]


class DetachForm(Form):
    """A volume a server no longer needs."""

    submit = _('Detach')
    volume = forms.ChoiceField(label=_('Volume'), widget=forms.RadioSelect, help_text=_(
        'Unmount it inside the server first: what was not yet written would be lost.'))

    def __init__(self, *args, volumes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['volume'].choices = volumes
