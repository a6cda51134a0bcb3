"""Fields and widgets that several forms have."""
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class NameInput(forms.TextInput):
    """A text field that proposes names (a datalist): as quick as a choice, and no longer with ten thousand of them."""

    template_name = 'admin/names.html'

    def __init__(self, names=(), attrs=None):
        super().__init__({'autocomplete': 'off', **(attrs or {})})
        self.names = list(names)

    def get_context(self, name, value, attrs):
        found = super().get_context(name, value, attrs)
        list_id = f'{found["widget"]["attrs"].get("id", name)}_names'
        found['widget']['attrs']['list'] = list_id
        found['widget'].update(names=self.names, list_id=list_id)
        return found


class KeyValues(forms.CharField):
    """Lines of key=value, cleaned to a dict."""

    def __init__(self, **options):
        options.setdefault('widget', forms.Textarea(attrs={'rows': 4, 'spellcheck': 'false',
                                                           'placeholder': 'key=value'}))
        super().__init__(**{'required': False, 'help_text': _('One key=value a line.'), **options})

    def prepare_value(self, value):
        """A dict as lines."""
        return '\n'.join(f'{key}={value[key]}' for key in sorted(value)) if isinstance(value, dict) else value

    def clean(self, value):
        """{key: value}. Raises ValidationError for a line without =."""
        found = {}
        for line in super().clean(value).splitlines():
            key, equals, text = line.partition('=')
            if line.strip() and (not equals or not key.strip()):
                raise ValidationError(_('“%s” is not key=value.') % line.strip()[:80])
            if line.strip():
                found[key.strip()] = text.strip()
        return found


def choices(rows, empty=None):
    """[(id, name)] of the API's rows, sorted; with a first entry for none when `empty` is its text."""
    found = sorted(((row['id'], row['name']) for row in rows), key=lambda each: str(each[1]).lower())
    return [('', empty), *found] if empty is not None else found


def changes(old, new):
    """(values to set, keys to remove) that make one dict of texts the other."""
    return ({key: value for key, value in new.items() if old.get(key) != value},
            [key for key in old if key not in new])
