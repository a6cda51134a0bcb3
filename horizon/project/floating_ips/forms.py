"""Forms of floating addresses."""
from django import forms
from django.utils.translation import gettext_lazy as _

from horizon.ui.forms import Form


class AllocateForm(Form):
    """From which pool."""

    submit = _('Allocate')
    pool = forms.ChoiceField(label=_('Pool'))

    def __init__(self, *args, pools=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['pool'].choices = [(each, each) for each in pools]


class AssociateForm(Form):
    """Which server gets it."""

    submit = _('Associate')
    server = forms.ChoiceField(label=_('Server'))

    def __init__(self, *args, servers=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['server'].choices = [(each['id'], each['name']) for each in servers]
        if not servers:
            self.fields['server'].help_text = _('There is no server to give it to: launch one first.')
