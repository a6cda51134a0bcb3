"""Forms: shown by templates/ui/form.html, one field by ui/field.html."""
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class Renderer(TemplatesSetting):
    """Our templates for forms and fields, Django's own for widgets."""

    form_template_name = 'ui/form.html'
    field_template_name = 'ui/field.html'


class Form(forms.Form):
    """A form of ours. A Meta-less base: `submit` is the text of its button."""

    submit = _('Save')

    def __init__(self, *args, **kwargs):
        # Fields are named by label and an id; a colon behind the label is the style sheet's business.
        kwargs.setdefault('label_suffix', '')
        super().__init__(*args, **kwargs)


def password_field(label, autocomplete):
    """A field for a password: pasted, managed and never stripped."""
    return forms.CharField(label=label, max_length=4096, strip=False,
                           widget=forms.PasswordInput(attrs={'autocomplete': autocomplete}))


class NewPassword(Form):
    """The present password and, twice, the new one."""

    submit = _('Change password')
    current_password = password_field(_('Current password'), 'current-password')
    new_password = password_field(_('New password'), 'new-password')
    repeated_password = password_field(_('New password again'), 'new-password')

    def clean(self):
        """Both are the same, and new."""
        values = super().clean()
        new = values.get('new_password')
        if new and values.get('repeated_password') not in (None, new):
            self.add_error('repeated_password', _('This is not what you typed above.'))
        if new and new == values.get('current_password'):
            self.add_error('new_password', _('This is the password you have.'))
        return values
