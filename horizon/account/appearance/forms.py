"""How pages look."""
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form

THEMES = [('auto', _('As this device')), ('light', _('Light')), ('dark', _('Dark'))]


class AppearanceForm(Form):
    """Kept in cookies of this browser."""

    theme = forms.ChoiceField(label=_('Colours'), choices=THEMES, widget=forms.RadioSelect)
    language = forms.ChoiceField(label=_('Language'), choices=settings.LANGUAGES)
