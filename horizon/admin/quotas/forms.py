"""The form of limits, of a project or by default."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.admin.quotas.labels import LABELS, METERS, SERVICES
from horizon.ui.forms import Form

_LARGEST = 2 ** 31 - 1


class QuotaForm(Form):
    """A number a resource. `found`: {service: {resource: limit or {limit, in_use}}} of horizon.api.quota_sets."""

    submit = _('Save limits')

    def __init__(self, *args, found=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.found = {service: values for service, values in (found or {}).items() if isinstance(values, dict)}
        for service, values in self.found.items():
            for resource in _ordered(values):
                label, unit = LABELS.get(resource, (resource.replace('_', ' '), ''))
                self.fields[f'{service}.{resource}'] = forms.IntegerField(
                    label=f'{label} ({unit})' if unit else label, min_value=-1, max_value=_LARGEST,
                    initial=_limit(values[resource]), widget=forms.NumberInput(attrs={'min': -1}))

    @property
    def sections(self):
        """[(service in words, [(field, use or None)])]; use: {used, limit, unit}."""
        return [(SERVICES[service], [(self[f'{service}.{name}'], self._use(service, name))
                                     for name in _ordered(values)]) for service, values in self.found.items()]

    def _use(self, service, resource):
        value = self.found[service][resource]
        if not isinstance(value, dict) or resource not in METERS[service]:
            return None
        return {'used': value['in_use'], 'limit': value['limit'], 'unit': LABELS[resource][1]}

    @property
    def limits(self):
        """{service: {resource: limit}} of those that were changed."""
        return {service: {name: self.cleaned_data[f'{service}.{name}'] for name in _ordered(values)
                          if self.cleaned_data[f'{service}.{name}'] != _limit(values[name])}
                for service, values in self.found.items()}


def _limit(value):
    return value['limit'] if isinstance(value, dict) else value


# What a service without such things says of them all the same.
_ABSENT = {'backups', 'backup_gigabytes', 'groups'}


def _ordered(values):
    values = [name for name in values if name not in _ABSENT or _limit(values[name])]
    known = [name for name in LABELS if name in values]
    return known + sorted(name for name in values if name not in LABELS)
